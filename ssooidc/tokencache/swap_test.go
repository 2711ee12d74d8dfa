package tokencache_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	oldData = `{"accessToken":"old"}`
	newData = `{"accessToken":"new, and longer than the old one"}`
)

// testDisk is the disk with a hook before each step.
type testDisk struct {
	tokencache.OSDisk
	before func(step string) error
}

type testFile struct {
	tokencache.TempFile
	before func(step string) error
}

func (d testDisk) Create(path string) (tokencache.TempFile, error) {
	if err := d.before("create"); err != nil {
		return nil, err
	}
	f, err := d.OSDisk.Create(path)
	return testFile{f, d.before}, err
}

func (d testDisk) Rename(from, to string) error {
	if err := d.before("rename"); err != nil {
		return err
	}
	return d.OSDisk.Rename(from, to)
}

func (d testDisk) IsBusy(err error) bool { return errors.Is(err, errBusy) }

func (d testDisk) SyncFolder(path string) error {
	if err := d.before("fsync of the folder"); err != nil {
		return err
	}
	return d.OSDisk.SyncFolder(path)
}

// Write writes in two parts, so that a process can die between them.
func (f testFile) Write(data []byte) (int, error) {
	if err := f.before("write"); err != nil {
		return 0, err
	}
	n, err := f.TempFile.Write(data[:len(data)/2])
	if err != nil {
		return n, err
	}
	if err := f.before("second write"); err != nil {
		return n, err
	}
	m, err := f.TempFile.Write(data[n:])
	return n + m, err
}

func (f testFile) Sync() error {
	if err := f.before("fsync"); err != nil {
		return err
	}
	return f.TempFile.Sync()
}

func (f testFile) Close() error {
	return errors.Join(f.before("close"), f.TempFile.Close())
}

var steps = []string{"create", "write", "second write", "fsync", "close", "rename", "fsync of the folder"}

// isNew tells which file there is after a save that was stopped before a step.
func isNew(step string) bool { return step == "fsync of the folder" }

func TestStepsOfASave(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	var got []string
	disk := testDisk{before: func(step string) error {
		got = append(got, step)
		if entries, _ := os.ReadDir(d.Path); step == "write" {
			name := entries[0].Name()
			info, err := entries[0].Info()
			if len(entries) != 1 || err != nil || !info.Mode().IsRegular() ||
				!strings.HasPrefix(name, tokencache.TempPrefix) || strings.HasSuffix(name, ".json") {
				t.Errorf("while it is written the folder holds %v, %v", entries, err)
			}
		}
		return nil
	}}
	if err := tokencache.SaveOn(t.Context(), d, disk, key, []byte(newData)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(steps, got); diff != "" {
		t.Errorf("steps (-want +got):\n%s", diff)
	}
	wantOnly(t, d, newData)
}

func TestFailedSave(t *testing.T) {
	t.Parallel()
	failure := errors.New("the disk is full")
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			d := tokencache.Dir{Path: t.TempDir()}
			save(t, d, oldData)
			err := tokencache.SaveOn(t.Context(), d, testDisk{before: func(s string) error {
				if s == step {
					return failure
				}
				return nil
			}}, key, []byte(newData))
			if !errors.Is(err, failure) || strings.Contains(err.Error(), "accessToken") {
				t.Errorf("error %v, want %v", err, failure)
			}
			want, says := oldData, "is not saved"
			if isNew(step) {
				want, says = newData, "is saved, but might not survive a power cut"
			}
			if !strings.Contains(err.Error(), says) {
				t.Errorf("error %q does not say that it %s", err, says)
			}
			wantOnly(t, d, want)
		})
	}
}

// TestFailedTwice: a disk that is gone fails the write and the close; people are told on one line.
func TestFailedTwice(t *testing.T) {
	t.Parallel()
	failure := errors.New("the disk is gone")
	err := tokencache.SaveOn(t.Context(), tokencache.Dir{Path: t.TempDir()}, testDisk{before: func(step string) error {
		if step == "write" || step == "close" {
			return failure
		}
		return nil
	}}, key, []byte(newData))
	if !errors.Is(err, failure) || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %q, want %v on one line", err, failure)
	}
}

