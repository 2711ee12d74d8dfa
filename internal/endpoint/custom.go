package endpoint

import (
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// custom checks an endpoint that someone configured, and returns it without trailing slashes.
func custom(opts Options, fips bool) (string, error) {
	u, err := url.Parse(opts.Custom)
	if problem := problemOf(u, err, opts, fips); problem != "" {
		value := opts.Custom
		// What may hold a password is not repeated, and %40 is an @ that someone meant to escape.
		if strings.ContainsAny(value, "@?#%") {
			value = ""
		}
		return "", &Error{Field: "Endpoint", Value: value, Problem: problem}
	}
	base := url.URL{Scheme: u.Scheme, Host: u.Host}
	return base.String() + strings.TrimRight(u.EscapedPath(), "/"), nil
}

// problemOf is what speaks against an endpoint, "" if nothing does.
func problemOf(u *url.URL, err error, opts Options, fips bool) string {
	switch {
	case opts.FIPS:
		return "can't be combined with FIPS: turn UseFIPS off, or remove the endpoint"
	case fips:
		return "can't be combined with a region's FIPS name: name the region itself, or remove the endpoint"
	case opts.DualStack:
		return "can't be combined with dual-stack: turn UseDualStack off, or remove the endpoint"
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || !isHost(u.Hostname()) || !isPort(u):
		return "is not an absolute http or https URL: write it like https://oidc.example.com"
	case u.User != nil:
		return "holds a user name or password: remove what stands before the @"
	case strings.ContainsAny(opts.Custom, "?#"):
		return "has a query or a fragment: remove what follows the ? or #"
	case u.Scheme == "http" && !opts.DisableHTTPS && !IsLoopback(u.Hostname()):
		return "would send secrets over plain http: use https, or set DisableHTTPS"
	}
	return ""
}

// isHost reports whether a host is an address or a name. url.Parse lets text through that is neither.
func isHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(host, "."), ".") {
		if !IsHostLabel(strings.ReplaceAll(label, "_", "x")) { // container networks have such names
			return false
		}
	}
	return true
}

// isPort reports whether the port is one, or is absent. url.Parse lets "host:" and numbers of any length through.
func isPort(u *url.URL) bool {
	if u.Port() == "" {
		return !strings.HasSuffix(u.Host, ":")
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return err == nil && n > 0
}

// IsLoopback reports whether a host name, without port or brackets, is this machine: localhost, 127.0.0.0/8 or ::1. No
// name is looked up.
func IsLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && (addr.Is4() || addr == netip.IPv6Loopback()) && addr.IsLoopback()
}
