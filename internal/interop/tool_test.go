package interop_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// missing skips a test that lacks something, or fails it where everything should be there.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI_INTEROP") != "" {
		t.Fatalf("this test needs %s (CI_INTEROP is set)", what)
	}
	t.Skipf("this test needs %s", what)
}

// needRealNames is for clients that are other processes: they find the service by its real names alone.
func needRealNames(t *testing.T) {
	t.Helper()
	if notIsolated != nil {
		missing(t, notIsolated.Error())
	}
}

// awsCLI is the first AWS CLI of version 2; version 1 knows no sso-session.
var awsCLI = sync.OnceValue(func() string {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/bin") {
		file := filepath.Join(dir, "aws")
		out, err := exec.Command(file, "--version").CombinedOutput()
		if err == nil && strings.HasPrefix(string(out), "aws-cli/2.") {
			return file
		}
	}
	return ""
})

func needAWSCLI(t *testing.T) {
	t.Helper()
	needRealNames(t)
	if awsCLI() == "" {
		missing(t, "the AWS CLI, version 2.9 or later (apt-get install awscli)")
	}
}

func needJavaScriptSDK(t *testing.T) {
	t.Helper()
	needRealNames(t)
	if _, err := exec.LookPath("node"); err != nil {
		missing(t, "node, version 20 or later")
	}
	if _, err := os.Stat("js/node_modules/@aws-sdk/client-sso"); err != nil {
		missing(t, "the JavaScript SDK (npm ci, in internal/interop/js)")
	}
}

func needChromium(t *testing.T) string {
	t.Helper()
	needRealNames(t)
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if file, err := exec.LookPath(name); err == nil {
			return file
		}
	}
	missing(t, "Chromium (apt-get install chromium)")
	return ""
}

// command is a client that is another process, with the service's home and nothing of the machine's configuration.
func (s *service) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"),
		"HOME=" + s.home,
		"AWS_CA_BUNDLE=" + s.caFile,
		"NODE_EXTRA_CA_CERTS=" + s.caFile,
		"AWS_EC2_METADATA_DISABLED=true",
		"AWS_PAGER=",
		"PYTHONUNBUFFERED=1",
	}
	return cmd
}
