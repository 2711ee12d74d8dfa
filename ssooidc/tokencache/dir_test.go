package tokencache_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache/storetest"
)

var key = tokencache.TokenKey("my-sso")

func TestDirIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tokencache.Store {
		return tokencache.Dir{Path: filepath.Join(memoryBacked(t), "a", "b")}
	})
}

func TestForOwnerIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tokencache.Store { return tokencache.ForOwner(&tokencache.Memory{}, "alice") })
}

func TestFromKeyValueIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tokencache.Store { return tokencache.FromKeyValue(newKeyring(), t.TempDir()) })
}

func TestMemoryIsAStore(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(t *testing.T) tokencache.Store { return &tokencache.Memory{} })
}

// TestDefaultFolder looks for the folder anew at each call, as AWS's SDKs do. It changes the environment.
func TestDefaultFolder(t *testing.T) {
	variable := "HOME"
	if runtime.GOOS == "windows" {
		variable = "USERPROFILE"
	}
	for _, home := range []string{t.TempDir(), t.TempDir()} {
		t.Setenv(variable, home)
		save(t, tokencache.Dir{}, "{}")
		if _, err := os.Stat(filepath.Join(home, ".aws", "sso", "cache", key+".json")); err != nil {
			t.Error(err)
		}
	}
	t.Setenv(variable, "")
	_, err := tokencache.Dir{}.Load(t.Context(), key)
	if u, userErr := user.Current(); userErr == nil && u.HomeDir != "" {
		var path *fs.PathError
		if err != nil && (!errors.As(err, &path) || !strings.HasPrefix(path.Path, u.HomeDir)) {
			t.Errorf("without %s: %v, want something below %s", variable, err, u.HomeDir)
		}
	} else if err == nil || !strings.Contains(err.Error(), "set HOME") {
		t.Errorf("without a home folder: %v", err)
	}
}

func TestModes(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes: the user's profile is private by its own list")
	}
	aws := filepath.Join(t.TempDir(), ".aws")
	if err := os.Mkdir(aws, 0o755); err != nil {
		t.Fatal(err)
	}
	d := tokencache.Dir{Path: filepath.Join(aws, "sso", "cache")}
	lock := func(d tokencache.Dir) {
		t.Helper()
		unlock, ok, err := d.TryLock(t.Context(), key)
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		unlock()
	}
	save(t, d, "{}")
	lock(d)
	first := tokencache.Dir{Path: filepath.Join(t.TempDir(), "made by the lock")}
	lock(first)
	if err := os.Chmod(filepath.Join(d.Path, key+".json"), 0o644); err != nil {
		t.Fatal(err)
	}
	save(t, d, `{"private":"again"}`)
	for path, want := range map[string]fs.FileMode{
		aws:                                0o755,
		filepath.Join(aws, "sso"):          0o700,
		d.Path:                             0o700,
		first.Path:                         0o700,
		filepath.Join(d.Path, key+".json"): 0o600,
		filepath.Join(d.Path, key+".lock"): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Error(err)
		} else if info.Mode().Perm() != want {
			t.Errorf("%s: mode %v, want %v", path, info.Mode().Perm(), want)
		}
	}
}

