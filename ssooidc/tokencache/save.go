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

// Save replaces a file by renaming a finished one over it, so that every reader sees the old or the new one whole, after a
// power cut too. A link in its place is replaced, not followed. At most 1 MiB is accepted. On Windows, where a reader
// blocks the rename, it is tried for 1 s. An error means that the old file is still there, unless it says otherwise. What
// saves left behind that were killed long ago goes when a file is saved that is not there or ten minutes old, and with Delete.
func (d Dir) Save(ctx context.Context, key string, data []byte) error {
	return d.save(ctx, osDisk{}, key, data)
}

// disk is what a save does to the file system, a method for each step: tests stop between any two.
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
	// No .json at the end, and hidden: no tool takes it for an entry. The AWS CLI's sign-out reads every file, whatever its
	// name, and deletes this one too if it holds a token: then the rename fails.
	tempPrefix = ".ssooidc-"
	tempSuffix = ".tmp"

	// A save takes milliseconds. What is this old was left by a process that was killed.
	tempStale = 10 * time.Minute
)

func (d Dir) save(ctx context.Context, disk disk, key string, data []byte) error {
	path, err := d.file(ctx, key, ".json")
	if err != nil {
		return err
	}
	if len(data) > maxSize {
		return &fs.PathError{Op: "save", Path: path, Err: errors.New("larger than 1 MiB, which no entry is")}
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return fmt.Errorf("tokencache: can't make the folder for %s: %w: look at what is in its place, and at the permissions", path, err)
	}
	before, statErr := os.Lstat(path)
	if err := replace(ctx, disk, path, data); err != nil {
		return fmt.Errorf("tokencache: %s is not saved: %w: look at the permissions of its folder, and at the space on the disk", path, err)
	}
	// Not each time, since it takes as long as the folder is large, and not before, since whoever saves has just looked.
	if statErr != nil || time.Since(before.ModTime()) > tempStale {
		sweep(folder)
	}
	if err := disk.SyncFolder(folder); err != nil {
		return fmt.Errorf("tokencache: %s is saved, but might not survive a power cut: %w", path, err)
	}
	return nil
}

// replace writes a temporary file and puts it in path's place. On an error the temporary file is gone again.
func replace(ctx context.Context, disk disk, path string, data []byte) error {
	f, err := disk.Create(tempPath(filepath.Dir(path)))
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = whileBusy(ctx, disk.IsBusy, func() error { return disk.Rename(f.Name(), path) })
	}
	if err != nil {
		os.Remove(f.Name()) // best effort: sweep comes by later
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
