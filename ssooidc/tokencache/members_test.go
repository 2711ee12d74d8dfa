package tokencache_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// FuzzMembers: the members of an object are those that encoding/json finds, the last of each name.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{}`,
		` { } `,
		"\t{\"a\" : 1 ,\r\n\"b\":\"two\"\n,\"c\":[ 3, {\"d\":\"}],\"} ] }",
		`{"a":{},"a":[],"a":null}`,
		`{"\"":"\\","\u0061\\":"\\\"","":-1.5e+7}`,
		"{\"\xff\":\"\xfe\",\"\\ud800\":true}",
		`{"accessToken":"x"`,
		`[{"a":1}]`,
		`null`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var want map[string]json.RawMessage
		if json.Unmarshal(data, &want) != nil || want == nil {
			return
		}
		got := make(map[string]json.RawMessage)
		tokencache.Members(data, func(name string, value json.RawMessage) { got[name] = value })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-encoding/json +got):\n%s", data, diff)
		}
	})
}
