package tokencache

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/home"
	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// Dir is a [Store] in a folder that it shares with AWS's tools. The blob of key k
// is the file k.json, and k.lock is its lock. Files have mode 0600. The zero value
// is AWS's own folder. It is safe for concurrent use, by many processes too.
type Dir struct {
	// Path is the folder. "" is ~/.aws/sso/cache, found anew at each call as AWS's
	// SDKs find it: below HOME, on Windows USERPROFILE, else below the home folder
	// that the system knows. The folder is made, for its owner only, when something
	// is first saved or locked. A folder that exists is left as it is.
	Path string
}

const (
	maxSize = 1 << 20 // an entry is a few KiB: what is larger is none

	// Another tool writes an entry in place within a millisecond or so.
	rereads     = 5
	rereadDelay = 20 * time.Millisecond
)

// Load reads a file. If it is no JSON, another tool is likely writing it: it is
// read again up to 5 times, 20 ms apart, and then returned as it is. Anything but
// a regular file of at most 1 MiB is an error, and so is a file in the place of
// one of its folders.
func (d Dir) Load(ctx context.Context, key string) ([]byte, error) {
	path, err := d.file(ctx, key, ".json")
	if err != nil {
		return nil, err
	}
	for try := 0; ; try++ {
		data, torn, err := readFile(path)
		if try == rereads || !torn && (err == nil || !isBusy(err)) {
			if err != nil {
				return nil, loadError(path, err)
			}
			return data, nil
		}
		if err := pause.For(ctx, rereadDelay); err != nil {
			return nil, err
		}
	}
}

// Keys implements [Lister]. It lists the files whose names are a key's.
func (d Dir) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		folder, err := d.folder()
		if err != nil {
			yield("", err)
			return
		}
		files, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield("", err)
			return
		}
		var keys []string
		for _, file := range files {
			if key, ok := strings.CutSuffix(file.Name(), ".json"); ok && isKey(key) {
				keys = append(keys, key)
			}
		}
		yieldKeys(ctx, keys, yield)
	}
}

// file is the path of a key's file, if the call may go on.
func (d Dir) file(ctx context.Context, key, extension string) (string, error) {
	if err := check(ctx, key); err != nil {
		return "", err
	}
	folder, err := d.folder()
	return filepath.Join(folder, key+extension), err
}

// folder is the folder that Path stands for.
func (d Dir) folder() (string, error) {
	if d.Path != "" {
		return d.Path, nil
	}
	dir, ok := home.Dir()
	if !ok {
		return "", errors.New("tokencache: there is no home folder: set HOME (on Windows USERPROFILE) or Dir.Path")
	}
	return filepath.Join(dir, ".aws", "sso", "cache"), nil
}

// loadError is why a file could not be read, nil if there is none. A file in a
// folder's place is an error: a sign-in could not save an entry there either.
func loadError(path string, err error) error {
	if file := blocking(filepath.Dir(path)); file != "" {
		return &fs.PathError{Op: "load", Path: file, Err: errors.New("not a folder: move it away, then sign in again")}
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
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
