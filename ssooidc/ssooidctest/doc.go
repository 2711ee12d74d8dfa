/*
Package ssooidctest is IAM Identity Center in memory, for tests: the sign-in
service and the access portal, as AWS's own clients use them. A test needs no
AWS account and no browser, and never waits:

	func TestDeviceCode(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // in here waiting takes no time
			service := ssooidctest.New(ssooidctest.Options{})
			session, err := login.New(login.Config{
				StartURL:   service.StartURL(),
				Region:     "us-east-1",
				Flow:       login.FlowDeviceCode,
				HTTPClient: service.HTTPClient(), // answered in memory
				Cache:      new(tokencache.Memory),
				Browse: func(context.Context, string) error {
					return nil // otherwise your browser opens
				},
				Prompt: func(_ context.Context, c login.Challenge) error {
					time.Sleep(5 * time.Minute) // the person takes a while
					return service.Approve(c.UserCode)
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := session.Login(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}

[New] makes a service. [Service.HTTPClient] returns a client that the service
answers, whatever the host: give it to the program under test. The service has
no clock of its own, so in a testing/synctest bubble its time is the bubble's.

The package imports the standard library only.

# The person

[Service.Approve] and [Service.Deny] answer a user code, and [Service.UserCodes]
returns the codes that wait for an answer. Options.Consent answers every
sign-in, at once or after Options.ConsentDelay.

In the browser flow [Service.Visit] is the browser and the person:

	func TestBrowser(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, err := login.New(login.Config{
			StartURL:   service.StartURL(),
			Region:     "us-east-1",
			Flow:       login.FlowBrowser,
			HTTPClient: service.HTTPClient(),
			Cache:      new(tokencache.Memory),
			Browse: func(_ context.Context, url string) error {
				return service.Visit(url)
			},
			Prompt: login.Terminal(nil, t.Output()),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Error(err)
		}
	}

[Service.VisitDeny] refuses. [Service.Redirect] returns the address that a
person would paste. Real people with real browsers use the pages /device and
/authorize.

# Things that go wrong

	// An exception, by its name on the wire.
	service.FailNext("CreateToken", "SlowDownException", 3)
	// Any other answer: a proxy's page, torn JSON, a delay.
	service.HandleNext("CreateToken", proxyPage, 1)
	// A dropped connection.
	service.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}, 1)
	service.Expire(userCode)    // a code, a token or a registration
	service.Revoke(accessToken) // one session
	service.EndSessions()       // all sessions

A handler of [Service.HandleNext] can call the service's ServeHTTP for the real
answer, and delay it, change it or lose it. [Service.Requests] returns what
arrived.

Options.Errors and Options.Rotation choose between services that a client may
meet. Errors come as the live service sends them, or as the OpenAPI description
of 2019 has them. A used refresh token stops working, still works, or is never
replaced. Test a client with each.

# The portal

Options.Accounts are the accounts and roles that the portal lists, and
Account.Fails makes an account refuse its roles. Options.PortalRate limits the
requests a second.

# A company's own start URL

[Service.HandleHost] lets a handler answer for another host. A company's address
is a redirect:

	start := http.RedirectHandler(service.StartURL(), http.StatusFound)
	service.HandleHost("sso.example.com", start)

# Real clients

[NewServer] listens on 127.0.0.1, with plain http. Two variables point a program
that uses this module, the AWS CLI (2.13 or later) and AWS's SDKs at it. If a
client needs TLS, serve [New]'s handler with a server of your own, and name its
certificate in AWS_CA_BUNDLE (for JavaScript, NODE_EXTRA_CA_CERTS):

	func TestProgram(t *testing.T) {
		program := filepath.Join(t.TempDir(), "sso.exe")
		build := exec.Command("go", "build", "-o", program,
			"github.com/ssooidc/ssooidc-go/examples/sso") // or your own
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		approves := ssooidctest.Options{Consent: ssooidctest.ConsentApprove}

		t.Run("plain http", func(t *testing.T) {
			server := ssooidctest.NewServer(approves)
			defer server.Close()
			signInWith(t, program, server.URL)
		})
		t.Run("TLS", func(t *testing.T) {
			server := httptest.NewTLSServer(ssooidctest.New(approves))
			defer server.Close()
			ca := filepath.Join(t.TempDir(), "ca.pem")
			block := &pem.Block{
				Type: "CERTIFICATE", Bytes: server.Certificate().Raw,
			}
			err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			signInWith(t, program, server.URL, "AWS_CA_BUNDLE="+ca)
		})
	}

	// signInWith runs the program with a home and an environment of its own:
	// it uses nothing of yours, and changes nothing of yours.
	func signInWith(t *testing.T, program, url string, more ...string) {
		home := t.TempDir()
		config := filepath.Join(home, "config")
		err := os.WriteFile(config, []byte(`
	[profile test]
	sso_session = test

	[sso-session test]
	sso_start_url = https://d-1234567890.awsapps.com/start
	sso_region = us-east-1
	sso_registration_scopes = sso:account:access
	`), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		env := append(more,
			"AWS_ENDPOINT_URL_SSO_OIDC="+url, // the service
			"AWS_ENDPOINT_URL_SSO="+url,      // the portal
			"AWS_CONFIG_FILE="+config, "HOME="+home, "USERPROFILE="+home,
			"CI=true", // no browser opens
		)
		for _, args := range [][]string{
			{"login", "-device", "-profile", "test"},
			{"roles", "-profile", "test"},
		} {
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", args, err, out)
			}
		}
	}

Options.Consent answers, because nobody reads what the program prints. A test
that reads it can call [Service.Approve] instead. The arguments of the AWS CLI
are sso login --no-browser --profile test.

Older clients accept only the service's own names. The module's
examples/fakeservice serves those too; it is a program to try a sign-in with by
hand.

# What it decides

The service does what the live one is documented or has been observed to do. The
rest is decided so:

  - Every https start URL is valid, unless Options.StartURL names one.
  - A scope must be sso:account:access, its older name sso-portal:*, or one of
    an AWS service that documents some. Options.Scopes adds others. A client
    with scopes can refresh for 90 days, and a client without them can't
    refresh.
  - A poll may come up to 50 ms early. After the person has answered, a poll
    gets the answer at any pace.
  - A redirect URI is http://127.0.0.1 with a path and no query. Its port is not
    compared. An error redirect carries the state.
  - The service forgets what expired more than a day ago. A device code is then
    unknown instead of expired.
  - An authorization code survives a failed exchange. A used refresh token under
    RotationStrict ends nothing but itself.
  - Without Options.Accounts the portal gives credentials for every account and
    role. A page holds 20 items, or max_result. The token of a page works for
    its own list only, and must be escaped in a query. An unknown account is a
    ResourceNotFoundException, a role that the account lacks is a
    ForbiddenException. Role credentials last an hour, and open nothing.
  - Options.PortalRate counts the requests of all four operations together,
    those with an invalid token included, and as many pass at once as in a
    second.
  - The portal answers a token whose scopes lack sso:account:access with an
    UnauthorizedException, but Logout takes it. A token without scopes needs
    none.
  - CreateTokenWithIAM takes any application's ARN or a registered client's ID,
    any JWT that has not expired, and any valid access token of this service as
    a subject. A signature may be five minutes off, and must cover the host and
    every X-Amz-* header.
  - Signatures of the other operations are not read, since they need none.

The secrets that the service issues are random, and open nothing elsewhere.
*/
package ssooidctest