// TestLinks: folders may be links; a link in the file's place is replaced, and what it leads to is left alone.
func TestLinks(t *testing.T) {
	t.Parallel()
	real, link := t.TempDir(), filepath.Join(t.TempDir(), "link")
	symlink(t, real, link)
	d := tokencache.Dir{Path: filepath.Join(link, "sso", "cache")}
	save(t, d, "{}")
	folder := filepath.Join(real, "sso", "cache")
	file, victim := filepath.Join(folder, key+".json"), filepath.Join(t.TempDir(), "victim")
	if _, err := os.Stat(file); err != nil {
		t.Fatal(err)
	}

	write(t, victim, `{"victim":true}`)
	plant := func() {
		t.Helper()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		symlink(t, victim, file)
	}
	plant()
	if got := load(t, d); got != `{"victim":true}` {
		t.Errorf("through the link: %s", got)
	}
	save(t, d, `{"saved":true}`)
	if info, err := os.Lstat(file); err != nil || !info.Mode().IsRegular() {
		t.Errorf("after the save the file is %v, %v", info.Mode(), err)
	}
	plant()
	if err := tokencache.Set(t.Context(), d, key, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the deletion: %v", err)
	}
	if data, err := os.ReadFile(victim); err != nil || string(data) != `{"victim":true}` {
		t.Errorf("the file behind the link is now %q, %v", data, err)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	file := filepath.Join(d.Path, key+".json")
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	wantLoadError(t, d, "not a regular file: move it away, then sign in again")
	if err := tokencache.Set(t.Context(), d, key, []byte("{}")); err == nil {
		t.Error("a folder was replaced")
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}

	const most = 1 << 20
	write(t, file, `"`+strings.Repeat("x", most-2)+`"`)
	if got := load(t, d); len(got) != most {
		t.Errorf("%d bytes of %d", len(got), most)
	}
	write(t, file, `"`+strings.Repeat("x", most-1)+`"`)
	wantLoadError(t, d, "larger than 1 MiB: move it away, then sign in again")

	if swapped, err := d.CompareAndSwap(t.Context(), key, nil, make([]byte, most+1)); swapped || !errors.As(err, new(*tokencache.SizeError)) {
		t.Errorf("CompareAndSwap: %t, %v", swapped, err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != most+1 {
		t.Errorf("the refused save changed the file: %v, %v", info.Size(), err)
	}
}

// TestLoadUnknownSize: some file systems only tell a file's size by its end. Linux has one such.
func TestLoadUnknownSize(t *testing.T) {
	t.Parallel()
	const file, last = "/proc/self/status", "nonvoluntary_ctxt_switches:"
	if content, err := os.ReadFile(file); err != nil || len(content) < 1000 || !strings.Contains(string(content), last) {
		t.Skipf("no long %s: %v", file, err)
	}
	d := tokencache.Dir{Path: t.TempDir()}
	symlink(t, file, filepath.Join(d.Path, key+".json"))
	synctest.Test(t, func(t *testing.T) { // it is no JSON, and read again some times
		if got := load(t, d); !strings.Contains(got, last) {
			t.Errorf("read:\n%s", got)
		}
	})
}

// TestFileInTheWay: a file where a folder should be is no lost sign-in, since the next one could not be saved either.
func TestFileInTheWay(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "sso")
	write(t, file, "")
	d := tokencache.Dir{Path: filepath.Join(file, "cache")}
	wantLoadErrorAt(t, d, file, "not a folder: move it away, then sign in again")
	want := "move away " + file + ", which is no folder"
	if _, ok, err := d.TryLock(t.Context(), key); ok || err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("TryLock: ok %t, %v; want %s", ok, err, want)
	}
	if swapped, err := d.CompareAndSwap(t.Context(), key, nil, []byte("{}")); swapped || err == nil || !strings.Contains(err.Error(), "not a folder: move it away") {
		t.Errorf("CompareAndSwap: %t, %v", swapped, err)
	}
}

func wantLoadErrorAt(t *testing.T, d tokencache.Dir, at, want string) {
	t.Helper()
	_, err := d.Load(t.Context(), key)
	var path *fs.PathError
	if !errors.As(err, &path) || path.Err.Error() != want || path.Path != at {
		t.Errorf("Load: %v, want %s", err, want)
	}
}

func wantLoadError(t *testing.T, d tokencache.Dir, want string) {
	t.Helper()
	wantLoadErrorAt(t, d, filepath.Join(d.Path, key+".json"), want)
}

// TestTorn: a file that another tool is writing is read again, until it is whole or for 100 ms.
func TestTorn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		after time.Duration // when the other tool is done; 0: never
		want  string
		takes time.Duration
	}{
		{"whole at once", time.Nanosecond, `{"torn":false}`, 20 * time.Millisecond},
		{"whole later", 50 * time.Millisecond, `{"torn":false}`, 60 * time.Millisecond},
		{"whole at the last moment", 99 * time.Millisecond, `{"torn":false}`, 100 * time.Millisecond},
		{"whole too late", 101 * time.Millisecond, `{"torn":`, 100 * time.Millisecond},
		{"never whole", 0, `{"torn":`, 100 * time.Millisecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tokencache.Dir{Path: t.TempDir()}
			file := filepath.Join(d.Path, key+".json")
			write(t, file, `{"torn":`)
			synctest.Test(t, func(t *testing.T) {
				if tt.after > 0 {
					time.AfterFunc(tt.after, func() { write(t, file, `{"torn":false}`) })
				}
				start := time.Now()
				data, err := d.Load(t.Context(), key)
				if err != nil || string(data) != tt.want || time.Since(start) != tt.takes {
					t.Errorf("%s, %v after %v; want %s after %v", data, err, time.Since(start), tt.want, tt.takes)
				}
			})
		})
	}

	t.Run("removed meanwhile", func(t *testing.T) {
		t.Parallel()
		d := tokencache.Dir{Path: t.TempDir()}
		write(t, filepath.Join(d.Path, key+".json"), "")
		synctest.Test(t, func(t *testing.T) {
			time.AfterFunc(30*time.Millisecond, func() { os.Remove(filepath.Join(d.Path, key+".json")) })
			if data, err := d.Load(t.Context(), key); data != nil || err != nil {
				t.Errorf("%q, %v", data, err)
			}
		})
	})

	t.Run("caller leaves", func(t *testing.T) {
		t.Parallel()
		d := tokencache.Dir{Path: t.TempDir()}
		write(t, filepath.Join(d.Path, key+".json"), "")
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
			defer cancel()
			start := time.Now()
			if data, err := d.Load(ctx, key); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 30*time.Millisecond {
				t.Errorf("%q, %v after %v", data, err, time.Since(start))
			}
		})
	})
}

