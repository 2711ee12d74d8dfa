package faults_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	startURL = "https://d-0123456789.awsapps.com/start"
	region   = "us-east-1"
)

var (
	tokenKey        = tokencache.TokenKey("dev")
	registrationKey = tokencache.RegistrationKey(startURL, region, nil, "dev")
)

// flow is something that a program does.
type flow struct {
	name    string
	listens bool // on a port of its own, meanwhile
	signs   bool // or can be made to
	run     func(context.Context, *scene) error
}

var (
	deviceCode = &flow{name: "device code", signs: true, run: signIn}
	browser    = &flow{name: "browser", signs: true, listens: true, run: signIn}
	refreshing = &flow{name: "refresh", signs: true, run: func(ctx context.Context, s *scene) (err error) {
		s.token, err = s.session.Token(ctx)
		return err
	}}
	signingOut = &flow{name: "sign-out", run: func(ctx context.Context, s *scene) error { return s.session.Logout(ctx) }}
	iam        = &flow{name: "IAM", signs: true, run: func(ctx context.Context, s *scene) error {
		out, err := s.api.CreateTokenWithIAM(ctx, &ssooidc.CreateTokenWithIAMRequest{
			ClientID:         "arn:aws:sso::111122223333:application/ssoins-1/apl-1",
			GrantType:        ssooidc.GrantTypeTokenExchange,
			SubjectToken:     s.before.AccessToken,
			SubjectTokenType: ssooidc.TokenTypeAccessToken,
		})
		if err == nil {
			s.token = login.Token{AccessToken: out.AccessToken, ExpiresAt: time.Now().Add(out.Lifetime())}
		}
		return err
	}}
)

func signIn(ctx context.Context, s *scene) (err error) {
	s.token, err = s.session.Login(ctx)
	return err
}

// step is a request of a flow.
type step struct {
	flow      *flow
	operation string
	after     int  // as many requests of the operation come before
	once      bool // the fault ends with the first request that meets it
	known     bool // the registration in the cache serves
}

var (
	deviceRegister  = step{flow: deviceCode, operation: "RegisterClient"}
	deviceAuthorize = step{flow: deviceCode, operation: "StartDeviceAuthorization"}
	deviceSilent    = step{flow: deviceCode, operation: "CreateToken", once: true, known: true}
	devicePoll      = step{flow: deviceCode, operation: "CreateToken", after: 1, known: true}
	browserRegister = step{flow: browser, operation: "RegisterClient"}
	browserExchange = step{flow: browser, operation: "CreateToken"}
	refreshToken    = step{flow: refreshing, operation: "CreateToken", known: true}
	signOut         = step{flow: signingOut, operation: "Logout", known: true}
	iamToken        = step{flow: iam, operation: "CreateTokenWithIAM", known: true}
)

var steps = []step{deviceRegister, deviceAuthorize, deviceSilent, devicePoll, browserRegister, browserExchange, refreshToken, signOut, iamToken}

func (s step) String() string {
	text := s.flow.name
	if s.operation != "" {
		text += " at " + s.operation
	}
	if s.after > 0 {
		text += " again"
	}
	return text
}

// last is what a flow that failed at the step has sent last; any request, where the fault is not at one.
func (s step) last() []string {
	if s.operation == "" {
		return operations
	}
	return []string{s.operation}
}

// scene is a flow about to be run: the service, the cache with the files of an earlier sign-in, and all that is said.
type scene struct {
	flow    *flow
	service *ssooidctest.Service
	client  *client
	folder  string
	session *login.Session
	api     *ssooidc.Client
	mend    func() // ends the fault

	before tokencache.Token // the earlier sign-in's
	files  map[string]string
	token  login.Token // what the flow got

	log, prompted text
}

// credentials sign. They are secret too, but for the key's ID.
var credentials = ssooidctest.Credentials{
	AccessKeyID: "AKIDPLANTED0", SecretAccessKey: "planted/s3cret+key", SessionToken: "planted/s3ssion+token",
}

func provide(context.Context) (aws.Credentials, error) {
	return aws.Credentials{
		AccessKeyID: credentials.AccessKeyID, SecretAccessKey: credentials.SecretAccessKey, SessionToken: credentials.SessionToken,
	}, nil
}

