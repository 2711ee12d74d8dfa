//go:build unix

package tokencache_test

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestPipes: opening a pipe waits for the other end, unless one takes care.
func TestPipes(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	for _, extension := range []string{".json", ".lock"} {
		if err := syscall.Mkfifo(filepath.Join(d.Path, key+extension), 0o600); err != nil {
			t.Skipf("pipes can't be made here: %v", err)
		}
	}
	wantLoadError(t, d, "not a regular file: move it away, then sign in again")
	// Some systems lock a pipe as well as a file, and others don't.
	unlock, ok, err := d.TryLock(t.Context(), key)
	if ok != (err == nil) || err != nil && !strings.HasSuffix(err.Error(), ": remove it") {
		t.Errorf("TryLock of a pipe that nobody holds: ok %t, %v", ok, err)
	}
	if ok {
		if _, ok, err := d.TryLock(t.Context(), key); ok || err != nil {
			t.Errorf("TryLock of a pipe that is held: ok %t, %v", ok, err)
		}
		unlock()
	}
	if swapped, err := d.CompareAndSwap(t.Context(), key, nil, []byte(newData)); swapped || err == nil {
		t.Errorf("CompareAndSwap of a pipe: %t, %v", swapped, err)
	}
}
