package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func build(t *testing.T) (program string) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the command")
	}
	program = filepath.Join(t.TempDir(), "sso")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return program
}

// TestSignals: each of the signals that end a command ends the sign-in, which leaves the terminal as it was.
func TestSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	program := build(t)
	server := ssooidctest.NewServer(ssooidctest.Options{})
	defer server.Close()
	home(t, server.URL)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(signal.String(), func(t *testing.T) {
			login := exec.CommandContext(t.Context(), program, "login", "-device", "-profile", "dev")
			stderr, err := login.StderrPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := login.Start(); err != nil {
				t.Fatal(err)
			}
			text := bufio.NewReader(stderr)
			for line := ""; !strings.Contains(line, "Open this address"); {
				if line, err = text.ReadString('\n'); err != nil {
					t.Fatal(err)
				}
			}
			if err := login.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(text)
			if err != nil {
				t.Fatal(err)
			}
			if login.Wait(); login.ProcessState.ExitCode() != exitInterrupted || !strings.HasSuffix(string(rest), "sso: interrupted\n") {
				t.Errorf("%v: %s", login.ProcessState, rest)
			}
		})
	}
}

// TestInterruptedRefresh: what the service has issued when a command is interrupted is saved before it ends: the old refresh
// token is used up.
func TestInterruptedRefresh(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no signals to send")
	}
	program := build(t)
	server := approving(t)
	home(t, server.URL)
	cmd(t, "login", "-device", "-profile", "dev")
	change(t, func(token *tokencache.Token) { token.ExpiresAt = time.Now().Add(-time.Minute) })
	asked := make(chan struct{})
	released := make(chan struct{})
	server.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		close(asked)
		<-released
		server.ServeHTTP(w, r)
	}, 1)
	token := exec.CommandContext(t.Context(), program, "token", "-profile", "dev")
	var stderr bytes.Buffer
	token.Stderr = &stderr
	if err := token.Start(); err != nil {
		t.Fatal(err)
	}
	<-asked
	if err := token.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(100*time.Millisecond, func() { close(released) }) // by then it is waiting, or has ended
	if token.Wait(); token.ProcessState.ExitCode() != exitInterrupted || stderr.String() != "sso: interrupted\n" {
		t.Errorf("%v: %s", token.ProcessState, stderr.String())
	}
	if r := cmd(t, "token", "-profile", "dev"); r.code != 0 {
		t.Errorf("the next one: %+v", r)
	}
}

// TestCredentialProcess: AWS's Go SDK, given a profile that calls the command, gets credentials; before the sign-in it gets
// what the command says.
func TestCredentialProcess(t *testing.T) {
	program := build(t)
	server := approving(t)
	folder := home(t, server.URL)
	file, err := os.OpenFile(filepath.Join(folder, "config"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(file, "\n[profile app]\ncredential_process = %s credentials -profile dev\nregion = eu-west-1\n", program)
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	retrieve := func() error {
		cfg, err := config.LoadDefaultConfig(context.Background(), config.WithSharedConfigProfile("app"))
		if err != nil {
			return err
		}
		creds, err := cfg.Credentials.Retrieve(t.Context())
		if err == nil && (creds.Source != "ProcessProvider" || creds.AccountID != "111122223333" || !creds.CanExpire || creds.SessionToken == "") {
			t.Errorf("credentials of %s in account %s", creds.Source, creds.AccountID)
		}
		return err
	}
	if err := retrieve(); err == nil || !strings.Contains(err.Error(), "exit status 3") {
		t.Errorf("before the sign-in: %v", err)
	}
	login := exec.CommandContext(t.Context(), program, "login", "-device", "-profile", "dev")
	if out, err := login.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := retrieve(); err != nil {
		t.Error(err)
	}
	out, err := exec.CommandContext(t.Context(), program, "credentials", "-profile", "dev").Output()
	if err != nil {
		t.Fatal(err)
	}
	checkCredentials(t, result{stdout: string(out)}, "111122223333")
}
