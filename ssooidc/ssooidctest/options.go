package ssooidctest

import (
	"fmt"
	"slices"
	"time"
)

// Options configure a [Service]. The zero value is the live service as far as a test can have it, with a
// person who decides only when told to.
//
// Every lifetime and the interval are whole seconds, since that is how they are sent.
type Options struct {
	Errors   ErrorStyle // how errors are answered; default ErrorsLive
	Rotation Rotation   // what a refresh does to the refresh token; default RotationStrict

	Interval             time.Duration // between two polls with a device code; default 1 s
	DeviceCodeLifetime   time.Duration // default 10 minutes
	CodeLifetime         time.Duration // of an authorization code; default 10 minutes (RFC 6749 section 4.1.2's most)
	TokenLifetime        time.Duration // of an access token; default 1 hour, 8 hours where the client registered no scopes
	SessionLifetime      time.Duration // of a sign-in: until then it can be refreshed; default 90 days
	RegistrationLifetime time.Duration // default 90 days

	// Consent answers for the person. By default nobody answers before Approve, Deny, Visit, VisitDeny or
	// the pages are used.
	Consent      Consent
	ConsentDelay time.Duration // how long the person of ConsentApprove and ConsentDeny takes; default none

	// StartURL is the one start URL that the service knows, an https address; a trailing "/", "#" or "#/"
	// makes no difference. By default the service takes every https address, and one below its own.
	StartURL string

	// Scopes can be registered besides those that AWS documents, such as sso:account:access, openid or
	// codewhisperer:completions.
	Scopes []string

	// Accounts and their roles, as the portal hands them out. nil: the portal gives credentials for every
	// account and role that is asked for, and lists account 111122223333 with the role ReadOnlyAccess.
	Accounts []Account

	// PortalRate is how many requests a second the portal lets through, and how
	// many at once after a quiet second. It answers the others with a
	// TooManyRequestsException. The live service lets about 20 through. By
	// default there is no limit.
	PortalRate int

	// KeepRequests is how many requests, the latest, a service keeps for Requests: one that runs for long
	// must not keep them all. Default: all.
	KeepRequests int

	// Credentials that CreateTokenWithIAM must be signed with. The zero value is the pair of AWS's
	// documentation, AKIAIOSFODNN7EXAMPLE and wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.
	Credentials Credentials

	// Region is where the identity center is: a CreateTokenWithIAM that was signed for another one gets an
	// InvalidRequestRegionException that names this one. By default every region will do.
	Region string
}

// Credentials sign requests (AWS Signature Version 4).
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // "": the signer has none
}

// ErrorStyle is how the service answers errors.
type ErrorStyle int

const (
	// ErrorsLive answers as the live service does: statuses 400, 401 and 500, and the exception's name in
	// X-Amzn-ErrorType.
	ErrorsLive ErrorStyle = iota
	// ErrorsOpenAPI answers as the OpenAPI description of 2019-06-10 says: the status, 480 to 490, is all
	// that names the exception, and a table for each operation says how. An exception that the
	// operation's table lacks is answered as the nearest that it has: InvalidRedirectUriException and
	// UnsupportedGrantTypeException as InvalidClientMetadataException, every other one as
	// InvalidRequestException. Answers hold no null and no field that the description doesn't have.
	ErrorsOpenAPI
)

// String is the constant's name.
func (e ErrorStyle) String() string { return enumString("ErrorStyle", int(e), errorStyles) }

// Rotation is what a refresh does to the refresh token. What the live service does is not known: a client
// must bear each.
type Rotation int

const (
	RotationStrict  Rotation = iota // a new refresh token comes, the old one is dead
	RotationLenient                 // a new one comes, the old one works on
	RotationNone                    // none comes, the old one works on (RFC 6749 section 6)
)

// String is the constant's name.
func (r Rotation) String() string { return enumString("Rotation", int(r), rotations) }

// Consent is who answers for the person who is asked to allow a sign-in.
type Consent int

const (
	ConsentAsk     Consent = iota // nobody: the test, or a person at the pages
	ConsentApprove                // the service approves every sign-in
	ConsentDeny                   // the service denies every sign-in
)

// String is the constant's name.
func (c Consent) String() string { return enumString("Consent", int(c), consents) }

