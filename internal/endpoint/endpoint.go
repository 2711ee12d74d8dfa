// Package endpoint finds the address of the sign-in service and of its portal: in a region, by the rules that AWS's SDKs
// share, or as someone configured it.
package endpoint

import (
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Service is what the host names of a service begin with.
type Service string

// The two services that a sign-in needs.
const (
	OIDC   Service = "oidc"       // the sign-in service
	Portal Service = "portal.sso" // the portal: roles, and signing out
)

// Options says which endpoint is wanted.
type Options struct {
	Region       string // required unless Custom is set
	FIPS         bool
	DualStack    bool
	DisableHTTPS bool   // http:// for the regional endpoints, and leave to use http off loopback for Custom
	Custom       string // replaces the regional endpoint; excludes FIPS and DualStack
}

// Endpoint is where to send requests and for which region to sign them.
type Endpoint struct {
	URL           string // scheme, host and perhaps a path; never ends in a slash
	SigningRegion string // the real region behind a pseudo-region; "" if none was given
}

// Error says what is wrong with an option.
type Error struct {
	Field   string // Region or Endpoint
	Value   string // as given; "" where it might hold a password
	Problem string // reads on after the value, and ends with what to do
}

// Error quotes the value, cut to a line's length.
func (e *Error) Error() string {
	text := strings.ToLower(e.Field)
	if e.Value != "" {
		text += " " + secret.Quote(e.Value, 80)
	}
	return text + " " + e.Problem
}

// Resolve finds the endpoint of a service. Errors are *Error.
func Resolve(service Service, opts Options) (Endpoint, error) {
	region, fips, err := realRegion(opts)
	if err != nil {
		return Endpoint{}, err
	}
	if opts.Custom != "" {
		base, err := custom(opts, fips)
		if err != nil {
			return Endpoint{}, err
		}
		return Endpoint{URL: base, SigningRegion: region}, nil
	}
	host, err := PartitionOf(region).Host(service, region, fips, opts.DualStack)
	if err != nil {
		return Endpoint{}, err
	}
	scheme := "https://"
	if opts.DisableHTTPS {
		scheme = "http://"
	}
	return Endpoint{URL: scheme + host, SigningRegion: region}, nil
}

// realRegion checks the region and unwraps a pseudo-region, of which fips-us-gov-west-1, us-gov-west-1-fips and
// us-fips-gov-west-1 are the forms: all mean us-gov-west-1 with FIPS on.
func realRegion(opts Options) (region string, fips bool, err error) {
	region, fips = opts.Region, opts.FIPS
	if region == "" {
		if opts.Custom != "" {
			return "", fips, nil
		}
		return "", fips, &Error{Field: "Region",
			Problem: "is missing: set it to the region of the Identity Center, such as us-east-1"}
	}
	for valid := IsHostLabel(region); valid; valid = IsHostLabel(region) {
		inner := strings.ReplaceAll(region, "-fips-", "-")
		inner = strings.TrimSuffix(strings.TrimPrefix(inner, "fips-"), "-fips")
		if inner == region {
			return region, fips, nil
		}
		region, fips = inner, true
	}
	return "", fips, &Error{Field: "Region", Value: opts.Region,
		Problem: "is not the name of a region, which has letters, digits and inner dashes only, at most 63: " +
			"set it to a name such as us-east-1"}
}

// IsHostLabel reports whether s is one label of a host name (RFC 1123 section 2.1), so that it can't become anything
// else in a URL.
func IsHostLabel(s string) bool {
	if s == "" || len(s) > 63 || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return true
}
