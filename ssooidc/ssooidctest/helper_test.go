package ssooidctest_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const (
	deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
	oidcURL     = "https://oidc.eu-west-1.amazonaws.com"
	portalURL   = "https://portal.sso.eu-west-1.amazonaws.com"
)

type object = map[string]any

// user is a program that uses the service over one client.
type user struct {
	t      testing.TB
	client *http.Client
	url    string
}

// inProcess is a user of the service without a network.
func inProcess(t testing.TB, s *ssooidctest.Service) user {
	return user{t, s.HTTPClient(), oidcURL}
}

// reply is an answer with its JSON read.
type reply struct {
	t      testing.TB
	status int
	header http.Header
	body   object
}

func (u user) post(path string, body object) reply {
	u.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.postRaw(path, data)
}

func (u user) postRaw(path string, body []byte) reply {
	u.t.Helper()
	req, err := http.NewRequest(http.MethodPost, u.url+path, bytes.NewReader(body))
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	return u.do(req)
}

func (u user) do(req *http.Request) reply {
	u.t.Helper()
	resp, err := u.client.Do(req)
	if err != nil {
		u.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	r := reply{u.t, resp.StatusCode, resp.Header, nil}
	if len(data) == 0 {
		return r
	}
	if err := json.Unmarshal(data, &r.body); err != nil {
		u.t.Fatalf("%s %s: status %d: %v in %.200q", req.Method, req.URL.Path, resp.StatusCode, err, data)
	}
	return r
}

// ok is the reply, which must be a success.
func (r reply) ok() reply {
	r.t.Helper()
	if r.status != http.StatusOK {
		r.t.Fatalf("status %d, body %v", r.status, r.body)
	}
	return r
}

func (r reply) text(name string) string {
	r.t.Helper()
	s, ok := r.body[name].(string)
	if !ok {
		r.t.Fatalf("%s is %v in %v", name, r.body[name], r.body)
	}
	return s
}

// is checks that the reply is this exception, or a success where it is "".
func (r reply) is(exception string) {
	r.t.Helper()
	if got := r.exception(); got != exception || (exception == "") != (r.status == http.StatusOK) {
		r.t.Errorf("exception %q, status %d, body %v; want exception %q", got, r.status, r.body, exception)
	}
}

func (r reply) exception() string {
	name, _, _ := strings.Cut(r.header.Get("X-Amzn-ErrorType"), ":")
	return name
}

var accountAccess = []string{"sso:account:access"}

// register registers a client and is what every later request of it holds.
func (u user) register(more object) object {
	u.t.Helper()
	r := u.post("/client/register", with(object{"clientName": "a client", "clientType": "public"}, more)).ok()
	return object{"clientId": r.text("clientId"), "clientSecret": r.text("clientSecret")}
}

// start asks for a device code and is the answer.
func (u user) start(client object) reply {
	u.t.Helper()
	return u.post("/device_authorization", with(client, object{"startUrl": "https://example.awsapps.com/start"})).ok()
}

// poll asks for the token of a device code.
func (u user) poll(client object, started reply) reply {
	u.t.Helper()
	return u.post("/token", with(client, object{"grantType": deviceGrant, "deviceCode": started.text("deviceCode")}))
}

// signIn signs in with a device code and is the token.
func (u user) signIn(s *ssooidctest.Service, client object) reply {
	u.t.Helper()
	started := u.start(client)
	if err := s.Approve(started.text("userCode")); err != nil {
		u.t.Fatal(err)
	}
	return u.poll(client, started).ok()
}

// with is a copy of a with the members of b; those that are nil are taken out.
func with(a, b object) object {
	c := object{}
	for _, o := range []object{a, b} {
		for name, value := range o {
			c[name] = value
			if value == nil {
				delete(c, name)
			}
		}
	}
	return c
}
