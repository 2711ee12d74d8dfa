package login_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	startURL = "https://d-0123456789.awsapps.com/start"
	region   = "us-east-1"
)

// config is a session with the service, in process, whose cache is in memory and whose prompt does nothing.
func config(service *ssooidctest.Service) login.Config {
	client := service.HTTPClient()
	services.Store(client, service)
	return login.Config{
		Name:       "dev",
		StartURL:   startURL,
		Region:     region,
		Flow:       login.FlowDeviceCode,
		Prompt:     func(context.Context, login.Challenge) error { return nil },
		Browse:     func(context.Context, string) error { return nil },
		Cache:      new(tokencache.Memory),
		HTTPClient: client,
	}
}

// services are those of config and server, by the HTTP client or the endpoint that leads there, so that each session knows the
// secrets that must be in no text.
var services sync.Map

func newSession(t testing.TB, cfg login.Config) *scanned {
	t.Helper()
	s, err := login.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	made := &scanned{Session: s, t: t}
	key := any(cfg.Endpoint)
	if c, ok := cfg.HTTPClient.(*http.Client); ok {
		key = c
	}
	if service, ok := services.Load(key); ok {
		made.service = service.(*ssooidctest.Service)
	}
	if cfg.Logger != nil {
		if log, ok := cfg.Logger.Handler().(fmt.Stringer); ok {
			t.Cleanup(func() { made.scan(log.String()) })
		}
	}
	return made
}

// scanned is a session whose errors, and whose log, are scanned for secrets.
type scanned struct {
	*login.Session
	t       testing.TB
	service *ssooidctest.Service // nil: not known

	mu   sync.Mutex
	seen []string // access tokens
}

func (s *scanned) Login(ctx context.Context) (login.Token, error) {
	token, err := s.Session.Login(ctx)
	return s.check(token, err)
}

func (s *scanned) Token(ctx context.Context) (login.Token, error) {
	token, err := s.Session.Token(ctx)
	return s.check(token, err)
}

func (s *scanned) Refresh(ctx context.Context, refused string) (login.Token, error) {
	token, err := s.Session.Refresh(ctx, refused)
	return s.check(token, err)
}

func (s *scanned) Logout(ctx context.Context) error {
	_, err := s.check(login.Token{}, s.Session.Logout(ctx))
	return err
}

func (s *scanned) check(token login.Token, err error) (login.Token, error) {
	if err != nil {
		s.scan(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if token.AccessToken != "" && !slices.Contains(s.seen, token.AccessToken) {
		s.seen = append(s.seen, token.AccessToken)
	}
	return token, err
}

// scan looks for each secret that has gone to the service, or come from it, in what is shown.
func (s *scanned) scan(shown any) {
	s.t.Helper()
	text := fmt.Sprintf("%v %+v %#v", shown, shown, shown)
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.seen
	if s.service != nil {
		list = append(secrets(s.t, s.service), list...)
	}
	for _, secret := range list {
		if len(secret) >= 8 && strings.Contains(text, secret) {
			s.t.Errorf("a secret is in the text: %s", text)
		}
	}
}

// times are when requests of an operation arrived, in whole seconds since a moment.
func times(t testing.TB, service *ssooidctest.Service, operation string, since time.Time) []int {
	t.Helper()
	var list []int
	for _, r := range service.Requests() {
		if r.Operation != operation {
			continue
		}
		after := r.Time.Sub(since)
		if after%time.Second != 0 {
			t.Errorf("a %s came %v after the start, between two seconds", operation, after)
		}
		list = append(list, int(after/time.Second))
	}
	return list
}

func count(service *ssooidctest.Service, operation string) int {
	n := 0
	for _, r := range service.Requests() {
		if r.Operation == operation {
			n++
		}
	}
	return n
}

// altered answers as the service would, with some fields of the JSON changed; nil removes one.
func altered(service *ssooidctest.Service, change map[string]any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		rec := httptest.NewRecorder()
		service.ServeHTTP(rec, r)
		var fields map[string]any
		if err := json.Unmarshal(rec.Body.Bytes(), &fields); err != nil {
			panic(err)
		}
		for name, value := range change {
			fields[name] = value
			if value == nil {
				delete(fields, name)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(rec.Code)
		if err := json.NewEncoder(w).Encode(fields); err != nil {
			panic(err)
		}
	}
}

// prompts records the challenges that a person was shown.
type prompts struct {
	mu   sync.Mutex
	list []login.Challenge
}

func (p *prompts) prompt(_ context.Context, c login.Challenge) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, c)
	return nil
}

func (p *prompts) all() []login.Challenge {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.list
}

// logs is a logger that tests can read.
type logs struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logs) logger() *slog.Logger {
	return slog.New(told{slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}), l})
}

