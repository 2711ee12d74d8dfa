package tokencache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/home"
	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// Dir is a [Store] in a folder: the blob of key k is the file k.json, and k.lock is its lock. Files have mode 0600. It
// shares the folder with AWS's tools. The zero value is their folder. Safe for concurrent use, by many processes too.
type Dir struct {
	// Path is the folder; "" is ~/.aws/sso/cache, found anew at each call as AWS's SDKs find it: below HOME, on Windows
	// USERPROFILE, else below the home folder that the system knows. The folder is made, for its owner only, when
	// something is first saved or locked; one that is there is left as it is.
	Path string
}

const (
	maxSize = 1 << 20 // an entry is a few KiB: what is larger is none

	// Another tool writes an entry in place within a millisecond or so.
	rereads     = 5
	rereadDelay = 20 * time.Millisecond
)

// Load reads a file. One that is no JSON is likely being written by another tool: it is read again up to 5 times, 20 ms
// apart, and then returned as it is. Anything but a regular file of at most 1 MiB is an error, and so is a file in the place
// of one of its folders.
func (d Dir) Load(ctx context.Context, key string) ([]byte, error) {
	path, err := d.file(ctx, key, ".json")
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		data, torn, err := readFile(path)
		if try == rereads || !torn && (err == nil || !isBusy(err)) {
			if err != nil {
				err = loadError(path, err)
			}
			return data, err
		}
		if err := pause.For(ctx, rereadDelay); err != nil {
			return nil, err
		}
	}
}

// Delete removes a file, or the link that is in its place, and what saves left behind that were killed long ago. It returns
// nil too where a folder of the file is missing, or is none.
func (d Dir) Delete(ctx context.Context, key string) error {
	path, err := d.file(ctx, key, ".json")
	if err != nil {
		return err
	}
	sweep(filepath.Dir(path))
	err = whileBusy(ctx, isBusy, func() error { return os.Remove(path) })
	if errors.Is(err, fs.ErrNotExist) || err != nil && blocking(filepath.Dir(path)) != "" {
		return nil
	}
	return err
}

// file is the path of a key's file, if the call may go on.
func (d Dir) file(ctx context.Context, key, extension string) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	folder := d.Path
	if folder == "" {
		dir, ok := home.Dir()
		if !ok {
			return "", errors.New("tokencache: there is no home folder: set HOME (on Windows USERPROFILE) or Dir.Path")
		}
		folder = filepath.Join(dir, ".aws", "sso", "cache")
	}
	return filepath.Join(folder, key+extension), nil
}

// loadError tells a file in a folder's place from an entry that is not there, since a sign-in could not save one either.
func loadError(path string, err error) error {
	if file := blocking(filepath.Dir(path)); file != "" {
		return &fs.PathError{Op: "load", Path: file, Err: errors.New("not a folder: move it away, then sign in again")}
	}
	return err
}

// blocking is the file that stands where a folder, or one above it, should be; "" if there is none.
func blocking(folder string) string {
	for {
		info, err := os.Stat(folder)
		if err == nil && !info.IsDir() {
			return folder
		}
		above := filepath.Dir(folder)
		if err == nil || above == folder {
			return ""
		}
		folder = above
	}
}

// readFile follows links: people link single files too. torn tells that another tool is likely writing the file.
func readFile(path string) (data []byte, torn bool, err error) {
	f, err := os.OpenFile(path, os.O_RDONLY|openNonblock, 0)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, false, err
	}
	if !info.Mode().IsRegular() {
		return nil, false, &fs.PathError{Op: "load", Path: path,
			Err: errors.New("not a regular file: move it away, then sign in again")}
	}
	// In one read: the beginning of one token and the end of the next could look whole.
	data = make([]byte, min(info.Size(), maxSize)+bytes.MinRead)
	n, err := f.Read(data)
	data = data[:n]
	if err == nil && int64(n) != info.Size() { // it is being written, or the system does not tell sizes
		if torn = !hasNoSize(f, info); !torn {
			var rest []byte
			rest, err = io.ReadAll(io.LimitReader(f, int64(maxSize+1-n)))
			data = append(data, rest...)
			torn = !hasNoSize(f, info)
		}
	}
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	if len(data) > maxSize {
		return nil, false, &fs.PathError{Op: "load", Path: path,
			Err: errors.New("larger than 1 MiB: move it away, then sign in again")}
	}
	return data, torn || !json.Valid(data), nil
}

// hasNoSize reports whether a file has content, but no size that the system tells, now as before.
func hasNoSize(f *os.File, before fs.FileInfo) bool {
	now, err := f.Stat()
	return err == nil && before.Size() == 0 && now.Size() == 0
}
