/*
Package ssooidctest is IAM Identity Center's OIDC service in memory: a program's sign-in can be tested
without an AWS account, without a browser and without waiting.

It is the whole service and the portal beside it, as AWS's own clients use them: device code, browser and
refresh flows, CreateTokenWithIAM with its signature checked, accounts, roles and role credentials, logout.
It needs the standard library alone.

# In process

[New] makes a service, [Service.HTTPClient] a client that it answers, whatever the host. Give that client
to the program under test, and be the person yourself:

	func TestLogin(t *testing.T) {
		svc := ssooidctest.New(ssooidctest.Options{})
		session, err := login.New(login.Config{
			StartURL:   svc.StartURL(),
			Region:     "us-east-1",
			Flow:       login.FlowDeviceCode,
			HTTPClient: svc.HTTPClient(),
			Cache:      new(tokencache.Memory),
			Prompt: func(_ context.Context, c login.Challenge) error {
				return svc.Approve(c.UserCode)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
	}

The service has no clock of its own and leaves no goroutine behind: in a testing/synctest bubble its time is
the bubble's, and ten minutes of polling or a session of ninety days take a test no time.

# The person

[Service.Approve] and [Service.Deny] answer for a user code; [Service.UserCodes] are those that wait.
Options.Consent answers every sign-in, at once or after Options.ConsentDelay. In the browser flow
[Service.Visit] is the browser and the person; it can be all of a login.Config's Browse:

	Browse: func(_ context.Context, url string) error { return svc.Visit(url) },

[Service.VisitDeny] says no, and [Service.Redirect] is for programs that take a pasted address. For real
people and real browsers there are pages at /device and /authorize.

# Things that go wrong

	svc.FailNext("CreateToken", "SlowDownException", 3) // any exception, by its name on the wire
	svc.HandleNext("CreateToken", proxyPage, 1)         // any other answer: HTML, torn JSON, a delay
	svc.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)                     // a dropped connection
	}, 1)
	svc.Expire(userCode)                                // a code, a token, a registration
	svc.Revoke(accessToken)                             // a session

A handler of [Service.HandleNext] can call the service's ServeHTTP for the real answer, and do with it what
it likes. [Service.Requests] has what arrived, to be counted or looked into.

Options.Errors and Options.Rotation choose between services that a client may meet: errors as the live
service sends them or as the OpenAPI description of 2019 has them; refresh tokens that die when used, that
live on, or that are never replaced. A client is best tested with each.

# Real clients

[NewServer] listens on 127.0.0.1, with plain http. The AWS CLI (2.13 or later) and AWS's SDKs are pointed at it
by two variables:

	AWS_ENDPOINT_URL_SSO_OIDC=http://127.0.0.1:40123
	AWS_ENDPOINT_URL_SSO=http://127.0.0.1:40123

Older ones accept only the service's own names, over TLS: put [New]'s handler in a server of your own,
with a certificate for them, let the names resolve to it, and name its CA in AWS_CA_BUNDLE.

# What it decides

Where the live service's behaviour is documented or has been observed, this one does the same. Otherwise:

  - Every https start URL is taken, unless Options.StartURL names one.
  - Scopes must be sso:account:access or belong to an AWS service that documents some; Options.Scopes adds
    others. A client with scopes may refresh for 90 days, one without them not at all.
  - A poll that comes up to 50 ms before its interval is over is not too fast. slow_down is a kind of
    pending: once the person has answered, the answer comes at any pace.
  - A redirect URI is http://127.0.0.1 with a path, and no query; the port is not compared. An error
    redirect carries the state.
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
