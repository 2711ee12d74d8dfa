// Package readme keeps README.md true.
package readme_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// TestSample: what README.md says a person sees is what login.Terminal shows.
func TestSample(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		readme, err := os.ReadFile("../../README.md")
		if err != nil {
			t.Fatal(err)
		}
		var shown strings.Builder
		ctx, cancel := context.WithCancel(t.Context())
		returned := make(chan error)
		go func() {
			returned <- login.Terminal(nil, &shown)(ctx, login.Challenge{
				Flow:      login.FlowDeviceCode,
				Why:       "SSH session",
				URL:       "https://d-1234567890.awsapps.com/start/#/device?user_code=ABCD-EFGH",
				CodeURL:   "https://device.sso.us-east-1.amazonaws.com/",
				UserCode:  "ABCD-EFGH",
				ExpiresAt: time.Now().Add(10 * time.Minute),
			})
		}()
		synctest.Wait()
		cancel()
		if err := <-returned; err != nil {
			t.Fatal(err)
		}
		if sample := "```" + shown.String() + "```"; !strings.Contains(string(readme), sample) {
			t.Errorf("README.md lacks what a person sees:\n%s", sample)
		}
	})
}

// TestCodeCompiles: each Go block of README.md is a file that compiles as it stands.
func TestCodeCompiles(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	if len(blocks) < 3 {
		t.Fatalf("README.md has %d blocks of Go", len(blocks))
	}
	for i, block := range blocks {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			name := "block.go"
			if strings.Contains(string(block[1]), `"testing"`) {
				name = "block_test.go"
			}
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, block[1], 0o600); err != nil {
				t.Fatal(err)
			}
			for _, args := range [][]string{{"vet", file}, {"test", file}} {
				if args[0] == "test" && name == "block.go" {
					continue
				}
				cmd := exec.CommandContext(t.Context(), "go", args...)
				cmd.Dir = "../.." // so that imports are found by this module
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("%v: %v\n%s", args, err, out)
				}
			}
		})
	}
}

// TestVersion: the version that goes out with each request is the one that CHANGELOG.md begins with.
func TestVersion(t *testing.T) {
	t.Parallel()
	find := func(file, pattern string) string {
		data, err := os.ReadFile("../../" + file)
		if err != nil {
			t.Fatal(err)
		}
		match := regexp.MustCompile(pattern).FindSubmatch(data)
		if match == nil {
			t.Fatalf("%s has no %s", file, pattern)
		}
		return string(match[1])
	}
	version := find("ssooidc/user_agent.go", `const version = "(.*)"`)
	number, _, isBetween := strings.Cut(version, "-dev")
	if released := find("CHANGELOG.md", `(?m)^## \[?([^\] \n]*)`); isBetween != (released == "Unreleased") || !isBetween && released != number {
		t.Errorf("the version is %s, and CHANGELOG.md begins with %s", version, released)
	}
}