var (
	errorStyles = []string{"ErrorsLive", "ErrorsOpenAPI"}
	rotations   = []string{"RotationStrict", "RotationLenient", "RotationNone"}
	consents    = []string{"ConsentAsk", "ConsentApprove", "ConsentDeny"}
)

func enumString(typeName string, value int, names []string) string {
	if value < 0 || value >= len(names) {
		return fmt.Sprintf("%s(%d)", typeName, value)
	}
	return names[value]
}

// The live service's values where Options has none.
const (
	defaultInterval            = time.Second
	defaultDeviceCodeLifetime  = 600 * time.Second
	defaultCodeLifetime        = 600 * time.Second
	defaultTokenLifetime       = 3600 * time.Second
	defaultLegacyTokenLifetime = 28800 * time.Second // of a client that registered no scopes
	defaultSessionLifetime     = 90 * 24 * time.Hour // the longest that the live service can be set to
	defaultRegistration        = 90 * 24 * time.Hour
	defaultStartURL            = "https://d-0123456789.awsapps.com/start"
)

// defaultCredentials are those of AWS's documentation.
var defaultCredentials = Credentials{
	AccessKeyID:     "AKIAIOSFODNN7EXAMPLE",
	SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}

// complete checks the options and fills in the defaults; the token lifetime's depends on the client. The
// copy that it returns shares nothing with the caller's.
func (o Options) complete() Options {
	o.check()
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{
		{&o.Interval, defaultInterval},
		{&o.DeviceCodeLifetime, defaultDeviceCodeLifetime},
		{&o.CodeLifetime, defaultCodeLifetime},
		{&o.SessionLifetime, defaultSessionLifetime},
		{&o.RegistrationLifetime, defaultRegistration},
	} {
		if *d.value == 0 {
			*d.value = d.or
		}
	}
	if o.Credentials == (Credentials{}) {
		o.Credentials = defaultCredentials
	}
	o.Scopes = slices.Clone(o.Scopes)
	o.Accounts = cloneAccounts(o.Accounts)
	return o
}

func (o Options) check() {
	for _, e := range []struct {
		field string
		value int
		names []string
	}{
		{"Errors", int(o.Errors), errorStyles},
		{"Rotation", int(o.Rotation), rotations},
		{"Consent", int(o.Consent), consents},
	} {
		if e.value < 0 || e.value >= len(e.names) {
			bad(e.field, e.value, fmt.Sprintf("one of %v", e.names))
		}
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{
		{"Interval", o.Interval},
		{"DeviceCodeLifetime", o.DeviceCodeLifetime},
		{"CodeLifetime", o.CodeLifetime},
		{"TokenLifetime", o.TokenLifetime},
		{"SessionLifetime", o.SessionLifetime},
		{"RegistrationLifetime", o.RegistrationLifetime},
	} {
		if d.value < 0 || d.value%time.Second != 0 {
			bad(d.field, d.value, "whole seconds, and not negative")
		}
	}
	if o.KeepRequests < 0 {
		bad("KeepRequests", o.KeepRequests, "not negative")
	}
	if o.PortalRate < 0 {
		bad("PortalRate", o.PortalRate, "not negative")
	}
	if o.ConsentDelay < 0 {
		bad("ConsentDelay", o.ConsentDelay, "not negative")
	}
	if o.Region != "" && !isHostLabel(o.Region) {
		bad("Region", fmt.Sprintf("%q", o.Region), "a name such as eu-west-1")
	}
	for _, scope := range o.Scopes {
		if !isScopeToken(scope) {
			bad("Scopes", fmt.Sprintf("%q", o.Scopes), "scopes of visible ASCII, without quotes and backslashes")
		}
	}
	if o.StartURL != "" && !isHTTPS(o.StartURL) {
		bad("StartURL", o.StartURL, "an https address")
	}
	if c := o.Credentials; c != (Credentials{}) && (c.AccessKeyID == "" || c.SecretAccessKey == "") {
		bad("Credentials", "half a pair", "an access key ID and a secret access key, or left out")
	}
	checkAccounts(o.Accounts)
}

func bad(field string, value any, want string) {
	panic(fmt.Sprintf("ssooidctest: Options.%s is %v: it must be %s", field, value, want))
}

// isHostLabel says whether s can be a part of a host's name (RFC 1123 section 2.1).
func isHostLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, c := range []byte(s) {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
