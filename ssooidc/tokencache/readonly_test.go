package tokencache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestReadOnlyFolder: what is there can be read; a save, a deletion and a lock fail, and leave nothing behind. It is not
// parallel: a program just written can't be run while another test starts a process, which inherits the open file.
func TestReadOnlyFolder(t *testing.T) {
	d := tokencache.Dir{Path: t.TempDir()}
	save(t, d, oldData)
	// An old lock file that can be written does not make the folder so.
	write(t, filepath.Join(d.Path, key+".lock"), "")
	write(t, filepath.Join(d.Path, tokencache.FolderLock), "")
	if err := os.Chmod(d.Path, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(d.Path, 0o700) })
	child := childProcess(t, "read-only", d)
	dropPrivileges(t, child, d.Path)
	if err := child.Run(); err != nil {
		t.Error(err)
	}
	if err := os.Chmod(d.Path, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(d.Path, key+".lock")); err != nil {
		t.Fatal(err)
	}
	wantOnly(t, d, oldData)
}

// useReadOnlyFolder is the child, which modes do stop.
func useReadOnlyFolder() error {
	ctx, d := context.Background(), tokencache.Dir{Path: os.Getenv("FOLDER")}
	if data, err := d.Load(ctx, key); err != nil || string(data) != oldData {
		return fmt.Errorf("Load: %q, %w", data, err)
	}
	if _, ok, err := d.TryLock(ctx, key); ok || !errors.Is(err, tokencache.ErrReadOnly) || !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("TryLock: ok %t, %w", ok, err)
	}
	if err := tokencache.Set(ctx, d, key, []byte(newData)); !errors.Is(err, tokencache.ErrReadOnly) || !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("Save: %w", err)
	}
	if err := tokencache.Set(ctx, d, key, nil); !errors.Is(err, tokencache.ErrReadOnly) || !errors.Is(err, os.ErrPermission) {
		return fmt.Errorf("Delete: %w", err)
	}
	return nil
}
