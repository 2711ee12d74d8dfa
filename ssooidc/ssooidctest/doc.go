/*
Package ssooidctest is IAM Identity Center's OIDC service in memory: a program's sign-in can be tested
without an AWS account, without a browser and without waiting.

It is the whole service and the portal beside it, as AWS's own clients use them: device code, browser and
refresh flows, CreateTokenWithIAM with its signature checked, accounts, roles and role credentials, logout.
It needs the standard library alone.

# In process

[New] makes a service, [Service.HTTPClient] a client that it answers, whatever the host. Give that client
to the program under test, and be the person yourself:

	func TestDeviceCode(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { // in here waiting takes no time
			service := ssooidctest.New(ssooidctest.Options{})
			session, err := login.New(login.Config{
				StartURL:   service.StartURL(),
				Region:     "us-east-1",
				Flow:       login.FlowDeviceCode,
				HTTPClient: service.HTTPClient(),
				Cache:      new(tokencache.Memory),
				Browse:     func(context.Context, string) error { return nil }, // else your browser opens
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

The service has no clock of its own and leaves no goroutine behind: in a testing/synctest bubble its time is
the bubble's, and ten minutes of polling or a session of ninety days take a test no time.

# The person

[Service.Approve] and [Service.Deny] answer for a user code; [Service.UserCodes] are those that wait.
Options.Consent answers every sign-in, at once or after Options.ConsentDelay. In the browser flow
[Service.Visit] is the browser and the person:

	func TestBrowser(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, err := login.New(login.Config{
			StartURL:   service.StartURL(),
			Region:     "us-east-1",
			Flow:       login.FlowBrowser,
			HTTPClient: service.HTTPClient(),
			Cache:      new(tokencache.Memory),
			Browse:     func(_ context.Context, url string) error { return service.Visit(url) },
			Prompt:     login.Terminal(nil, t.Output()),
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Error(err)
		}
	}

[Service.VisitDeny] says no, and [Service.Redirect] is for programs that take a pasted address. For real
people and real browsers there are pages at /device and /authorize.

# Things that go wrong

	service.FailNext("CreateToken", "SlowDownException", 3) // any exception, by its name on the wire
	service.HandleNext("CreateToken", proxyPage, 1)         // any other answer: HTML, torn JSON, a delay
	service.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler) // a dropped connection
	}, 1)
	service.Expire(userCode)    // a code, a token, a registration
	service.Revoke(accessToken) // a session

A handler of [Service.HandleNext] can call the service's ServeHTTP for the real answer, and do with it what
it likes. [Service.Requests] has what arrived, to be counted or looked into.

Options.Errors and Options.Rotation choose between services that a client may meet: errors as the live
service sends them or as the OpenAPI description of 2019 has them; refresh tokens that die when used, that
live on, or that are never replaced. A client is best tested with each.

# Real clients

[NewServer] listens on 127.0.0.1, with plain http. A program that uses this module, the AWS CLI (2.13 or later)
and AWS's SDKs are pointed at it by two variables. Where it has to be TLS, a server of your own serves
[New]'s handler, and AWS_CA_BUNDLE (for JavaScript, NODE_EXTRA_CA_CERTS) says whom to trust:

	func TestProgram(t *testing.T) {
		program := filepath.Join(t.TempDir(), "sso.exe")
		build := exec.Command("go", "build", "-o", program, "github.com/ssooidc/ssooidc-go/examples/sso") // or your own
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
			block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
			if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
			signInWith(t, program, server.URL, "AWS_CA_BUNDLE="+ca)
		})
	}

	// signInWith runs the program with a home and an environment of its own: nothing of yours is used or changed.
	func signInWith(t *testing.T, program, url string, more ...string) {
		home := t.TempDir()
		config := filepath.Join(home, "config")
		if err := os.WriteFile(config, []byte(`
	[profile test]
	sso_session = test

	[sso-session test]
	sso_start_url = https://d-1234567890.awsapps.com/start
	sso_region = us-east-1
	sso_registration_scopes = sso:account:access
	`), 0o600); err != nil {
			t.Fatal(err)
		}
		env := append(more,
			"AWS_ENDPOINT_URL_SSO_OIDC="+url, // the service
			"AWS_ENDPOINT_URL_SSO="+url,      // the portal
			"AWS_CONFIG_FILE="+config, "HOME="+home, "USERPROFILE="+home,
			"CI=true", // no browser opens
		)
		for _, args := range [][]string{{"login", "-device", "-profile", "test"}, {"roles", "-profile", "test"}} {
			cmd := exec.CommandContext(t.Context(), program, args...)
			cmd.Env = env
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %v\n%s", args, err, out)
			}
		}
	}

Options.Consent answers, since nobody reads what the program prints; a test that does can call
[Service.Approve] instead. With the AWS CLI as the program the arguments are sso login --no-browser --profile test.

Older clients accept only the service's own names: give the server a certificate for them, and let the
names resolve to it. The module's examples/fakeservice does that, as a program to try a sign-in with by hand.

# What it decides

Where the live service's behaviour is documented or has been observed, this one does the same. Otherwise:

  - Every https start URL is taken, unless Options.StartURL names one.
  - Scopes must be sso:account:access or belong to an AWS service that documents some; Options.Scopes adds
    others. A client with scopes may refresh for 90 days, one without them not at all.
  - A poll that comes up to 50 ms before its interval is over is not too fast. slow_down is a kind of
    pending: once the person has answered, the answer comes at any pace.
  - A redirect URI is http://127.0.0.1 with a path, and no query; the port is not compared. An error
    redirect carries the state.
  - What expired more than a day ago is forgotten: a device code is then unknown rather than expired.
  - An authorization code survives a failed exchange, and a used refresh token under RotationStrict ends
    nothing but itself.
  - Without Options.Accounts the portal gives credentials for any account and role. Pages of its lists hold 20
    items unless max_result says otherwise; an unknown account is a ResourceNotFoundException, a role
    that the account lacks a ForbiddenException. Role credentials last an hour, and open nothing.
  - A token whose scopes lack sso:account:access is an UnauthorizedException to the portal, except to
    sign out. One without any scope is not.
  - CreateTokenWithIAM takes any application's ARN, or a registered client's ID; any JWT that has not
    expired; any valid access token of this service as a subject. A signature may be five minutes off,
    and must cover the host and every X-Amz-* header.
  - Signatures of the other operations, which need none, are not looked at.

Secrets that the service issues are random, and good for nothing elsewhere.
*/
package ssooidctest
