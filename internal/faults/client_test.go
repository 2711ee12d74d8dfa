package faults_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const onWindows = runtime.GOOS == "windows"

// client is a flow's HTTP client: to the service, in process, but where the fault is. It notes what is sent, and all that
// is secret in it.
type client struct {
	t       *testing.T
	service *ssooidctest.Service
	at      step
	fault   fault

	mu      sync.Mutex
	met     int // how many requests have met the fault
	mended  bool
	sent    []string // operations
	secrets map[string]bool
	cancel  func()
}

func newClient(t *testing.T, service *ssooidctest.Service, at step, f fault) *client {
	return &client{t: t, service: service, at: at, fault: f, secrets: map[string]bool{
		credentials.SecretAccessKey: true, credentials.SessionToken: true,
	}}
}

// Do implements [ssooidc.HTTPClient].
func (c *client) Do(r *http.Request) (*http.Response, error) {
	if c.meets(r) {
		return c.fault.meet(c, r)
	}
	return c.answered(r)
}

// meets notes a request, and tells whether it meets the fault.
func (c *client) meets(r *http.Request) bool {
	operation := operationOf(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	before := 0
	for _, earlier := range c.sent {
		if earlier == operation {
			before++
		}
	}
	c.sent = append(c.sent, operation)
	if c.mended || c.fault.meet == nil || operation != c.at.operation || before < c.at.after || c.at.once && c.met > 0 {
		return false
	}
	c.met++
	return true
}

// answered is the service's own answer.
func (c *client) answered(r *http.Request) (*http.Response, error) {
	c.echo(r)
	resp, err := c.service.HTTPClient().Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	c.note(body)
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// echo is all that is secret in a request, as a server that answers with its debug page repeats it.
func (c *client) echo(r *http.Request) string {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			c.t.Error(err)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	bearer := r.Header.Get("X-Amz-Sso_bearer_token")
	c.note(body)
	c.secret(bearer)
	return fmt.Sprintf("%s %s %s", body, bearer, r.Header.Get("X-Amz-Security-Token"))
}

// secretFields are those of the wire and of the cache files.
var secretFields = []string{
	"clientSecret", "deviceCode", "code", "codeVerifier", "accessToken", "refreshToken", "idToken", "subjectToken", "assertion",
	"otherTool",
}

// note remembers the secrets in a JSON object, and in those inside.
func (c *client) note(body []byte) {
	var fields map[string]any
	if json.Unmarshal(body, &fields) != nil {
		return
	}
	for name, value := range fields {
		switch value := value.(type) {
		case string:
			if slices.Contains(secretFields, name) {
				c.secret(value)
			}
		case map[string]any:
			if name == "ssooidcGo" { // our own member of a cache file has none
				continue
			}
			for _, inner := range value { // the identity context
				c.secret(fmt.Sprint(inner))
			}
		}
	}
}

func (c *client) secret(text string) {
	if text == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.secrets[text] = true
}

func (c *client) sentSoFar() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.sent)
}

func (c *client) mend() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mended = true
}

func (c *client) onCancel(cancel func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel = cancel
}

func (c *client) cancelCaller() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cancel()
}

var operations = []string{"RegisterClient", "StartDeviceAuthorization", "CreateToken", "CreateTokenWithIAM", "Logout"}

func operationOf(r *http.Request) string {
	switch {
	case r.URL.Path == "/client/register":
		return "RegisterClient"
	case r.URL.Path == "/device_authorization":
		return "StartDeviceAuthorization"
	case r.URL.Path == "/token" && r.URL.Query().Get("aws_iam") == "t":
		return "CreateTokenWithIAM"
	case r.URL.Path == "/token":
		return "CreateToken"
	case r.URL.Path == "/logout":
		return "Logout"
	}
	return r.URL.String()
}
