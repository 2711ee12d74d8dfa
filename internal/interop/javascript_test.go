package interop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// TestJavaScriptSDKOperations calls every operation of AWS's JavaScript clients, in both flows, to the end of the session.
func TestJavaScriptSDKOperations(t *testing.T) {
	t.Parallel()
	needJavaScriptSDK(t)
	s := newService(t, ssooidctest.Options{Accounts: accounts})
	var stderr strings.Builder
	cmd := s.command(t.Context(), "node", "js/operations.mjs", s.region, s.StartURL(), accountID)
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())

	done := false
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		var ask struct {
			Approve, Visit string
			Done           bool
		}
		must(t, json.Unmarshal(lines.Bytes(), &ask))
		answer := ""
		switch {
		case ask.Approve != "":
			must(t, s.Approve(ask.Approve))
		case ask.Visit != "":
			answer, err = s.Redirect(ask.Visit)
			must(t, err)
		default:
			done = ask.Done
			continue
		}
		fmt.Fprintln(stdin, answer)
	}
	if err := cmd.Wait(); err != nil || !done {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	s.checkAllCalled(t)
}
