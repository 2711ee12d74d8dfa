package interop_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// runIsolated runs the tests in a process of its own, in a mount and a network namespace of its own, and returns its
// exit code. Where that is not allowed, they run here.
func runIsolated(run func() int) int {
	const marker = "INTEROP_ISOLATED"
	if os.Getenv(marker) != "" {
		if err := settle(); err != nil {
			fmt.Fprintln(os.Stderr, "interop: prepare the namespaces:", err)
			return 1
		}
		return run()
	}
	runtime.LockOSThread() // its end would be the parent's, for Pdeathsig
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), marker+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET,
		Pdeathsig:  syscall.SIGKILL,
	}
	if os.Geteuid() != 0 { // a user namespace makes root of anyone
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	err := cmd.Start()
	if err != nil {
		notIsolated = fmt.Errorf("namespaces of its own (as root, or where users may make them): %w", err)
		return run()
	}
	if err := cmd.Wait(); err != nil && !errors.As(err, new(*exec.ExitError)) {
		fmt.Fprintln(os.Stderr, "interop:", err)
	}
	return cmd.ProcessState.ExitCode()
}

// settle brings up loopback and puts the hosts file in place.
func settle() error {
	socket, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(socket)
	loopback, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	loopback.SetUint16(unix.IFF_UP)
	if err := unix.IoctlIfreq(socket, unix.SIOCSIFFLAGS, loopback); err != nil {
		return fmt.Errorf("bring up loopback: %w", err)
	}

	file, err := os.CreateTemp("", "interop-hosts-")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name()) // the mount keeps it
	if err := errors.Join(file.Chmod(0o644), writeAndClose(file, hostsFile())); err != nil {
		return err
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("make the mounts private: %w", err)
	}
	if err := unix.Mount(file.Name(), "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		return fmt.Errorf("put a hosts file in place: %w", err)
	}
	return nil
}

func writeAndClose(file *os.File, text string) error {
	_, err := file.WriteString(text)
	return errors.Join(err, file.Close())
}
