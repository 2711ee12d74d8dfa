package portal_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ssooidc/ssooidc-go/internal/portal"
)

// TestBounded: an answer of up to 1 MiB comes as it is, and of a longer one no more than that.
func TestBounded(t *testing.T) {
	t.Parallel()
	const most = 1 << 20
	for _, size := range []int{0, 1, most - 1, most, most + 1, 64 * most} {
		text := strings.Repeat("x", size)
		for name, reader := range map[string]io.Reader{
			"at once":      strings.NewReader(text),
			"with its end": iotest.DataErrReader(strings.NewReader(text)),
			"in halves":    iotest.HalfReader(strings.NewReader(text)),
		} {
			client := portal.Bounded{Doer: doer(func(*http.Request) (*http.Response, error) {
				return &http.Response{Body: io.NopCloser(reader)}, nil
			})}
			resp, err := client.Do(nil)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(resp.Body)
			if len(got) != min(size, most) || (err != nil) != (size > most) {
				t.Errorf("%d bytes, %s: read %d, %v", size, name, len(got), err)
			}
			if n, again := resp.Body.Read(make([]byte, 1)); n != 0 || (again != io.EOF) != (size > most) {
				t.Errorf("%d bytes, %s: and then %d, %v", size, name, n, again)
			}
		}
	}
}

// TestBoundedWithoutAnswer passes on what the client says.
func TestBoundedWithoutAnswer(t *testing.T) {
	t.Parallel()
	client := portal.Bounded{Doer: doer(func(*http.Request) (*http.Response, error) { return nil, io.ErrUnexpectedEOF })}
	if resp, err := client.Do(nil); resp != nil || err != io.ErrUnexpectedEOF {
		t.Errorf("%v, %v", resp, err)
	}
}
