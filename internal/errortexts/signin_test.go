package errortexts_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// discard is for servers whose clients break off on purpose.
var discard = log.New(io.Discard, "", 0)

// refused is a configuration that login.New refuses.
func refused(change func(*login.Config)) func(*world) error {
	return func(w *world) error {
		_, err := login.New(w.config(change))
		return err
	}
}

var configSituations = []situation{
	{name: "no start URL", provoke: refused(func(c *login.Config) { c.StartURL = "" })},
	{name: "a start URL that is none", provoke: refused(func(c *login.Config) { c.StartURL = "d-1234567890" })},
	{name: "a start URL over plain http", provoke: refused(func(c *login.Config) { c.StartURL = "http://d-1234567890.awsapps.com/start" })},
	{name: "a start URL with a password", provoke: refused(func(c *login.Config) { c.StartURL = "https://me:" + planted + "@d-1234567890.awsapps.com/start" })},
	{name: "a company's own domain", provoke: refused(func(c *login.Config) { c.StartURL = "https://sso.example.com/start" })},
	{name: "no region", provoke: refused(func(c *login.Config) { c.Region = "" })},
	{name: "a region that is none", provoke: refused(func(c *login.Config) { c.Region = "us_east_1" })},
	{name: "an endpoint that is none", provoke: refused(func(c *login.Config) { c.Endpoint = "oidc" })},
	{name: "an endpoint over plain http", provoke: refused(func(c *login.Config) { c.Endpoint = "http://proxy.example.com" })},
	{name: "an endpoint and FIPS", provoke: refused(func(c *login.Config) { c.Endpoint, c.UseFIPS = "https://proxy.example.com", true })},
	{name: "an endpoint and dual-stack", provoke: refused(func(c *login.Config) { c.Endpoint, c.UseDualStack = "https://proxy.example.com", true })},
	{name: "a portal endpoint with a password", provoke: refused(func(c *login.Config) { c.PortalEndpoint = "https://me:" + planted + "@proxy.example.com" })},
	{name: "a portal endpoint with a query", provoke: refused(func(c *login.Config) { c.PortalEndpoint = "https://proxy.example.com?key=" + planted })},
	{name: "a scope in quotes", provoke: refused(func(c *login.Config) { c.Scopes = []string{`"openid"`} })},
	{name: "scopes in one text", provoke: refused(func(c *login.Config) { c.Scopes = []string{"openid sso:account:access"} })},
	{name: "an empty scope", provoke: refused(func(c *login.Config) { c.Scopes = []string{""} })},
	{name: "a flow that is none", provoke: refused(func(c *login.Config) { c.Flow = 7 })},
	{name: "a legacy profile in the browser", provoke: refused(func(c *login.Config) { c.Legacy, c.Flow = true, login.FlowBrowser })},
	{name: "a legacy profile with scopes", provoke: refused(func(c *login.Config) { c.Legacy, c.Scopes = true, []string{"openid"} })},
	{name: "a port that is none", provoke: refused(func(c *login.Config) { c.RedirectPort = 65536 })},
}

// failing tries to sign in where the service fails an operation.
func failing(operation, exception string, changes ...func(*login.Config)) func(*world) error {
	return func(w *world) error {
		w.fails(operation, exception)
		return w.login(changes...)
	}
}

// inBetween tries to sign in where something else answers.
func inBetween(operation string, h http.HandlerFunc) func(*world) error {
	return func(w *world) error {
		w.service.HandleNext(operation, h, 99)
		return w.login()
	}
}

// briefly signs in with a context that ends after a minute.
func briefly(changes ...func(*login.Config)) func(*world) error {
	return func(w *world) error {
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute)
		defer cancel()
		_, err := w.session(changes...).Login(ctx)
		return err
	}
}

