package ssooidctest

import (
	"fmt"
	"slices"
	"time"
)

// Options configure a [Service]. The zero value is the live service as closely
// as a test can have it, with a person who answers only when told to.
//
// The interval and every lifetime must be whole seconds, the unit in which they
// are sent. A zero duration means the default.
type Options struct {
	Errors   ErrorStyle // how errors are sent; default ErrorsLive
	Rotation Rotation   // what a refresh does to the refresh token

	// Interval is the time between two polls with a device code. Default: 1 s.
	Interval time.Duration
	// DeviceCodeLifetime is how long a device code can be answered. Default: 10
	// minutes.
	DeviceCodeLifetime time.Duration
	// CodeLifetime is the lifetime of an authorization code. Default: 10
	// minutes, the most that RFC 6749 section 4.1.2 recommends.
	CodeLifetime time.Duration
	// TokenLifetime is the lifetime of an access token. Default: 1 hour, or 8
	// hours for a client that registered no scopes.
	TokenLifetime time.Duration
	// SessionLifetime is how long a sign-in can be refreshed. Default: 90 days.
	SessionLifetime time.Duration
	// RegistrationLifetime is the lifetime of a client's registration. Default:
	// 90 days.
	RegistrationLifetime time.Duration

	// Consent answers for the person. By default nobody answers until Approve,
	// Deny, Visit, VisitDeny or the pages are used.
	Consent Consent
	// ConsentDelay is how long the person of ConsentApprove and ConsentDeny
	// takes to answer. Default: no time.
	ConsentDelay time.Duration

	// StartURL is the only start URL that the service knows, an https address.
	// A trailing "/", "#" or "#/" makes no difference. By default the service
	// accepts every https address, and every address below its own.
	StartURL string

	// Scopes are those that a client may register besides the documented ones,
	// such as sso:account:access, openid or codewhisperer:completions.
	Scopes []string

	// Accounts are the accounts, with their roles, that the portal lists. If
	// Accounts is nil, the portal lists account 111122223333 with the role
	// ReadOnlyAccess, and gives credentials for every account and role.
	Accounts []Account

	// PortalRate is how many requests a second the portal lets through, and how
	// many at once after a quiet second. It answers the others with a
	// TooManyRequestsException. The live service lets about 20 through. By
	// default there is no limit.
	PortalRate int

	// KeepRequests is how many requests the service keeps for Requests, the
	// latest ones. A service that runs for long should limit them. By default
	// it keeps all.
	KeepRequests int

	// Credentials must sign CreateTokenWithIAM. The zero value is the pair of
	// AWS's documentation, AKIAIOSFODNN7EXAMPLE and
	// wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY.
	Credentials Credentials

	// Region is the region of the identity center. A CreateTokenWithIAM that
	// was signed for another region gets an InvalidRequestRegionException that
	// names this one. By default every region is accepted.
	Region string
}

// Credentials sign requests (AWS Signature Version 4).
type Credentials struct {
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string // "": the signer has none
}

// ErrorStyle chooses how the service sends errors.
type ErrorStyle int

const (
	// ErrorsLive sends errors as the live service does: status 400, 401 or 500,
	// and the exception's name in X-Amzn-ErrorType.
	ErrorsLive ErrorStyle = iota
	// ErrorsOpenAPI sends errors as the OpenAPI description of 2019-06-10 says.
	// Only the status, 480 to 490, names the exception, and each operation has
	// a table of its own. An exception that the table lacks becomes the nearest
	// one that it has: InvalidRedirectUriException and
	// UnsupportedGrantTypeException become InvalidClientMetadataException, all
	// others InvalidRequestException. Answers hold no null and no field that
	// the description lacks.
	ErrorsOpenAPI
)

// String returns the constant's name.
func (e ErrorStyle) String() string { return enumString("ErrorStyle", int(e), errorStyles) }

// Rotation chooses what a refresh does to the refresh token. What the live
// service does is not known, so a client must work with each.
type Rotation int

const (
	// RotationStrict gives a new refresh token. The old one stops working.
	RotationStrict Rotation = iota
	// RotationLenient gives a new refresh token. The old one still works.
	RotationLenient
	// RotationNone gives no new refresh token. The old one still works (RFC
	// 6749 section 6).
	RotationNone
)

// String returns the constant's name.
func (r Rotation) String() string { return enumString("Rotation", int(r), rotations) }

// Consent chooses who answers for the person when a sign-in asks for consent.
type Consent int

const (
	ConsentAsk     Consent = iota // the test, or a person at the pages
	ConsentApprove                // the service, which approves every sign-in
	ConsentDeny                   // the service, which denies every sign-in
)

// String returns the constant's name.
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

// The live service's values, used if Options has none.
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

// complete checks the options and fills in the defaults, except the token
// lifetime's, which depends on the client. The copy that it returns shares
// nothing with the caller's.
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

// isHostLabel reports whether s can be a part of a host's name (RFC 1123
// section 2.1).
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
