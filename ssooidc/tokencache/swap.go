package tokencache

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// CompareAndSwap replaces a file by renaming a finished one over it, so that
// every reader sees the old or the new one whole, after a power cut too. A link in
// its place is replaced, not followed. At most 1 MiB is accepted.
//
// The new file is written and synced without a lock. Then one short lock for the
// folder excludes all other swaps while the old file is compared and replaced.
// AWS's tools take no lock and write in place. A write of theirs in the
// microseconds between the comparison and the rename is lost.
//
// On Windows, where a reader blocks the rename, it is tried for a second. Files
// of swaps that were killed long ago are removed when an entry is added or
// removed, or replaced after ten minutes.
func (d Dir) CompareAndSwap(ctx context.Context, key string, old, new []byte) (swapped bool, err error) {
	return d.swap(ctx, osDisk{}, key, old, new)
}

// disk is what a swap does to the file system, a method for each step: tests stop
// between any two.
type disk interface {
	Create(path string) (tempFile, error)
	Rename(from, to string) error
	IsBusy(err error) bool // whether the error will pass when a reader closes the file
	SyncFolder(path string) error
}

type tempFile interface {
	io.WriteCloser
	Name() string
	Sync() error
}

const (
	// No .json at the end, and hidden: no tool takes it for an entry.
	tempPrefix = ".ssooidc-"
	tempSuffix = ".tmp"

	// A swap takes milliseconds. A file this old was left by a process that was
	// killed.
	tempStale = 10 * time.Minute
)

func (d Dir) swap(ctx context.Context, disk disk, key string, old, new []byte) (swapped bool, err error) {
	if err := checkSwap(ctx, key, new); err != nil {
		return false, err
	}
	path, err := d.file(ctx, key, ".json")
	if err != nil {
		return false, err
	}
	folder := filepath.Dir(path)
	// A wrong old costs no writing. It is compared again under the lock.
	if is, err := holds(path, old); !is || err != nil {
		return false, err
	}
	if old == nil && new == nil {
		return true, nil
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return false, readOnly(fmt.Errorf("tokencache: can't make the folder for %s: %w: look at what is in its place, and at the permissions", path, err))
	}
	before, statErr := os.Lstat(path)
	if swapped, err = replace(ctx, disk, path, old, new); err != nil {
		err = readOnly(fmt.Errorf("tokencache: %s is not saved: %w: look at the permissions of its folder, and at the space on the disk", path, err))
		if is, _ := holds(path, new); !is {
			return false, err
		}
		return true, err
	}
	if !swapped {
		return false, nil
	}
	// Not each time, since it takes as long as the folder is large.
	if new == nil || statErr != nil || time.Since(before.ModTime()) > tempStale {
		sweep(folder)
	}
	if err := disk.SyncFolder(folder); err != nil {
		return true, fmt.Errorf("tokencache: %s is saved, but might not survive a power cut: %w", path, err)
	}
	return true, nil
}

// holds reports whether a file has exactly this content. nil is for no file.
func holds(path string, content []byte) (bool, error) {
	data, _, err := readFile(path)
	if err != nil {
		data, err = nil, loadError(path, err)
	}
	return err == nil && isSame(data, content), err
}

// replace puts new in the place of old. If someone has removed its temporary
// file, which the AWS CLI's sign-out does to each file that holds a token, it
// begins again: the entry tells then whether anything is left to replace.
func replace(ctx context.Context, disk disk, path string, old, new []byte) (swapped bool, err error) {
	const tries = 3
	for range tries {
		temp := ""
		if new != nil {
			if temp, err = writeTemp(disk, filepath.Dir(path), new); err != nil {
				return false, err
			}
		}
		swapped, err = replaceLocked(ctx, disk, path, temp, old)
		if temp == "" || swapped && err == nil {
			return swapped, err
		}
		removeErr := os.Remove(temp) // best effort: sweep comes by later
		if err == nil || !errors.Is(removeErr, fs.ErrNotExist) {
			return swapped, err
		}
	}
	return false, err
}

// replaceLocked renames temp to path, or removes path if temp is "", while no
// other swap is at work in the folder.
func replaceLocked(ctx context.Context, disk disk, path, temp string, old []byte) (swapped bool, err error) {
	unlock, err := lockFolder(ctx, filepath.Dir(path))
	if err != nil {
		return false, err
	}
	defer unlock()
	if is, err := holds(path, old); !is || err != nil {
		return false, err
	}
	err = whileBusy(ctx, disk.IsBusy, func() error {
		if temp == "" {
			return os.Remove(path)
		}
		return disk.Rename(temp, path)
	})
	return err == nil, err
}

// writeTemp writes a temporary file and returns its path. On an error the file is
// gone again.
func writeTemp(disk disk, folder string, data []byte) (path string, err error) {
	f, err := disk.Create(tempPath(folder))
	if err != nil {
		return "", err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		os.Remove(f.Name()) // best effort: sweep comes by later
		return "", err
	}
	return f.Name(), nil
}

// readOnly wraps ErrReadOnly around an error of permissions.
func readOnly(err error) error {
	if errors.Is(err, fs.ErrPermission) || isReadOnly(err) {
		return fmt.Errorf("%w: %w", ErrReadOnly, err)
	}
	return err
}

// sweep removes our own temporary files that nobody will finish. They hold secrets.
func sweep(folder string) {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	var left []fs.FileInfo
	for _, entry := range entries {
		name := entry.Name()
		if !entry.Type().IsRegular() || !strings.HasPrefix(name, tempPrefix) || !strings.HasSuffix(name, tempSuffix) {
			continue
		}
		if info, err := entry.Info(); err == nil {
			left = append(left, info)
		}
	}
	if left == nil {
		return
	}
	now, err := clock(folder)
	if err != nil {
		return
	}
	for _, info := range left {
		if now.Sub(info.ModTime()) > tempStale {
			os.Remove(filepath.Join(folder, info.Name()))
		}
	}
}

// clock is the time of a file just made in the folder: on a network, that may be another machine's.
func clock(folder string) (time.Time, error) {
	f, err := create(tempPath(folder))
	if err != nil {
		return time.Time{}, err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return info.ModTime(), nil
}

// whileBusy tries again for a second, since a reader may hold up what others do to a file on Windows.
func whileBusy(ctx context.Context, isBusy func(error) bool, try func() error) error {
	const most, delay = time.Second, 10 * time.Millisecond
	for waited := time.Duration(0); ; waited += delay {
		err := try()
		if err == nil || !isBusy(err) || waited >= most {
			return err
		}
		if ctxErr := pause.For(ctx, delay); ctxErr != nil {
			return fmt.Errorf("%w, %w", err, ctxErr) // on one line
		}
	}
}

// osDisk is the disk.
type osDisk struct{}

func (osDisk) Create(path string) (tempFile, error) { return create(path) }

func (osDisk) Rename(from, to string) error { return os.Rename(from, to) }

func (osDisk) IsBusy(err error) bool { return isBusy(err) }

func (osDisk) SyncFolder(path string) error { return syncFolder(path) }

// tempPath is a name that can't be foreseen.
func tempPath(folder string) string { return filepath.Join(folder, tempPrefix+rand.Text()+tempSuffix) }

// create makes a file, or fails where there is something already.
func create(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
}