var deviceSituations = []situation{
	{name: "the wrong region, or start URL", provoke: failing("StartDeviceAuthorization", "InvalidRequestException")},
	{name: "the wrong region, in the service's other words", provoke: failing("StartDeviceAuthorization", "UnauthorizedClientException")},
	{name: "a start URL of another region", provoke: failing("StartDeviceAuthorization", "InvalidRequestException", func(c *login.Config) {
		c.StartURL = "https://ssoins-1234.eu-west-1.portal.amazonaws.com"
	})},
	{name: "a region that does not exist, or no network", provoke: func(w *world) error {
		return w.login(func(c *login.Config) { c.Region, c.HTTPClient = "us-east-11", broken(noDNS) })
	}},
	{name: "denied", provoke: func(w *world) error {
		return w.login(func(c *login.Config) {
			c.Prompt = func(_ context.Context, c login.Challenge) error { return w.service.Deny(c.UserCode) }
		})
	}},
	{name: "nobody confirms the code", provoke: func(w *world) error { return w.login() }},
	{name: "the code has run out, says the service", provoke: failing("CreateToken", "ExpiredTokenException")},
	{name: "the code runs out while nothing answers", provoke: inBetween("CreateToken", body(http.StatusServiceUnavailable, ""))},
	{name: "the client is not welcome", provoke: failing("RegisterClient", "InvalidClientMetadataException")},
	{name: "a scope that the service does not know", provoke: failing("RegisterClient", "InvalidScopeException")},
	{name: "too many requests", provoke: failing("StartDeviceAuthorization", "SlowDownException")},
	{name: "the service has a problem", provoke: failing("RegisterClient", "InternalServerException")},
	{name: "the device code is not known", provoke: failing("CreateToken", "InvalidGrantException")},
	{name: "the client is not known", provoke: failing("StartDeviceAuthorization", "InvalidClientException")},
	{name: "a proxy's page", provoke: inBetween("RegisterClient", page(http.StatusForbidden))},
	{name: "a proxy's page that repeats the request", provoke: inBetween("CreateToken", echo(http.StatusForbidden))},
	{name: "a captive portal's page", provoke: inBetween("StartDeviceAuthorization", page(http.StatusOK))},
	{name: "certificates that are not there", provoke: func(w *world) error {
		w.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
		return w.login(func(c *login.Config) { c.HTTPClient = nil })
	}},
	{name: "the prompt fails", provoke: func(w *world) error {
		return w.login(func(c *login.Config) {
			c.Prompt = func(context.Context, login.Challenge) error { return errors.New("the window is closed") }
		})
	}},
	{name: "a terminal without output", provoke: func(w *world) error {
		return w.login(func(c *login.Config) { c.Prompt = login.Terminal(nil, nil) })
	}},
	{name: "the prompt ends its goroutine", provoke: func(w *world) error {
		return w.login(func(c *login.Config) {
			c.Prompt = func(context.Context, login.Challenge) error { runtime.Goexit(); return nil }
		})
	}},
	{name: "interrupted", provoke: func(w *world) error {
		ctx, cancel := context.WithCancel(w.Context())
		_, err := w.session(func(c *login.Config) {
			c.Prompt = func(context.Context, login.Challenge) error { cancel(); return nil }
		}).Login(ctx)
		return err
	}},
	{name: "the caller waits only a minute", provoke: briefly()},
	{name: "the caller waits only a minute for another sign-in", provoke: func(w *world) error {
		other, stop := context.WithCancel(w.Context())
		defer stop()
		s := w.session()
		go s.Login(other)
		time.Sleep(time.Second)
		return briefly()(w)
	}},
	{name: "a client of the program's own without a registration", provoke: mocked(&mock{operation: "RegisterClient"})},
	{name: "a client of the program's own without a device code", provoke: mocked(&mock{operation: "StartDeviceAuthorization"})},
	{name: "a client of the program's own without a token", provoke: mocked(&mock{operation: "CreateToken"})},
}

// mocked signs in with a client whose one operation is an empty one.
func mocked(m *mock, changes ...func(*login.Config)) func(*world) error {
	return func(w *world) error {
		m := *m
		m.API = w.client()
		return w.login(append(changes, func(c *login.Config) { c.Client = &m })...)
	}
}

// mock is a client of the program's own, one of whose operations gives neither a result nor an error.
type mock struct {
	login.API
	operation string
}

func (m *mock) RegisterClient(ctx context.Context, in *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
	if m.operation == "RegisterClient" {
		return nil, nil
	}
	return m.API.RegisterClient(ctx, in)
}

func (m *mock) StartDeviceAuthorization(ctx context.Context, in *ssooidc.StartDeviceAuthorizationRequest) (*ssooidc.StartDeviceAuthorizationResponse, error) {
	if m.operation == "StartDeviceAuthorization" {
		return nil, nil
	}
	return m.API.StartDeviceAuthorization(ctx, in)
}