func newScene(t *testing.T, folder string, at step, f fault) *scene {
	t.Helper()
	s := &scene{flow: at.flow, folder: folder}
	s.service = ssooidctest.New(ssooidctest.Options{
		DeviceCodeLifetime: time.Minute,
		Rotation:           ssooidctest.RotationLenient, // an answer that is lost is no lost session
		Credentials:        credentials,
	})
	s.client = newClient(t, s.service, at, f)
	s.mend = s.client.mend
	logger := slog.New(slog.NewTextHandler(&s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	opts := ssooidc.Options{
		Region: region, HTTPClient: s.client, Logger: logger, SignAll: f.signs,
		Credentials: aws.CredentialsProviderFunc(provide),
	}
	cfg := s.config(logger)
	cfg.HTTPClient = s.client
	var err error
	if s.api, err = ssooidc.New(opts); err != nil {
		t.Fatal(err)
	}
	if f.signs {
		cfg.Client = s.api
	}
	if s.session, err = login.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.signedInBefore(t, at)
	if f.breakDisk != nil {
		s.mend = f.breakDisk(t, folder)
	}
	return s
}

// config is the flow's session, with a person who approves. What HTTPClient there is, the caller says.
func (s *scene) config(logger *slog.Logger) login.Config {
	show := login.Terminal(nil, &s.prompted)
	cfg := login.Config{
		Name: "dev", StartURL: startURL, Region: region,
		Cache:  tokencache.Dir{Path: s.folder},
		Logger: logger,
		Flow:   login.FlowDeviceCode,
		Browse: func(context.Context, string) error { return nil },
		Prompt: func(ctx context.Context, c login.Challenge) error {
			if c.UserCode != "" {
				if err := s.service.Approve(c.UserCode); err != nil {
					return err
				}
			}
			return show(ctx, c)
		},
	}
	if s.flow == browser {
		cfg.Flow = login.FlowBrowser
		cfg.Browse = func(_ context.Context, url string) error { return s.service.Visit(url) }
	}
	return cfg
}

// signedInBefore fills the cache: a token that has expired by the file (but for a sign-out), its registration, and a file
// of another tool.
func (s *scene) signedInBefore(t *testing.T, at step) {
	t.Helper()
	ctx := t.Context()
	api, err := ssooidc.New(ssooidc.Options{Region: region, HTTPClient: s.service.HTTPClient()})
	if err != nil {
		t.Fatal(err)
	}
	scopes := []string{ssooidc.ScopeAccountAccess}
	reg, err := api.RegisterClient(ctx, &ssooidc.RegisterClientRequest{ClientName: "before", ClientType: ssooidc.ClientTypePublic, Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	device, err := api.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationRequest{
		ClientID: reg.ClientID, ClientSecret: reg.ClientSecret, StartURL: startURL,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.service.Approve(device.UserCode); err != nil {
		t.Fatal(err)
	}
	issued, err := api.CreateToken(ctx, &ssooidc.CreateTokenRequest{
		ClientID: reg.ClientID, ClientSecret: reg.ClientSecret, GrantType: ssooidc.GrantTypeDeviceCode, DeviceCode: device.DeviceCode,
	})
	if err != nil {
		t.Fatal(err)
	}
	s.before = tokencache.Token{
		StartURL: startURL, Region: region,
		AccessToken: issued.AccessToken, RefreshToken: issued.RefreshToken,
		ExpiresAt: time.Now().Add(-time.Minute),
		ClientID:  reg.ClientID, ClientSecret: reg.ClientSecret, RegistrationExpiresAt: reg.ClientSecretExpiry(),
		Extra: map[string]json.RawMessage{"otherTool": json.RawMessage(`"planted-extra-field"`)},
	}
	if at.flow == signingOut {
		s.before.ExpiresAt = time.Now().Add(time.Hour)
	}
	registration := tokencache.Registration{
		ClientID: reg.ClientID, ClientSecret: reg.ClientSecret, ExpiresAt: reg.ClientSecretExpiry(), Scopes: scopes,
	}
	if !at.known {
		registration.ExpiresAt = time.Now().Add(24 * time.Hour)
	}
	s.store(t, tokenKey, s.before)
	s.store(t, registrationKey, registration)
	s.store(t, tokencache.TokenKey("another session"), tokencache.Token{AccessToken: "planted-other-token", ExpiresAt: time.Now()})
	s.files = s.read(t)
}

func (s *scene) store(t *testing.T, key string, v any) {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	// Indented, as no tool of ours does it: who writes the same again is found out.
	var b bytes.Buffer
	if err := json.Indent(&b, data, "", "   "); err != nil {
		t.Fatal(err)
	}
	dir := tokencache.Dir{Path: s.folder}
	old, err := dir.Load(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if swapped, err := dir.CompareAndSwap(t.Context(), key, old, b.Bytes()); !swapped || err != nil {
		t.Fatal(swapped, err)
	}
}

// run runs the flow.
func (s *scene) run(t *testing.T) error {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if s.flow.listens && s.client.fault.hangs { // in the world's time, where nothing that takes long is waited for
		deadline := &deadlineContext{Context: ctx, done: make(chan struct{})}
		ctx, cancel = deadline, sync.OnceFunc(func() { close(deadline.done) })
		defer cancel()
	}
	s.client.onCancel(cancel)
	s.token = login.Token{}
	return s.flow.run(ctx, s)
}

// deadlineContext is one whose deadline comes when the fault is met: no clock can tell how long a busy machine takes until
// then.
type deadlineContext struct {
	context.Context
	done chan struct{}
}

func (c *deadlineContext) Done() <-chan struct{} { return c.done }

func (c *deadlineContext) Err() error {
	select {
	case <-c.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// text is what a program writes, from any goroutine.
type text struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (t *text) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.Write(p)
}

func (t *text) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}
