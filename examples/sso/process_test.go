package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
)

// TestCredentialProcess: AWS's Go SDK, given a profile that calls the command, gets credentials; before the sign-in it gets
// what the command says.
func TestCredentialProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the command")
	}
	server := approving(t)
	program := filepath.Join(t.TempDir(), "sso")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
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