func (m *mock) CreateToken(ctx context.Context, in *ssooidc.CreateTokenRequest) (*ssooidc.CreateTokenResponse, error) {
	if m.operation == "CreateToken" {
		return nil, nil
	}
	return m.API.CreateToken(ctx, in)
}

func (m *mock) AuthorizeURL(in *ssooidc.AuthorizeURLRequest) (string, error) {
	if m.operation == "AuthorizeURL" {
		return "", nil
	}
	return m.API.AuthorizeURL(in)
}

// inBrowser signs in with a browser that does this with the address that it is to open.
func inBrowser(browse func(s *ssooidctest.Service, address string) error) func(*world) error {
	return func(w *world) error {
		ctx, cancel := context.WithTimeout(w.Context(), time.Minute) // for a test that hangs
		defer cancel()
		_, err := w.session(func(c *login.Config) {
			c.Flow = login.FlowBrowser
			c.Browse = func(_ context.Context, address string) error { return browse(w.service, address) }
		}).Login(ctx)
		return err
	}
}

// visit is a browser whose person approves.
func visit(s *ssooidctest.Service, address string) error { return s.Visit(address) }

// comesBack is a browser that comes back with this query, and the state of the sign-in where the query is to have one.
func comesBack(query ...string) func(*ssooidctest.Service, string) error {
	return func(_ *ssooidctest.Service, address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		var all error
		for _, q := range query {
			q = strings.ReplaceAll(q, "STATE", u.Query().Get("state"))
			resp, err := http.Get(u.Query().Get("redirect_uri") + "?" + q)
			if err == nil {
				resp.Body.Close()
			}
			all = errors.Join(all, err)
		}
		return all
	}
}

var browserSituations = []situation{
	{name: "denied", onSockets: true, provoke: inBrowser(func(s *ssooidctest.Service, address string) error { return s.VisitDeny(address) })},
	{name: "denied by a policy, at the exchange", onSockets: true, provoke: func(w *world) error {
		w.fails("CreateToken", "AccessDeniedException")
		return inBrowser(visit)(w)
	}},
	{name: "the code has run out, says the service", onSockets: true, provoke: func(w *world) error {
		w.fails("CreateToken", "InvalidGrantException")
		return inBrowser(visit)(w)
	}},
	{name: "the browser comes back with a scope error", onSockets: true,
		provoke: inBrowser(comesBack("state=STATE&error=invalid_scope&error_description=Not+yours"))},
	{name: "the browser comes back with the service's problem", onSockets: true,
		provoke: inBrowser(comesBack("state=STATE&error=server_error"))},
	{name: "the browser comes back with a forgotten client", onSockets: true,
		provoke: inBrowser(comesBack("state=STATE&error=unauthorized_client"))},
	{name: "the browser comes back with another error", onSockets: true,
		provoke: inBrowser(comesBack("state=STATE&error=invalid_request&error_description=No+such+instance"))},
	{name: "an error that may be a stranger's comes first", onSockets: true,
		provoke: inBrowser(comesBack("error=server_error&error_description=Unsure", "state=STATE&error=access_denied"))},
	{name: "the caller leaves", onSockets: true, provoke: func(w *world) error {
		ctx, cancel := context.WithCancel(w.Context())
		_, err := w.session(func(c *login.Config) {
			c.Flow = login.FlowBrowser
			c.Prompt = func(context.Context, login.Challenge) error { cancel(); return nil }
		}).Login(ctx)
		return err
	}},
	{name: "a proxy's page that repeats the code", onSockets: true, provoke: func(w *world) error {
		w.service.HandleNext("CreateToken", echo(http.StatusForbidden), 99)
		return inBrowser(visit)(w)
	}},
	{name: "the port is taken", onSockets: true, provoke: func(w *world) error {
		taken, err := net.Listen("tcp4", "127.0.0.1:0")
		w.must(err)
		defer taken.Close()
		return w.login(func(c *login.Config) {
			c.Flow, c.RedirectPort = login.FlowBrowser, taken.Addr().(*net.TCPAddr).Port
		})
	}},
	{name: "the wrong region, or start URL", onSockets: true, provoke: failing("RegisterClient", "InvalidRequestException", func(c *login.Config) {
		c.Flow = login.FlowBrowser
	})},
	{name: "a client of the program's own without an address", onSockets: true, provoke: mocked(&mock{operation: "AuthorizeURL"}, func(c *login.Config) {
		c.Flow = login.FlowBrowser
	})},
}

