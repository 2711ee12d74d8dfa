package errortexts_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	startURL = "https://d-1234567890.awsapps.com/start"
	region   = "us-east-1"
)

// planted begins each secret that a situation makes up itself.
const planted = "Planted7Secret7"

// world is what a situation is brought about in.
type world struct {
	*testing.T
	service *ssooidctest.Service
	cache   tokencache.Store
	dir     string // "" until folder is called
}

func newWorld(t *testing.T) *world {
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	return &world{T: t, service: ssooidctest.New(ssooidctest.Options{}), cache: new(tokencache.Memory)}
}

// folder is an empty folder of this situation's.
func (w *world) folder() string {
	if w.dir == "" {
		w.dir = w.TempDir()
	}
	return w.dir
}

// file makes a file in the folder.
func (w *world) file(name, text string) string {
	path := filepath.Join(w.folder(), name)
	w.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// secrets are those that are planted, and those that went over the wire.
func (w *world) secrets() []string {
	list := []string{planted}
	for _, r := range w.service.Requests() {
		var fields map[string]any
		if json.Unmarshal(r.Body, &fields) == nil {
			for _, name := range []string{"clientSecret", "deviceCode", "code", "codeVerifier", "refreshToken"} {
				if text, ok := fields[name].(string); ok && text != "" {
					list = append(list, text)
				}
			}
		}
		if token := r.Header.Get("X-Amz-Sso_bearer_token"); token != "" {
			list = append(list, token)
		}
	}
	return list
}

// config is for a session with the service, whose person does nothing.
func (w *world) config(changes ...func(*login.Config)) login.Config {
	cfg := login.Config{
		Name:       "dev",
		StartURL:   startURL,
		Region:     region,
		Flow:       login.FlowDeviceCode,
		Prompt:     func(context.Context, login.Challenge) error { return nil },
		Browse:     func(context.Context, string) error { return nil },
		Cache:      w.cache,
		HTTPClient: w.service.HTTPClient(),
	}
	for _, change := range changes {
		change(&cfg)
	}
	return cfg
}

func (w *world) session(changes ...func(*login.Config)) *login.Session {
	w.Helper()
	s, err := login.New(w.config(changes...))
	w.must(err)
	return s
}

// login tries to sign in.
func (w *world) login(changes ...func(*login.Config)) error {
	w.Helper()
	_, err := w.session(changes...).Login(w.Context())
	return err
}

// signedIn is a session in which somebody has just signed in.
func (w *world) signedIn(changes ...func(*login.Config)) *login.Session {
	w.Helper()
	s := w.session(append(changes, func(c *login.Config) {
		c.Prompt = func(_ context.Context, c login.Challenge) error { return w.service.Approve(c.UserCode) }
	})...)
	_, err := s.Login(w.Context())
	w.must(err)
	return s
}

// expired is a session in which somebody has signed in two hours ago.
func (w *world) expired(changes ...func(*login.Config)) *login.Session {
	w.Helper()
	s := w.signedIn(changes...)
	time.Sleep(2 * time.Hour)
	return s
}

// token asks for one with something else in the cache.
func (w *world) token(entry any, changes ...func(*login.Config)) error {
	w.Helper()
	data, isText := entry.(string)
	if !isText {
		marshaled, err := json.Marshal(entry)
		w.must(err)
		data = string(marshaled)
	}
	w.must(set(w.Context(), w.cache, tokencache.TokenKey("dev"), []byte(data)))
	_, err := w.session(changes...).Token(w.Context())
	return err
}

// fails has the service fail an operation for good.
func (w *world) fails(operation, exception string) {
	w.service.FailNext(operation, exception, 99)
}

// page is what something in between may answer.
func page(status int) http.HandlerFunc {
	return body(status, "<html><h1>Blocked by the proxy</h1></html>", "Content-Type", "text/html")
}

// echo is a page that repeats the request, as some do.
func echo(status int) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.Header().Set("Content-Type", "text/html")
		rw.WriteHeader(status)
		rw.Write([]byte("<html><h1>Blocked by the proxy</h1>" + string(body) + r.Header.Get("X-Amz-Sso_bearer_token") + "</html>"))
	}
}

// body answers with a status and a text.
func body(status int, text string, header ...string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			rw.Header().Set(header[i], header[i+1])
		}
		rw.WriteHeader(status)
		rw.Write([]byte(text))
	}
}

// drop ends the connection.
func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

// doer is an HTTP client that is no *http.Client.
type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func (d doer) RoundTrip(r *http.Request) (*http.Response, error) { return d(r) }

// broken is an HTTP client that never has a connection.
func broken(err func(*http.Request) error) *http.Client {
	return &http.Client{Transport: doer(func(r *http.Request) (*http.Response, error) { return nil, err(r) })}
}

// noDNS is what a machine without a network says, and one that asks for a region that does not exist.
func noDNS(r *http.Request) error {
	return &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}}
}

func refuses(*http.Request) error {
	return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 443}, Err: errors.New("connect: connection refused")}
}

// credentials sign.
func credentials(err error) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, err
	})
}

// client calls the service, or something in its place.
func (w *world) client(changes ...func(*ssooidc.Options)) *ssooidc.Client {
	w.Helper()
	opts := ssooidc.Options{Region: region, HTTPClient: w.service.HTTPClient()}
	for _, change := range changes {
		change(&opts)
	}
	c, err := ssooidc.New(opts)
	w.must(err)
	return c
}

// createToken asks for a token with a refresh token.
func (w *world) createToken(changes ...func(*ssooidc.Options)) error {
	w.Helper()
	_, err := w.client(changes...).CreateToken(w.Context(), &ssooidc.CreateTokenRequest{
		ClientID: "client", ClientSecret: planted + "ClientSecret", GrantType: ssooidc.GrantTypeRefreshToken, RefreshToken: planted + "RefreshToken",
	})
	return err
}

// createTokenWithIAM asks for a token with AWS credentials.
func (w *world) createTokenWithIAM(changes ...func(*ssooidc.Options)) error {
	w.Helper()
	_, err := w.client(changes...).CreateTokenWithIAM(w.Context(), &ssooidc.CreateTokenWithIAMRequest{
		ClientID: "client", GrantType: ssooidc.GrantTypeJWTBearer, Assertion: planted + "Assertion",
	})
	return err
}

// answered calls CreateToken where something else answers than the service would.
func answered(h http.HandlerFunc) func(*world) error {
	return func(w *world) error {
		w.service.HandleNext("CreateToken", h, 99)
		return w.createToken()
	}
}

// set adds an entry where there is none.
func set(ctx context.Context, store tokencache.Store, key string, data []byte) error {
	swapped, err := store.CompareAndSwap(ctx, key, nil, data)
	if !swapped && err == nil {
		err = errors.New("there is an entry already")
	}
	return err
}
