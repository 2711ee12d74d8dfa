package tokencache_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// childVariable makes the test binary play another process.
const childVariable = "TOKENCACHE_TEST_CHILD"

func TestMain(m *testing.M) {
	play := map[string]func() error{
		"save": saveAndDie, "hold": holdLock, "drop": dropUnlock, "count": countUnderLock, "add": addToCounter, "add for ever": addForEver, "read-only": useReadOnlyFolder,
	}[os.Getenv(childVariable)]
	if play == nil {
		os.Exit(m.Run())
	}
	if err := play(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func childProcess(t *testing.T, play string, d tokencache.Dir) *exec.Cmd {
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childVariable+"="+play, "FOLDER="+d.Path)
	child.Stderr = os.Stderr
	return child
}

// TestLockOutlivesItsUnlock: who drops unlock holds the lock to the end of the process.
func TestLockOutlivesItsUnlock(t *testing.T) {
	t.Parallel()
	if child := childProcess(t, "drop", tokencache.Dir{Path: t.TempDir()}); child.Run() != nil { // Windows removes no open file
		t.Error("a lock ended though nobody released it")
	}
}

func dropUnlock() error {
	d := tokencache.Dir{Path: os.Getenv("FOLDER")}
	if _, ok, err := d.TryLock(context.Background(), key); !ok || err != nil {
		return fmt.Errorf("ok %t, %w", ok, err)
	}
	for range 3 { // what is garbage now is cleaned up when what becomes garbage later has been
		collected := make(chan struct{})
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) { close(collected) })
		runtime.GC()
		<-collected
	}
	if _, ok, err := d.TryLock(context.Background(), key); ok || err != nil {
		return fmt.Errorf("while it is held: ok %t, %w", ok, err)
	}
	return nil
}

// TestLockDiesWithItsHolder kills a process that holds the lock.
func TestLockDiesWithItsHolder(t *testing.T) {
	t.Parallel()
	d := tokencache.Dir{Path: t.TempDir()}
	child := childProcess(t, "hold", d)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "held\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	if _, ok, err := d.TryLock(t.Context(), key); ok || err != nil {
		t.Errorf("while another process holds the lock: ok %t, %v", ok, err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	child.Wait()
	unlock, ok, err := d.TryLock(t.Context(), key)
	if !ok || err != nil {
		t.Fatalf("after its death: ok %t, %v", ok, err)
	}
	unlock()
	if _, err := os.Stat(filepath.Join(d.Path, key+".lock")); err != nil {
		t.Errorf("the lock file must stay: %v", err)
	}
}

func holdLock() error {
	_, ok, err := tokencache.Dir{Path: os.Getenv("FOLDER")}.TryLock(context.Background(), key)
	if !ok || err != nil {
		return fmt.Errorf("ok %t, %w", ok, err)
	}
	fmt.Println("held")
	io.Copy(io.Discard, os.Stdin) // until killed
	select {}
}

const countRounds = 20

// TestLockExcludesProcesses counts in a blob; each count that is lost is two holders.
func TestLockExcludesProcesses(t *testing.T) {
	t.Parallel()
	const processes = 4
	d := tokencache.Dir{Path: t.TempDir()}
	save(t, d, "0")
	var children []*exec.Cmd
	for range processes {
		child := childProcess(t, "count", d)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children = append(children, child)
	}
	for _, child := range children {
		if err := child.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got := load(t, d); got != strconv.Itoa(processes*countRounds) {
		t.Errorf("counted %s, want %d", got, processes*countRounds)
	}
}

func countUnderLock() error {
	ctx, d := context.Background(), tokencache.Dir{Path: os.Getenv("FOLDER")}
	for done := 0; done < countRounds; {
		unlock, ok, err := d.TryLock(ctx, key)
		if err != nil {
			return err
		}
		if !ok {
			<-time.After(time.Millisecond) // nothing tells when the kernel's lock is free
			continue
		}
		data, err := d.Load(ctx, key)
		if err != nil {
			return err
		}
		n, err := strconv.Atoi(string(data))
		if err != nil {
			return err
		}
		if err := tokencache.Set(ctx, d, key, []byte(strconv.Itoa(n+1))); err != nil {
			return err
		}
		unlock()
		unlock() // once too often does no harm
		done++
	}
	return nil
}

func TestLockIsNotFollowed(t *testing.T) {
	t.Parallel()
	d, victim := tokencache.Dir{Path: t.TempDir()}, filepath.Join(t.TempDir(), "victim")
	lock := filepath.Join(d.Path, key+".lock")
	for _, exists := range []bool{false, true} {
		if exists {
			write(t, victim, "{}")
		}
		symlink(t, victim, lock)
		_, ok, err := d.TryLock(t.Context(), key)
		if ok || err == nil || !strings.Contains(err.Error(), "it is a link, which is not followed: remove it") {
			t.Errorf("victim exists %t: ok %t, %v", exists, ok, err)
		}
		if _, err := os.Stat(victim); (err == nil) != exists {
			t.Errorf("victim exists %t: then %v", exists, err)
		}
		if err := os.Remove(lock); err != nil {
			t.Fatal(err)
		}
	}
}
