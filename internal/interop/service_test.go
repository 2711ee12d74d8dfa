package interop_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	profile   = "interop" // also the sso-session's name
	accountID = "111122223333"
	roleName  = "ReadOnlyAccess"
)

var accounts = []ssooidctest.Account{
	{ID: accountID, Name: "One", Email: "one@example.com", Roles: []string{roleName, "Admin", "Dev"}},
	{ID: "444455556666", Name: "Two", Email: "two@example.com"},
}

// service is one in a region of its own, on TLS, with the home of someone whose ~/.aws/config points at it.
type service struct {
	*ssooidctest.Service
	region string
	home   string
	caFile string
	cert   *x509.Certificate
	at     string // where it listens
	errors ssooidctest.ErrorStyle
}

// freeRegions are those that no service is in, by number.
var freeRegions = func() chan int {
	free := make(chan int, len(regions))
	for n := range regions {
		free <- n
	}
	return free
}()

// takeRegion gives a region that no other service is in until the test's end, and where to listen for it.
func takeRegion(t *testing.T) (region, listen string) {
	t.Helper()
	n := <-freeRegions
	t.Cleanup(func() { freeRegions <- n })
	if notIsolated != nil {
		return regions[n], "127.0.0.1:0" // for clients in this process, which dial it whatever the name
	}
	return regions[n], address(n) + ":443"
}

func newService(t *testing.T, opts ssooidctest.Options) *service {
	t.Helper()
	region, listen := takeRegion(t)
	s := &service{Service: ssooidctest.New(opts), region: region, home: t.TempDir(), errors: opts.Errors}
	s.caFile = filepath.Join(s.home, "ca.pem")
	l, err := net.Listen("tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	s.at = l.Addr().String()
	mux := http.NewServeMux()
	mux.Handle("/", s.Service)
	mux.HandleFunc(hostNames(s.region)[2]+"/", callerIdentity)
	server := http.Server{Handler: mux, TLSConfig: &tls.Config{Certificates: []tls.Certificate{s.certificate(t)}}}
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.ServeTLS(l, "", "")
	}()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	s.write(t, ".aws/config", fmt.Sprintf(`[sso-session interop]
sso_start_url = %[1]s
sso_region = %[2]s
sso_registration_scopes = sso:account:access

[profile interop]
sso_session = interop
sso_account_id = %[3]s
sso_role_name = %[4]s
region = %[2]s
output = json

[profile legacy]
sso_start_url = %[1]s
sso_region = %[2]s
sso_account_id = %[3]s
sso_role_name = %[4]s
region = %[2]s
output = json
`, s.StartURL(), s.region, accountID, roleName))
	return s
}

// certificate makes the service's certificate, which is also its own authority.
func (s *service) certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: "interop " + s.region},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(24 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:              hostNames(s.region),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if s.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	s.write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// write writes a file into the service's home.
func (s *service) write(t *testing.T, name, text string) {
	t.Helper()
	file := filepath.Join(s.home, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// callerIdentity is STS as far as it shows that someone has a role's credentials. It knows who by what they sign with.
func callerIdentity(w http.ResponseWriter, r *http.Request) {
	if !strings.Contains(r.Header.Get("Authorization"), "Credential=ASIA") || r.Header.Get("X-Amz-Security-Token") == "" {
		http.Error(w, "not a role", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	fmt.Fprintf(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::%[1]s:assumed-role/%[2]s/me</Arn><UserId>AROAEXAMPLE:me</UserId><Account>%[1]s</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`, accountID, roleName)
}

// client is for clients in this process: it finds the service by any name, on this machine alone.
func (s *service) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(s.cert)
	return &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, s.at)
		},
		DisableKeepAlives: true,
	}}
}

// count is how many requests of an operation have arrived.
func (s *service) count(operation string) int {
	n := 0
	for _, r := range s.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

func (s *service) cache() tokencache.Dir {
	return tokencache.Dir{Path: filepath.Join(s.home, ".aws", "sso", "cache")}
}

// session is ours, new each time, so that it knows only what is in the cache. Its person approves, in either flow.
func (s *service) session(t *testing.T, change ...func(*login.Config)) *login.Session {
	t.Helper()
	cfg := login.Config{
		Name:       profile,
		StartURL:   s.StartURL(),
		Region:     s.region,
		Scopes:     []string{"sso:account:access"},
		Flow:       login.FlowDeviceCode,
		HTTPClient: s.client(),
		Cache:      s.cache(),
		Browse:     func(_ context.Context, url string) error { return nil },
		Prompt: func(_ context.Context, c login.Challenge) error {
			if c.Flow == login.FlowBrowser {
				return s.Visit(c.URL)
			}
			return s.Approve(c.UserCode)
		},
	}
	for _, f := range change {
		f(&cfg)
	}
	session, err := login.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

func legacy(c *login.Config) { c.Name, c.Scopes, c.Legacy = "", nil, true }

// saved is the token in the cache.
func (s *service) saved(t *testing.T, name string) (token tokencache.Token) {
	t.Helper()
	data, err := s.cache().Load(t.Context(), tokencache.TokenKey(name))
	if err == nil {
		err = json.Unmarshal(data, &token)
	}
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// age lets the token in the cache expire, there and at the service, in place of waiting for it.
func (s *service) age(t *testing.T, name string) {
	t.Helper()
	token := s.saved(t, name)
	if err := s.Expire(token.AccessToken); err != nil {
		t.Fatal(err)
	}
	token.ExpiresAt = time.Now().Add(-time.Minute).UTC().Truncate(time.Second)
	data, err := json.Marshal(token)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.cache().Path, tokencache.TokenKey(name)+".json"), data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}
