package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/portal"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// end is how a flow must end: what is wrong with an end, "" if nothing.
type end func(s *scene, err error) string

var (
	succeeds end = func(s *scene, err error) string {
		switch {
		case err != nil:
			return "it must succeed"
		case s.flow != signingOut && (s.token.AccessToken == "" || s.token.AccessToken == s.before.AccessToken || !time.Now().Before(s.token.ExpiresAt)):
			return "it must bring a new token"
		}
		return ""
	}

	// noAnswer: the service was not reached, or not heard.
	noAnswer end = func(s *scene, err error) string {
		return all(
			s.failed(err),
			must(isA[*ssooidc.TransportError](err), "want a *TransportError"),
			must(s.client.fault.cause(err), "the cause is missing"),
			must(!isContext(err) || s.client.fault.hangs, "no context has ended"),
		)
	}

	// notTheService: what answered was something else.
	notTheService end = func(s *scene, err error) string {
		var e *ssooidc.ResponseError
		return all(
			s.failed(err),
			must(errors.As(err, &e) && e.StatusCode == s.client.fault.status && e.Problem != "", "want a *ResponseError with the status"),
		)
	}

	serviceSaid end = func(s *scene, err error) string {
		var e *ssooidc.ServiceError
		return all(
			s.failed(err),
			must(errors.As(err, &e) && e.StatusCode == s.client.fault.status, "want a *ServiceError with the status"),
			must(e == nil || e.StatusCode != 403 || e.Code == "InvalidSignatureException" && strings.Contains(err.Error(), "Signature "),
				"want what the service says of the signature"),
		)
	}

	ranOut end = func(s *scene, err error) string {
		return all(
			s.failed(err),
			must(errors.Is(err, login.ErrExpired) && !isContext(err), "want ErrExpired"),
			must(strings.Contains(err.Error(), "the last attempts failed: ssooidc: CreateToken: "), "want the last failure too"),
		)
	}

	gaveUp end = func(s *scene, err error) string {
		return all(s.failed(err), must(errors.Is(err, context.Canceled), "want the context's error"))
	}

	outOfTime end = func(s *scene, err error) string {
		return all(s.failed(err), must(errors.Is(err, context.DeadlineExceeded), "want the context's error"))
	}

	noPortal end = func(s *scene, err error) string {
		var e *portal.Error
		return all(
			s.failed(err),
			must(errors.As(err, &e) && e.Err != nil, "want the portal's error"),
			must(s.client.fault.cause(err), "the cause is missing"),
		)
	}

	portalSaid end = func(s *scene, err error) string {
		var e *portal.Error
		return all(s.failed(err), must(errors.As(err, &e) && e.StatusCode == s.client.fault.status, "want the portal's error with the status"))
	}
)

// failed is what every failure has in common: no token comes with it, and none of these faults is one that a new sign-in
// mends.
func (s *scene) failed(err error) string {
	return all(
		must(err != nil, "it must fail"),
		must(s.token == login.Token{}, "there must be no token"),
		must(!isA[*login.RequiredError](err), "nobody must sign in again"),
	)
}

func must(ok bool, problem string) string {
	if ok {
		return ""
	}
	return problem
}

func all(problems ...string) string {
	return strings.Join(slices.DeleteFunc(problems, func(p string) bool { return p == "" }), ", ")
}

func isContext(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

func says(text string) func(error) bool {
	return func(err error) bool { return strings.Contains(fmt.Sprint(err), text) }
}

// read is what the files in the cache hold. Lock files stay, and are empty.
func (s *scene) read(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		data, err := os.ReadFile(s.folder + "/" + entry.Name())
		if err != nil {
			t.Error(err)
		}
		if strings.HasSuffix(entry.Name(), ".lock") && len(data) == 0 {
			continue
		}
		files[entry.Name()] = string(data)
		s.client.note(data)
	}
	return files
}

// left tells what has become of the files.
func (s *scene) left(t *testing.T) string {
	t.Helper()
	after := s.read(t)
	names := map[string]string{registrationKey + ".json": "registration", tokenKey + ".json": "token"}
	var changes []string
	for _, file := range slices.Sorted(maps.Keys(merged(s.files, after))) {
		was, existed := s.files[file]
		is, exists := after[file]
		name, known := names[file]
		switch {
		case exists == existed && is == was:
		case !known:
			changes = append(changes, "a stray file "+file)
		case !exists:
			changes = append(changes, "no "+name)
		case !s.whole(file, is):
			changes = append(changes, "a bad "+name)
		default:
			changes = append(changes, "new "+name)
		}
	}
	if changes == nil {
		return allKept
	}
	slices.Sort(changes)
	return strings.Join(changes, ", ")
}

func merged(a, b map[string]string) map[string]string {
	m := maps.Clone(a)
	maps.Copy(m, b)
	return m
}

// whole reports whether a new file holds all that it must: the token that the
// flow brought, if it brought one, and after a refresh the other tool's field.
func (s *scene) whole(file, data string) bool {
	if file == registrationKey+".json" {
		var reg tokencache.Registration
		return json.Unmarshal([]byte(data), &reg) == nil && reg.ClientID != "" && reg.ClientSecret != "" && reg.ExpiresAt.After(time.Now())
	}
	var token tokencache.Token
	isJSON := json.Unmarshal([]byte(data), &token) == nil
	_, isOurs := token.Extra["ssooidcGo"]
	_, hasTheirs := token.Extra["otherTool"]
	return isJSON && isOurs && hasTheirs == (s.flow == refreshing) && // a sign-in keeps no field
		token.AccessToken != s.before.AccessToken && token.RefreshToken != "" && token.ExpiresAt.After(time.Now()) &&
		token.ClientID != "" && token.ClientSecret != "" && !token.RegistrationExpiresAt.IsZero() &&
		(s.token.AccessToken == "" || s.token.AccessToken == token.AccessToken)
}

// wantNoSecret looks for every secret that was seen in every text; for its beginning, since long texts are cut.
func (s *scene) wantNoSecret(t *testing.T, errs ...error) {
	t.Helper()
	texts := map[string]string{"the log": s.log.String(), "the prompt": s.prompted.String()}
	for _, err := range errs {
		texts["the error"] += fmt.Sprintf("%v\n%+v\n%#v\n", err, err, err)
	}
	if len(s.client.secrets) < 5 {
		t.Errorf("only %d secrets were seen", len(s.client.secrets))
	}
	for name, text := range texts {
		for secret := range s.client.secrets {
			if strings.Contains(text, secret[:min(len(secret), 16)]) {
				t.Errorf("a secret is in %s:\n%s", name, text)
			}
		}
	}
}

// resources are what the process has.
type resources struct{ goroutines, files int }

func countResources() resources {
	r := resources{goroutines: runtime.NumGoroutine()}
	if list, err := os.ReadDir("/proc/self/fd"); err == nil { // elsewhere they are not counted
		r.files = len(list)
	}
	return r
}

// wantNoMore waits for what is just ending.
func (r resources) wantNoMore(t *testing.T) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for now := countResources(); now.goroutines > r.goroutines || now.files > r.files; now = countResources() {
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<20)
			t.Fatalf("left behind: %+v, before: %+v\n%s", now, r, stacks[:runtime.Stack(stacks, true)])
		}
		runtime.Gosched()
	}
}