// TestKilledSave runs a save in another process, which kills itself before a step.
func TestKilledSave(t *testing.T) {
	t.Parallel()
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			t.Parallel()
			d := tokencache.Dir{Path: t.TempDir()}
			save(t, d, oldData)
			child := exec.CommandContext(t.Context(), os.Args[0])
			child.Env = append(os.Environ(), childVariable+"=save", "FOLDER="+d.Path, "STEP="+step)
			if out, err := child.CombinedOutput(); err == nil || !wasKilled(child.ProcessState) || len(out) > 0 {
				t.Fatalf("the child was not killed: %v\n%s", err, out)
			}
			want := oldData
			if isNew(step) {
				want = newData
			}
			if got := load(t, d); got != want {
				t.Errorf("the file holds %q, want %q", got, want)
			}

			// What it left holds a secret, and goes with the file.
			for _, left := range leftOvers(t, d) {
				chtimes(t, filepath.Join(d.Path, left), time.Now().Add(-tokencache.TempStale-time.Minute))
			}
			if err := tokencache.Set(t.Context(), d, key, nil); err != nil {
				t.Fatal(err)
			}
			if left := names(t, d); len(left) > 0 {
				t.Errorf("the folder still holds %q", left)
			}
		})
	}
}

// wasKilled tells a process that another one, or itself, has put an end to from one that failed. On Windows, such a process
// has the exit code 1 too, but says nothing.
func wasKilled(state *os.ProcessState) bool {
	return !state.Exited() || runtime.GOOS == "windows" && state.ExitCode() == 1
}

// saveAndDie is the child of TestKilledSave.
func saveAndDie() error {
	d := tokencache.Dir{Path: os.Getenv("FOLDER")}
	return tokencache.SaveOn(context.Background(), d, testDisk{before: func(step string) error {
		if step == os.Getenv("STEP") {
			self, err := os.FindProcess(os.Getpid())
			if err != nil {
				return err
			}
			self.Kill()
			select {}
		}
		return nil
	}}, key, []byte(newData))
}

func TestSweep(t *testing.T) {
	t.Parallel()
	first := func(t *testing.T, d tokencache.Dir) { save(t, d, newData) }
	tests := []struct {
		name   string
		clock  time.Duration // of this machine, after the folder's
		there  bool          // whether the file is there before
		age    time.Duration // of that
		call   func(t *testing.T, d tokencache.Dir)
		sweeps bool
	}{
		{name: "the first save", call: first, sweeps: true},
		{name: "a save soon after, which must not take longer where there are more files", there: true, call: first, sweeps: false},
		{name: "a save of an older file", there: true, age: tokencache.TempStale + time.Minute, call: first, sweeps: true},
		{name: "a deletion", there: true, sweeps: true, call: func(t *testing.T, d tokencache.Dir) {
			if err := tokencache.Set(t.Context(), d, key, nil); err != nil {
				t.Error(err)
			}
		}},
		{name: "a clock before the folder's", clock: -time.Hour, call: first, sweeps: true},
		{name: "a clock after the folder's", clock: time.Hour, call: first, sweeps: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tokencache.Dir{Path: t.TempDir()}
			if tt.there {
				save(t, d, oldData)
				chtimes(t, filepath.Join(d.Path, key+".json"), time.Now().Add(-tt.age))
			}
			now := time.Now().Round(0) // as the folder has it
			stale := now.Add(-tokencache.TempStale - time.Minute)
			files := []struct {
				name  string
				mtime time.Time
				stays bool
			}{
				{tokencache.TempPrefix + "1" + tokencache.TempSuffix, stale, !tt.sweeps},
				{tokencache.TempPrefix + "2" + tokencache.TempSuffix, now, true}, // someone is writing it
				{tokencache.TempPrefix + "3", stale, true},
				{"tmp4.tmp", stale, true}, // botocore's
				{key + ".lock", stale, true},
				{tokencache.TokenKey("other") + ".json", stale, true},
			}
			var want []string
			for _, f := range files {
				path := filepath.Join(d.Path, f.name)
				write(t, path, "{}")
				chtimes(t, path, f.mtime)
				if f.stays {
					want = append(want, f.name)
				}
			}
			folder := tokencache.TempPrefix + "5" + tokencache.TempSuffix
			if err := os.Mkdir(filepath.Join(d.Path, folder), 0o700); err != nil {
				t.Fatal(err)
			}
			chtimes(t, filepath.Join(d.Path, folder), stale)
			if tt.clock == 0 {
				tt.call(t, d)
			} else {
				synctest.Test(t, func(t *testing.T) { // whose clock is ours to set, and not the folder's
					time.Sleep(time.Until(now.Add(tt.clock)))
					tt.call(t, d)
				})
			}
			want = append(want, folder)
			if _, err := os.Stat(filepath.Join(d.Path, key+".json")); err == nil {
				want = append(want, key+".json")
			}
			slices.Sort(want)
			if diff := cmp.Diff(want, names(t, d)); diff != "" {
				t.Errorf("folder (-want +got):\n%s", diff)
			}
		})
	}
}

