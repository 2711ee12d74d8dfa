package compare_test

import (
	"encoding/json"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestRequests sends the same random requests with both clients.
func TestRequests(t *testing.T) {
	t.Parallel()
	const count = 1000
	for _, operation := range operations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			rec := &recorder{answer: answer{status: 200, body: `{"accessToken":"a","clientId":"a","deviceCode":"a"}`}}
			ours, theirs := clients(t, rec)
			r := newRandom()
			var size int
			for range count {
				input := newInput(t, ours, operation)
				r.fill(input, required[operation])
				send := func(client, input any) *request {
					if _, err := invoke(client, operation, input); err != nil {
						t.Fatalf("%T: %v", client, err)
					}
					return rec.take()
				}
				got := send(ours, input)
				want := send(theirs, sameInput(t, newInput(t, theirs, operation), input))
				if diff := cmp.Diff(essence(t, want), essence(t, got)); diff != "" {
					t.Fatalf("AWS's client sent %q, ours %q\n(-AWS's +ours):\n%s", want.body, got.body, diff)
				}
				size += len(got.body)
			}
			t.Logf("%-24s %d requests equal, %d bytes of JSON", operation, count, size)
		})
	}
}

// fill sets the required fields, and about half of the others, to random text.
func (r random) fill(input any, required []string) {
	all := fields(input)
	for _, name := range sorted(all) { // not in the order of a map: the same seed gives the same requests
		field := all[name]
		if !slices.Contains(required, name) && r.IntN(2) == 0 {
			continue
		}
		if field.Kind() == reflect.String {
			field.SetString(r.text())
		} else {
			field.Set(reflect.ValueOf(r.texts()))
		}
	}
}

// sameInput sets an input of AWS's client to what ours is set to. Empty is absent.
func sameInput(t *testing.T, theirs, ours any) any {
	t.Helper()
	from, to := fields(ours), fields(theirs)
	if diff := cmp.Diff(sorted(to), sorted(from)); diff != "" {
		t.Fatalf("the fields of %T and %T differ (-AWS's +ours):\n%s", theirs, ours, diff)
	}
	for name, field := range from {
		switch {
		case field.Len() == 0:
		case field.Kind() == reflect.String:
			text := field.String()
			to[name].Set(reflect.ValueOf(&text))
		default:
			to[name].Set(field)
		}
	}
	return theirs
}

// essence is all of a request that must be the same: not the User-Agent, the spacing of the JSON, and what
// a signature covers.
func essence(t *testing.T, req *request) map[string]any {
	t.Helper()
	if req == nil {
		t.Fatal("no request was sent")
	}
	u, err := url.Parse(req.url)
	if err != nil {
		t.Fatal(err)
	}
	var body any
	if err := json.Unmarshal(req.body, &body); err != nil {
		t.Fatal(err)
	}
	return map[string]any{
		"method":        req.method,
		"host":          u.Host,
		"path":          u.EscapedPath(),
		"query":         u.Query(),
		"Content-Type":  req.header.Get("Content-Type"),
		"session token": req.header.Get("X-Amz-Security-Token"),
		"scope":         credentialScope(req),
		"body":          body,
	}
}

// credentialScope is the region and service that a request is signed for, "" where it is not signed.
func credentialScope(req *request) string {
	_, credential, _ := strings.Cut(req.header.Get("Authorization"), "/")
	_, scope, _ := strings.Cut(credential, "/") // after the date
	scope, _, _ = strings.Cut(scope, ",")
	return scope
}

func sorted(fields map[string]reflect.Value) []string { return slices.Sorted(maps.Keys(fields)) }
