package interop_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestFakeServiceProgram: with what examples/fakeservice prints, and nothing else, the AWS CLI signs in by the real
// names, and the JavaScript SDK goes on with that session by the variables.
func TestFakeServiceProgram(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	needJavaScriptSDK(t)
	region, listen := takeRegion(t)
	s := &service{region: region, home: t.TempDir()}
	s.caFile = filepath.Join(s.home, "ca.pem")

	program := filepath.Join(t.TempDir(), "fakeservice")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "github.com/ssooidc/ssooidc-go/examples/fakeservice").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), program, "-tls", "-ca-file", s.caFile, "-listen", listen, "-region", region, "-auto-approve")
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	buf := make([]byte, 1<<16) // the guide is one write, shorter than a pipe's buffer; so is the log of this test
	n, err := stdout.Read(buf)
	must(t, err)
	guide := string(buf[:n])
	if hosts := strings.Join(hostNames(region)[:2], " "); !strings.Contains(guide, "  "+strings.TrimSuffix(listen, ":443")+" "+hosts+"\n") {
		t.Fatalf("the hosts file of this test is not what the program asks for:\n%s", guide)
	}
	config := regexp.MustCompile(`(?s)  \[sso-session .*\n\n  aws`).FindString(guide)
	s.write(t, ".aws/config", strings.ReplaceAll(strings.TrimSuffix(config, "  aws"), "\n  ", "\n")[2:])

	if out, err := s.aws(t, "sso", "login", "--no-browser", "--profile", "fake"); err != nil || !strings.Contains(out, "Successfully logged into") {
		t.Fatalf("aws sso login: %v\n%s", err, out)
	}
	variables := regexp.MustCompile(`AWS_ENDPOINT_URL_\w+=\S+`).FindAllString(guide, -1)
	if len(variables) != 2 {
		t.Fatalf("the program printed %d variables:\n%s", len(variables), guide)
	}
	node := s.command(t.Context(), "node", "js/credentials.mjs", "fake", "token")
	node.Env = append(node.Env, variables...)
	out, err := node.Output()
	must(t, err)
	var got struct{ Token, AccessKeyID string }
	must(t, json.Unmarshal(out, &got))
	data, err := s.cache().Load(t.Context(), tokencache.TokenKey("fake"))
	must(t, err)
	if got.Token == "" || !strings.Contains(string(data), got.Token) || !strings.HasPrefix(got.AccessKeyID, "ASIA") {
		t.Errorf("the JavaScript SDK got token %.5s..., access key %q", got.Token, got.AccessKeyID)
	}
}