func chtimes(t *testing.T, path string, mtime time.Time) {
	t.Helper()
	if err := os.Chtimes(path, mtime, mtime); err != nil {
		t.Fatal(err)
	}
}

// TestDisk: what a save relies on. A temporary file is never one that somebody else has put there.
func TestDisk(t *testing.T) {
	t.Parallel()
	var disk tokencache.OSDisk
	folder := t.TempDir()
	there := filepath.Join(folder, "there")
	write(t, there, "{}")
	if f, err := disk.Create(there); !errors.Is(err, os.ErrExist) {
		t.Errorf("a file that is there: %v, %v", f, err)
	}
	if runtime.GOOS != "windows" { // which has no such thing
		if err := disk.SyncFolder(filepath.Join(folder, "missing")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("fsync of a folder that is not there: %v", err)
		}
	}
	if err := disk.SyncFolder(folder); err != nil {
		t.Errorf("fsync of a folder: %v", err)
	}
}

var errBusy = errors.New("open elsewhere")

// TestBusy is what happens on Windows while a reader has the file open.
func TestBusy(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		free  time.Duration // when the reader is done
		leave time.Duration // when the caller leaves; 0: never
		takes time.Duration
		err   error
	}{
		{"at once", 0, 0, 0, nil},
		{"soon", 35 * time.Millisecond, 0, 40 * time.Millisecond, nil},
		{"at the last moment", time.Second, 0, time.Second, nil},
		{"never", time.Hour, 0, time.Second, errBusy},
		{"caller leaves", time.Hour, 55 * time.Millisecond, 55 * time.Millisecond, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := tokencache.Dir{Path: t.TempDir()}
			save(t, d, oldData)
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.leave > 0 {
					time.AfterFunc(tt.leave, cancel)
				}
				start := time.Now()
				err := tokencache.SaveOn(ctx, d, testDisk{before: func(step string) error {
					if step == "rename" && time.Since(start) < tt.free {
						return fmt.Errorf("rename: %w", errBusy)
					}
					return nil
				}}, key, []byte(newData))
				if !errors.Is(err, tt.err) || time.Since(start) != tt.takes {
					t.Errorf("%v after %v, want %v after %v", err, time.Since(start), tt.err, tt.takes)
				}
			})
			want := newData
			if tt.err != nil {
				want = oldData
			}
			wantOnly(t, d, want)
		})
	}
}

// wantOnly wants nothing but the file in the folder.
func wantOnly(t *testing.T, d tokencache.Dir, data string) {
	t.Helper()
	if got := load(t, d); got != data {
		t.Errorf("the file holds %q, want %q", got, data)
	}
	if left := leftOvers(t, d); len(left) > 0 {
		t.Errorf("the folder also holds %q", left)
	}
}

func leftOvers(t *testing.T, d tokencache.Dir) []string {
	t.Helper()
	return slices.DeleteFunc(names(t, d), func(name string) bool { return name == key+".json" })
}

func names(t *testing.T, d tokencache.Dir) []string {
	t.Helper()
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, entry := range entries {
		if entry.Name() != tokencache.FolderLock { // which stays, as lock files do
			list = append(list, entry.Name())
		}
	}
	return list
}
