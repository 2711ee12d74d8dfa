package compare_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The most that our client may add to a program that has net/http and encoding/json, and the most packages that
// it may bring with it, those two's among them.
const (
	mostBytes    = 430_000
	mostPackages = 235
)

// TestWeight builds three stripped programs that do the same with our client, with AWS's and with neither. They
// are built for one system, wherever this runs.
func TestWeight(t *testing.T) {
	if testing.Short() {
		t.Skip("builds three programs")
	}
	t.Parallel()
	size, packages := map[string]int64{}, map[string]int{}
	for _, program := range []string{"plain", "ours", "aws"} {
		binary := filepath.Join(t.TempDir(), program)
		goCommand(t, "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "./weight/"+program)
		info, err := os.Stat(binary)
		if err != nil {
			t.Fatal(err)
		}
		size[program] = info.Size()
		packages[program] = len(bytes.Fields(goCommand(t, "list", "-deps", "./weight/"+program)))
		t.Logf("%-5s %9d bytes, %9d more than plain, %d packages",
			program, size[program], size[program]-size["plain"], packages[program])
	}
	if more := size["ours"] - size["plain"]; more > mostBytes {
		t.Errorf("ours is %d bytes larger than plain, not at most %d", more, mostBytes)
	}
	if packages["ours"] > mostPackages {
		t.Errorf("ours has %d packages, not at most %d", packages["ours"], mostPackages)
	}
}

// goCommand runs the go command for one system, and returns what it prints.
func goCommand(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := exec.Command("go", args...)
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "GOAMD64=v1", "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %q: %v\n%s", args, err, &stderr)
	}
	return out
}