// submitted is what Submit says to an address that is made of where the browser would go.
func submitted(address func(redirect *url.URL) string) func(*world) error {
	return func(w *world) (said error) {
		w.must(w.login(func(c *login.Config) {
			c.Flow = login.FlowBrowser
			c.Prompt = func(_ context.Context, c login.Challenge) error {
				redirect, err := w.service.Redirect(c.URL)
				if err != nil {
					return err
				}
				u, err := url.Parse(redirect)
				if err != nil {
					return err
				}
				if said = c.Submit(address(u)); said == nil {
					said = c.Submit(redirect) // a second time
					return nil
				}
				return c.Submit(redirect)
			}
		}))
		return said
	}
}

// with is an address with another value in its query.
func with(u *url.URL, name, value string) string {
	changed, q := *u, u.Query()
	q.Set(name, value)
	if name == "error" {
		q.Del("code")
	}
	changed.RawQuery = q.Encode()
	return changed.String()
}

var submitSituations = []situation{
	{name: "not an address", onSockets: true, provoke: submitted(func(*url.URL) string { return "yes" })},
	{name: "half of the address", onSockets: true, provoke: submitted(func(u *url.URL) string { return u.Scheme + "://" + u.Host + u.Path })},
	{name: "an address with an error", onSockets: true, provoke: submitted(func(u *url.URL) string { return with(u, "error", "server_error") })},
	{name: "the address of another sign-in", onSockets: true, provoke: submitted(func(u *url.URL) string { return with(u, "state", planted) })},
	{name: "the address a second time", onSockets: true, provoke: submitted(func(u *url.URL) string { return u.String() })},
}

// readOnly is a cache that can be read only, or not even that.
type readOnly struct {
	tokencache.Store
	load error
}

func (r readOnly) Load(ctx context.Context, key string) ([]byte, error) {
	if r.load != nil {
		return nil, r.load
	}
	return r.Store.Load(ctx, key)
}

func (readOnly) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return false, errReadOnly
}

func (readOnly) TryLock(context.Context, string) (func(), bool, error) {
	return nil, false, errReadOnly
}

// hung is a store whose reads end with their context.
type hung struct{ tokencache.Store }

