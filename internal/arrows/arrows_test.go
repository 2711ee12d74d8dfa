// Package arrows keeps the module's arrows pointing down: who may import whom.
package arrows_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/ssooidc/ssooidc-go/"

// rules say what a room may import besides the standard library, by prefixes; the longest room counts. A rule that
// ends in "$" is a whole path. What a test imports is its own affair.
var rules = map[string][]string{
	"ssooidc": {
		"internal/",
		"github.com/aws/aws-sdk-go-v2/aws$", "github.com/aws/aws-sdk-go-v2/aws/retry$", "github.com/aws/aws-sdk-go-v2/aws/signer/v4$",
		"github.com/aws/smithy-go",
	},
	"ssooidc/login":                 {"ssooidc$", "ssooidc/tokencache$", "ssooidc/login/internal/keeper$", "internal/", "github.com/aws/smithy-go/auth/bearer$"},
	"ssooidc/login/internal/keeper": {"ssooidc/tokencache$"}, // no HTTP, no service
	"ssooidc/tokencache":            {"internal/", "github.com/gofrs/flock$"},
	"ssooidc/tokencache/storetest":  {"ssooidc/tokencache$"},
	"ssooidc/profile":               {"ssooidc/login$", "ssooidc$", "internal/", "github.com/aws/aws-sdk-go-v2/aws$", "github.com/aws/aws-sdk-go-v2/config$", "gopkg.in/ini.v1$"},
	"ssooidc/rolecreds":             {"ssooidc/login$", "internal/", "github.com/aws/aws-sdk-go-v2/aws$", "github.com/aws/aws-sdk-go-v2/service/sso"},
	"ssooidc/ssooidctest":           {},
	"internal":                      {"internal/", "github.com/aws/aws-sdk-go-v2/aws", "github.com/cli/browser$", "golang.org/x/"},
	"examples":                      {"ssooidc", "internal/terminal$", "internal/endpoint$", "github.com/aws/aws-sdk-go-v2", "golang.org/x/term$"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Standard   bool
	Deps       []string
}

func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", append([]string{"list", "-json=ImportPath,Imports,Standard,Deps"}, args...)...)
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", cmd, err)
	}
	var pkgs []pkg
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		err := d.Decode(&p)
		if errors.Is(err, io.EOF) {
			return pkgs
		}
		if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestArrows(t *testing.T) {
	t.Parallel()
	standard := map[string]bool{}
	for _, p := range list(t, "-deps", "./...") {
		standard[p.ImportPath] = p.Standard
	}
	for _, p := range list(t, "./...") {
		path := strings.TrimPrefix(p.ImportPath, module)
		room := roomOf(path)
		allowed, ok := rules[room]
		if !ok {
			t.Errorf("%s is in no room: the design has none for it", path)
		}
		for _, imported := range p.Imports {
			name := strings.TrimPrefix(imported, module)
			if !standard[imported] && roomOf(name) != room && !slices.ContainsFunc(allowed, func(rule string) bool { return matches(rule, name) }) {
				t.Errorf("%s imports %s, which %q may not", path, name, room)
			}
		}
	}
}

// TestCoreStaysSmall: what a program that only calls the API inherits is neither AWS's configuration nor one of its
// services, nor regexp, which alone would be a quarter of a megabyte.
func TestCoreStaysSmall(t *testing.T) {
	t.Parallel()
	for _, p := range list(t, "./ssooidc") {
		for _, dep := range p.Deps {
			for _, heavy := range []string{"github.com/aws/aws-sdk-go-v2/config", "github.com/aws/aws-sdk-go-v2/service/", "regexp", "github.com/gofrs", "golang.org/x/"} {
				if strings.HasPrefix(dep, heavy) {
					t.Errorf("ssooidc depends on %s", dep)
				}
			}
		}
	}
}

// roomOf is the longest room that a package of ours is in; itself for any other.
func roomOf(path string) string {
	room := ""
	for r := range rules {
		if (path == r || strings.HasPrefix(path, r+"/")) && len(r) > len(room) {
			room = r
		}
	}
	if room == "" {
		return path
	}
	return room
}

func matches(rule, path string) bool {
	if whole, ok := strings.CutSuffix(rule, "$"); ok {
		return path == whole
	}
	return strings.HasPrefix(path, rule)
}
