package ssooidc_test

import (
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// TestFourFrames counts the module's own frames between a public call and the wire: at most 4, in at most 3 files.
func TestFourFrames(t *testing.T) {
	t.Parallel()
	const module = "github.com/ssooidc/ssooidc-go/"
	for name, call := range operations {
		var frames, files []string
		transport := roundTripper(func(*http.Request) (*http.Response, error) {
			callers := make([]uintptr, 64)
			stack := runtime.CallersFrames(callers[:runtime.Callers(1, callers)])
			for more := true; more; {
				var f runtime.Frame
				f, more = stack.Next()
				if !strings.HasPrefix(f.Function, module) || strings.HasPrefix(f.Function, module+"ssooidc_test") || strings.HasSuffix(f.File, "_test.go") {
					continue
				}
				frames = append(frames, strings.TrimPrefix(f.Function, module))
				if len(files) == 0 || files[len(files)-1] != f.File {
					files = append(files, f.File)
				}
			}
			return respond(200, successes[name]), nil
		})
		c := stub(t, nil, func(o *ssooidc.Options) { o.HTTPClient = &http.Client{Transport: transport} })
		if _, err := call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		if len(frames) == 0 || len(frames) > 4 || len(files) > 3 {
			t.Errorf("%s takes %d frames %q in %d files %q", name, len(frames), frames, len(files), files)
		}
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