func (h hung) Load(ctx context.Context, key string) ([]byte, error) {
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Hour {
		return h.Store.Load(ctx, key) // the first look is the caller's own
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// unreadable is a store of which only the reading fails.
type unreadable struct {
	tokencache.Store
	why error
}

func (u unreadable) Load(context.Context, string) ([]byte, error) { return nil, u.why }

var errReadOnly = fmt.Errorf("%w: unlinkat k.json: read-only file system", tokencache.ErrReadOnly)

// ours asks for a token where the cache has an entry of this session's.
func ours(changes ...func(*tokencache.Token)) func(*world) error {
	return func(w *world) error { return w.token(entry(changes...)) }
}

// entry is one that expired an hour ago, and could be refreshed.
func entry(changes ...func(*tokencache.Token)) tokencache.Token {
	t := tokencache.Token{
		StartURL: startURL, Region: region, AccessToken: planted + "AccessToken", ExpiresAt: time.Now().Add(-time.Hour),
		RefreshToken: planted + "RefreshToken", ClientID: "client", ClientSecret: planted + "ClientSecret",
		RegistrationExpiresAt: time.Now().Add(time.Hour),
	}
	for _, change := range changes {
		change(&t)
	}
	return t
}

// refreshing asks for a token that has expired, where the refresh fails.
func refreshing(exception string) func(*world) error {
	return func(w *world) error {
		s := w.expired()
		w.fails("CreateToken", exception)
		_, err := s.Token(w.Context())
		return err
	}
}

var tokenSituations = []situation{
	{name: "nobody has signed in", provoke: func(w *world) error {
		_, err := w.session().Token(w.Context())
		return err
	}},
	{name: "nobody has signed in, asks the AWS SDK", provoke: func(w *world) error {
		_, err := w.session().RetrieveBearerToken(w.Context())
		return err
	}},
	{name: "nobody has signed in to a session without a name", provoke: func(w *world) error {
		_, err := w.session(func(c *login.Config) { c.Name = "" }).Token(w.Context())
		return err
	}},
	{name: "an entry that is torn", provoke: func(w *world) error { return w.token(`{"accessToken":"` + planted) }},
	{name: "an entry of another start URL", provoke: ours(func(t *tokencache.Token) { t.StartURL = "https://d-0987654321.awsapps.com/start" })},
	{name: "a legacy profile whose token has expired", provoke: func(w *world) error {
		return w.token(entry(), func(c *login.Config) { c.Legacy = true })
	}},
	{name: "no refresh token", provoke: ours(func(t *tokencache.Token) { t.RefreshToken = "" })},
	{name: "an expired registration", provoke: ours(func(t *tokencache.Token) { t.RegistrationExpiresAt = time.Now().Add(-time.Minute) })},
	{name: "the session is over, says the service", provoke: refreshing("InvalidGrantException")},
	{name: "the registration is over, says the service", provoke: refreshing("InvalidClientException")},
	{name: "the registration is not for this, says the service", provoke: refreshing("UnauthorizedClientException")},
	{name: "the person is not welcome any more", provoke: refreshing("AccessDeniedException")},
	{name: "the refresh token has expired", provoke: refreshing("ExpiredTokenException")},
	{name: "the scopes are not allowed any more", provoke: refreshing("InvalidScopeException")},
	{name: "the service has a problem", provoke: refreshing("InternalServerException")},
	{name: "no network", provoke: func(w *world) error {
		w.expired()
		_, err := w.session(func(c *login.Config) { c.HTTPClient = broken(noDNS) }).Token(w.Context())
		return err
	}},
	{name: "a proxy's page", provoke: func(w *world) error {
		s := w.expired()
		w.service.HandleNext("CreateToken", page(http.StatusForbidden), 99)
		_, err := s.Token(w.Context())
		return err
	}},
	{name: "a token that was refused, and no network", provoke: func(w *world) error {
		s := w.signedIn()
		token, err := s.Token(w.Context())
		w.must(err)
		w.service.HandleNext("CreateToken", drop, 99)
		_, err = s.Refresh(w.Context(), token.AccessToken)
		return err
	}},
	{name: "a token that was refused, and is issued again", provoke: func(w *world) error {
		s := w.signedIn()
		token, err := s.Token(w.Context())
		w.must(err)
		w.service.HandleNext("CreateToken", func(rw http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(rw, `{"accessToken":%q,"expiresIn":3600}`, token.AccessToken)
		}, 1)
		_, err = s.Refresh(w.Context(), token.AccessToken)
		return err
	}},
	{name: "another process holds the lock", provoke: func(w *world) error {
		s := w.expired()
		unlock, ok, err := w.cache.TryLock(w.Context(), tokencache.TokenKey("dev"))
		if !ok || err != nil {
			w.Fatal(ok, err)
		}
		defer unlock()
		_, err = s.Token(w.Context())
		return err
	}},
	{name: "the caller's time is over", provoke: func(w *world) error {
		s := w.expired()
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		_, err := s.Token(ctx)
		return err
	}},
	{name: "a cache that can't be read", provoke: func(w *world) error {
		_, err := w.session(func(c *login.Config) {
			c.Cache = readOnly{w.cache, errors.New("open k.json: permission denied")}
		}).Token(w.Context())
		return err
	}},
	{name: "a cache that does not answer", provoke: func(w *world) error {
		w.expired()
		_, err := w.session(func(c *login.Config) { c.Cache = hung{w.cache} }).Token(w.Context())
		return err
	}},
	{name: "a session that New did not make", provoke: func(w *world) error {
		_, err := new(login.Session).Token(w.Context())
		return err
	}},
	{name: "a cache that can only be read", provoke: func(w *world) error {
		w.expired()
		_, err := w.session(func(c *login.Config) { c.Cache = readOnly{Store: w.cache} }).Token(w.Context())
		return err
	}},
	{name: "a cache whose code has a mistake", provoke: func(w *world) error {
		_, err := w.session(func(c *login.Config) { c.Cache = panicking{w.cache, nil} }).Token(w.Context())
		return err
	}},
	{name: "a cache that panics", provoke: func(w *world) error {
		_, err := w.session(func(c *login.Config) { c.Cache = panicking{w.cache, planted} }).Token(w.Context())
		return err
	}},
	{name: "to close while the service does not answer", provoke: func(w *world) error {
		s := w.expired()
		w.service.HandleNext("CreateToken", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 99)
		ctx, cancel := context.WithTimeout(w.Context(), time.Second)
		defer cancel()
		_, err := s.Token(ctx)
		if err == nil {
			return nil
		}
		err = s.Close()
		time.Sleep(time.Hour) // it has ended
		return err
	}},
	{name: "a sign-in that can't be saved", provoke: func(w *world) error {
		return unsaved(w, readOnly{Store: w.cache})
	}},
	{name: "a sign-in while another tool keeps writing", provoke: func(w *world) error {
		return unsaved(w, stale{w.cache})
	}},
	{name: "a sign-in that was not saved before another tool wrote", provoke: func(w *world) error {
		return unsaved(w, &overtaken{Store: w.cache})
	}},
}

// unsaved signs in, and returns what a program is told when it is closed.
func unsaved(w *world, cache tokencache.Store) error {
	w.service = ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	s := w.session(func(c *login.Config) { c.Cache = cache; c.Flow = login.FlowDeviceCode })
	if _, err := s.Login(w.Context()); err != nil {
		w.Fatal(err)
	}
	return s.Close()
}

// panicking is a store whose code panics: with a value, or by a mistake if that
// is nil.
type panicking struct {
	tokencache.Store
	with any
}

func (p panicking) Load(_ context.Context, key string) ([]byte, error) {
	if p.with == nil {
		_ = key[len(key)] // beyond its end
	}
	panic(p.with)
}

// overtaken is a store in which another tool writes while a save fails.
type overtaken struct{ tokencache.Store }

func (o *overtaken) CompareAndSwap(ctx context.Context, key string, old, new []byte) (bool, error) {
	data := []byte(`{"startUrl":"` + startURL + `","region":"us-east-1","accessToken":"theirs","expiresAt":"2100-01-01T00:00:00Z"}`)
	if key != tokencache.TokenKey("dev") {
		return o.Store.CompareAndSwap(ctx, key, old, new)
	}
	_, err := o.Store.CompareAndSwap(ctx, key, old, data)
	return false, errors.Join(err, errors.New("disk full"))
}

// signingOut signs out where the portal answers so.
func signingOut(h http.HandlerFunc, changes ...func(*login.Config)) func(*world) error {
	return func(w *world) error {
		w.signedIn()
		s := w.session(changes...)
		w.service.HandleNext("Logout", h, 99)
		return s.Logout(w.Context())
	}
}

var logoutSituations = []situation{
	{name: "the caller's time is over", provoke: func(w *world) error {
		ctx, cancel := context.WithCancel(w.Context())
		cancel()
		return w.session().Logout(ctx)
	}},
	{name: "a cache that can't be read", provoke: func(w *world) error {
		w.signedIn()
		return w.session(func(c *login.Config) {
			c.Cache = unreadable{w.cache, errors.New("open k.json: permission denied")}
		}).Logout(w.Context())
	}},
	{name: "a torn entry", provoke: func(w *world) error {
		w.must(set(w.Context(), w.cache, tokencache.TokenKey("dev"), []byte("{")))
		return w.session().Logout(w.Context())
	}},
	{name: "an expired token, and a service that has a problem", provoke: func(w *world) error {
		s := w.expired()
		w.service.FailNext("CreateToken", "InternalServerException", 99)
		return s.Logout(w.Context())
	}},
	{name: "the portal has a problem", provoke: signingOut(body(http.StatusServiceUnavailable, "", "X-Amzn-Requestid", "1a2b"))},
	{name: "a proxy's page", provoke: signingOut(page(http.StatusForbidden))},
	{name: "a proxy's page, as if all were well", provoke: signingOut(page(http.StatusOK))},
	{name: "no network", provoke: func(w *world) error {
		w.signedIn()
		return w.session(func(c *login.Config) { c.HTTPClient = broken(noDNS) }).Logout(w.Context())
	}},
	{name: "the portal does not answer", provoke: signingOut(drop)},
	{name: "a read-only cache", provoke: func(w *world) error {
		w.signedIn()
		return w.session(func(c *login.Config) { c.Cache = readOnly{Store: w.cache} }).Logout(w.Context())
	}},
	{name: "a read-only cache, and the portal has a problem", provoke: func(w *world) error {
		return signingOut(body(http.StatusServiceUnavailable, ""), func(c *login.Config) { c.Cache = readOnly{Store: w.cache} })(w)
	}},
}
