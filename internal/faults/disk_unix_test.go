//go:build linux || darwin || freebsd

package faults_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// diskRefuses: the error is the disk's.
var diskRefuses end = func(s *scene, err error) string {
	return all(s.failed(err), must(errors.Is(err, fs.ErrPermission), "want the disk's error"))
}

// refreshesNothing: a refresh would end the session of those who can write.
var refreshesNothing end = func(s *scene, err error) string {
	var required *login.RequiredError
	return all(must(s.token == login.Token{}, "there must be no token"), must(errors.As(err, &required) && required.Reason == login.ReadOnly, "want ReadOnly"))
}

// The disk breaks when the files of the earlier sign-in are there, and for the whole flow.
var (
	readOnly = fault{name: "a read-only disk", breakDisk: func(t *testing.T, folder string) func() {
		chmod := func(mode fs.FileMode) {
			if err := os.Chmod(folder, mode); err != nil {
				t.Error(err)
			}
		}
		chmod(0o500)
		mend := func() { chmod(0o700) }
		t.Cleanup(mend) // before the folder is removed
		return mend
	}}

	// No file may grow beyond 100 bytes: so much is written, then no more.
	full = fault{name: "a full disk", breakDisk: func(t *testing.T, _ string) func() {
		var was syscall.Rlimit
		if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
		limit := was
		limit.Cur = 100
		set := func(l syscall.Rlimit) {
			if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
				t.Error(err)
			}
		}
		set(limit)
		mend := func() { set(was) }
		t.Cleanup(mend)
		return mend
	}}
)

// diskMatrix: a token is never lost to the disk, and no file is ever half written. Without room there is no new file, but
// one can be deleted. CreateTokenWithIAM does not know the disk.
var diskMatrix = []row{
	{step{flow: deviceCode}, readOnly, succeeds, allKept, 4},
	{step{flow: browser}, readOnly, succeeds, allKept, 2},
	{step{flow: refreshing}, readOnly, refreshesNothing, allKept, 0},
	{step{flow: signingOut}, readOnly, diskRefuses, allKept, 1}, // the portal is told all the same

	{step{flow: deviceCode}, full, succeeds, allKept, 4},
	{step{flow: browser}, full, succeeds, allKept, 2},
	{step{flow: refreshing}, full, succeeds, allKept, 1},
	{step{flow: signingOut}, full, succeeds, noToken, 1},
}

const diskChild = "FAULTS_TEST_DISK_CHILD"

// TestDisk runs its rows in a process of its own: an ordinary user's, whom a folder's mode stops, and which bears that its
// files can't grow.
func TestDisk(t *testing.T) {
	if os.Getenv(diskChild) == "" {
		runAsOrdinaryUser(t)
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // then a write fails instead
	for _, r := range diskMatrix {
		t.Run(r.step.String()+", "+r.fault.name, func(t *testing.T) { r.check(t) })
	}
}

func runAsOrdinaryUser(t *testing.T) {
	// Not t.TempDir, which another user can't enter.
	folder, err := os.MkdirTemp("", "faults")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDisk$", "-test.v")
	child.Dir = folder
	child.Env = append(os.Environ(), diskChild+"=1", "TMPDIR="+folder)
	if os.Geteuid() == 0 {
		const nobody = 65534
		child.Path = filepath.Join(folder, "child.test") // go test's own is root's
		err := errors.Join(copyProgram(os.Args[0], child.Path), os.Chown(folder, nobody, nobody))
		if err != nil {
			t.Fatal(err)
		}
		child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	out, err := child.CombinedOutput()
	if errors.Is(err, fs.ErrPermission) {
		t.Skip("no process of an ordinary user can be started here: ", err)
	}
	if passed := strings.Count(string(out), "    --- PASS: TestDisk/"); err != nil || passed != len(diskMatrix) {
		t.Errorf("%d of %d rows passed: %v\n%s", passed, len(diskMatrix), err, out)
	}
}

func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