// TestBesideTheCLI: while a writer without locks truncates and writes in place, the beginning of one file and the end of
// another never pass for a third. (A writer that is held up may show a torn file for longer than Load waits.)
func TestBesideTheCLI(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	file := filepath.Join(d.Path, key+".json")
	texts := []string{`{"a":"` + strings.Repeat("a", 500) + `"}`, `{"a":"` + strings.Repeat("b", 3000) + `"}`}
	write(t, file, texts[0])
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for i := 0; ; i++ {
			f, err := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
			if err != nil {
				t.Error(err)
				return
			}
			for text := range slices.Chunk([]byte(texts[i%2]), 100) {
				f.Write(text)
			}
			f.Close()
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for range 50_000 { // a fault shows in one of some ten thousand
		data, torn, err := tokencache.ReadFile(file)
		if err != nil && runtime.GOOS == "windows" {
			continue // the writer has it open
		}
		if err != nil || !torn && !slices.Contains(texts, string(data)) {
			t.Errorf("%d bytes that nobody wrote, %v", len(data), err)
			break
		}
	}
	close(stop)
	<-done
}

func TestMissesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	file := filepath.Join(d.Path, key+".json")
	write(t, file, "not ours \x00")
	old := time.Now().Add(-time.Hour).Round(time.Second)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if got := load(t, d); got != "not ours \x00" {
		t.Errorf("read as %q", got)
	}
	if info, err := os.Stat(file); err != nil || !info.ModTime().Equal(old) {
		t.Errorf("changed at %v, %v", info.ModTime(), err)
	}
}

func save(t *testing.T, d tokencache.Dir, data string) {
	t.Helper()
	if err := tokencache.Set(t.Context(), d, key, []byte(data)); err != nil {
		t.Fatal(err)
	}
}

func load(t *testing.T, d tokencache.Dir) string {
	t.Helper()
	data, err := d.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func write(t *testing.T, path, data string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(data), 0o600); err != nil {
		t.Error(err)
	}
}

func symlink(t *testing.T, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("links can't be made here: %v", err)
	}
}
