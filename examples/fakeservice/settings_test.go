package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestRefused(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, row := range []struct {
		args []string
		want string
	}{
		{[]string{"-rotation", "t"}, "it must be one of [lenient none strict]"},
		{[]string{"-errors", ""}, "it must be one of [live openapi]"},
		{[]string{"-account", "111122223333:Sandbox"}, "an account is its ID, its name and its roles"},
		{[]string{"-account", "111122223333:Sandbox:"}, "an account is its ID, its name and its roles"},
		{[]string{"-account", "111122223333:Sandbox:Admin,"}, "an account is its ID, its name and its roles"},
		{[]string{"-account", "1:Sandbox:Admin"}, "an account's ID must be twelve digits"},
		{[]string{"-account", "11112222333x:Sandbox:Admin"}, "an account's ID must be twelve digits"},
		{[]string{"-account", "111122223333:A:Admin", "-account", "111122223333:B:Admin"}, "that account is there already"},
		{[]string{"-interval", "1500ms"}, `invalid value "1500ms" for flag -interval: it must be whole seconds`},
		{[]string{"-interval", "1"}, `invalid value "1" for flag -interval: it must be a duration such as`},
		{[]string{"-device-code-lifetime", "-1s"}, "flag -device-code-lifetime: it must not be negative"},
		{[]string{"-code-lifetime", "1ms"}, "flag -code-lifetime: it must be whole seconds"},
		{[]string{"-token-lifetime", "1ms"}, "flag -token-lifetime: it must be whole seconds"},
		{[]string{"-session-lifetime", "1ms"}, "flag -session-lifetime: it must be whole seconds"},
		{[]string{"-registration-lifetime", "1ms"}, "flag -registration-lifetime: it must be whole seconds"},
		{[]string{"-auto-approve", "-auto-delay", "-1ms"}, "flag -auto-delay: it must not be negative"},
		{[]string{"-start-url", "example"}, "flag -start-url: it must be an https address"},
		{[]string{"-start-url", "http://example.com"}, "flag -start-url: it must be an https address"},
		{[]string{"-start-url", "https://"}, "flag -start-url: it must be an https address"},
		{[]string{"-scope", "a b"}, "flag -scope: it must be visible ASCII"},
		{[]string{"-scope", ""}, "flag -scope: it must be visible ASCII"},
		{[]string{"-scope", "a\"b"}, "flag -scope: it must be visible ASCII"},
		{[]string{"-region", "x y"}, "flag -region: it must be a name such as eu-west-1"},
		{[]string{"-auto-approve", "-auto-deny"}, "don't go together"},
		{[]string{"-auto-delay", "1s"}, "needs -auto-approve or -auto-deny"},
		{[]string{"more"}, "unexpected argument: more"},
		{[]string{"-listen", taken.Addr().String()}, "choose another address with -listen"},
		{[]string{"-tls", "-ca-file", filepath.Join(t.TempDir(), "none", "ca.pem")}, "ca.pem"},
	} {
		if row.args[0] != "-listen" {
			row.args = append([]string{"-listen", "127.0.0.1:0"}, row.args...)
		}
		var stderr strings.Builder
		s, err := parse(row.args, &stderr)
		if err != nil && !strings.Contains(stderr.String(), row.want) {
			t.Errorf("%v: printed %s", row.args, stderr.String())
		}
		if err == nil {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			err = run(ctx, s, io.Discard)
			cancel()
		}
		if err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%v: %v", row.args, err)
		}
	}
	if _, err := parse([]string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("-h: %v", err)
	}
}

// TestKeepsNoRequests: the program may run for weeks.
func TestKeepsNoRequests(t *testing.T) {
	t.Parallel()
	s, err := parse(nil, t.Output())
	if err != nil || s.service.KeepRequests != 1 {
		t.Errorf("it keeps %d requests (0 is all), %v", s.service.KeepRequests, err)
	}
}

// TestScope: a client may register the scopes of -scope, and no other unknown one.
func TestScope(t *testing.T) {
	t.Parallel()
	p := start(t, "-scope", "mine:read", "-scope", "mine:write")
	go io.Copy(io.Discard, p.log)
	for scope, want := range map[string]int{"mine:read": 200, "mine:write": 200, "sso-portal:*": 200, "other:read": 400} {
		status, answer := p.send(t, "/client/register", "", map[string]any{
			"clientName": "test", "clientType": "public", "scopes": []string{scope},
		})
		if status != want {
			t.Errorf("%s: got %d, %v", scope, status, answer)
		}
	}
}