// told is a handler whose text newSession scans when the test is over.
type told struct {
	slog.Handler
	*logs
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// count is how often a line holds all the words.
func (l *logs) count(words ...string) int {
	n := 0
lines:
	for line := range strings.Lines(l.String()) {
		for _, w := range words {
			if !strings.Contains(line, w) {
				continue lines
			}
		}
		n++
	}
	return n
}

// secrets are what the service has handed out, and what no text may hold.
func secrets(t testing.TB, service *ssooidctest.Service) []string {
	t.Helper()
	var list []string
	for _, r := range service.Requests() {
		var fields map[string]any
		if json.Unmarshal(r.Body, &fields) != nil {
			continue
		}
		for _, name := range []string{"clientSecret", "deviceCode", "code", "codeVerifier", "refreshToken"} {
			if text, ok := fields[name].(string); ok && text != "" {
				list = append(list, text)
			}
		}
	}
	return list
}

func checkNoSecret(t testing.TB, service *ssooidctest.Service, texts ...any) {
	t.Helper()
	var all strings.Builder
	for _, text := range texts {
		fmt.Fprintf(&all, "%v\n%+v\n%#v\n", text, text, text)
	}
	for _, s := range secrets(t, service) {
		if strings.Contains(all.String(), s) {
			t.Errorf("a secret is in the text:\n%s", all.String())
		}
	}
}

// hostRecorder records which hosts are asked.
type hostRecorder struct {
	*http.Client
	list []string
}

func newHostRecorder(c *http.Client) *hostRecorder { return &hostRecorder{Client: c} }

func (h *hostRecorder) Do(r *http.Request) (*http.Response, error) {
	h.list = append(h.list, r.URL.Host)
	return h.Client.Do(r)
}

// faulty is a store some of whose methods fail.
type faulty struct {
	tokencache.Store
	load, save, delete, lock error
}

func (f *faulty) Load(ctx context.Context, key string) ([]byte, error) {
	if f.load != nil {
		return nil, f.load
	}
	return f.Store.Load(ctx, key)
}

func (f *faulty) CompareAndSwap(ctx context.Context, key string, old, next []byte) (bool, error) {
	switch {
	case next == nil && f.delete != nil:
		return false, f.delete
	case next != nil && f.save != nil:
		return false, f.save
	}
	return f.Store.CompareAndSwap(ctx, key, old, next)
}

func (f *faulty) TryLock(ctx context.Context, key string) (func(), bool, error) {
	if f.lock != nil {
		return nil, false, f.lock
	}
	return f.Store.TryLock(ctx, key)
}

var tokenKey = tokencache.TokenKey("dev")

// stored is the token in a cache, as other tools see it.
func stored(t testing.TB, store tokencache.Store) tokencache.Token {
	t.Helper()
	data, err := store.Load(t.Context(), tokenKey)
	if err != nil {
		t.Fatal(err)
	}
	var token tokencache.Token
	if err := json.Unmarshal(data, &token); err != nil {
		t.Fatal(err)
	}
	delete(token.Extra, "ssooidcGo") // ours: see member
	if len(token.Extra) == 0 {
		token.Extra = nil
	}
	return token
}

// member is what only we keep in an entry; "" if it is another tool's.
func member(t testing.TB, store tokencache.Store) string {
	t.Helper()
	data, err := store.Load(t.Context(), tokenKey)
	if err != nil {
		t.Fatal(err)
	}
	var token tokencache.Token
	if err := json.Unmarshal(data, &token); err != nil {
		t.Fatal(err)
	}
	return string(token.Extra["ssooidcGo"])
}

// store puts a token in a cache.
func store(t testing.TB, store tokencache.Store, token tokencache.Token) {
	t.Helper()
	data, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	put(t, store, tokenKey, data)
}

// signIn signs in to a new session, and returns its token too.
func signIn(t testing.TB, cfg login.Config) (*scanned, login.Token) {
	t.Helper()
	session := newSession(t, cfg)
	token, err := session.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return session, token
}

// approving is a service whose person approves at once.
func approving() *ssooidctest.Service {
	return ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
}

// refreshes counts the refresh requests.
func refreshes(service *ssooidctest.Service) int {
	n := 0
	for _, r := range service.Requests() {
		if r.Operation == "CreateToken" && strings.Contains(string(r.Body), `"grantType":"refresh_token"`) {
			n++
		}
	}
	return n
}

// slow is a store that a test can hold up: after it has read, and before it writes.
type slow struct {
	tokencache.Store
	loaded, saving func(key string) // nil: not held up
}

func (s *slow) Load(ctx context.Context, key string) ([]byte, error) {
	data, err := s.Store.Load(ctx, key)
	if s.loaded != nil {
		s.loaded(key)
	}
	return data, err
}

func (s *slow) CompareAndSwap(ctx context.Context, key string, old, next []byte) (bool, error) {
	if s.saving != nil && next != nil {
		s.saving(key)
	}
	return s.Store.CompareAndSwap(ctx, key, old, next)
}

// put replaces whatever is in a cache, as a tool without locks does. nil data
// removes it.
func put(t testing.TB, store tokencache.Store, key string, data []byte) {
	t.Helper()
	old, err := store.Load(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	if swapped, err := store.CompareAndSwap(context.Background(), key, old, data); !swapped || err != nil {
		t.Fatalf("CompareAndSwap: %t, %v", swapped, err)
	}
}
