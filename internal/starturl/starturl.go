// Package starturl knows the addresses of AWS access portals, which people sign in at, and what they tell: https is
// required, some name a region, some need another endpoint. Nothing is looked up.
package starturl

import (
	"net/url"
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Info is what a start URL tells.
type Info struct {
	// Region is the one that the host names, "" for most forms. Another one than the configured region is most often a
	// mistake, but not always: an instance can have several.
	Region string

	// DualStack: the device-code flow works with the dual-stack endpoint only, unless another was asked for.
	DualStack bool
}

// Error says why a start URL can't be used.
type Error struct {
	Value         string // as given; "" where it might hold a password
	Problem       string // reads on after the value, and ends with what to do
	CompanyDomain bool   // a company's own domain, which may lead to a portal all the same
}

// Error quotes the value, cut to a line's length.
func (e *Error) Error() string {
	text := "start URL"
	if e.Value != "" {
		text += " " + secret.Quote(e.Value, 120)
	}
	return text + " " + e.Problem
}

// example is where to find the right one.
const example = "copy the AWS access portal URL from the IAM Identity Center console, such as https://d-1234567890.awsapps.com/start"

// Parse checks a start URL as configured. Portals that this machine serves itself, over http too, are for tests. Errors
// are *Error.
func Parse(text string) (Info, error) {
	refuse := func(problem string) (Info, error) {
		value := text
		if strings.ContainsAny(text, "@%") { // may hold a password
			value = ""
		}
		return Info{}, &Error{Value: value, Problem: problem}
	}

	if text == "" {
		return refuse("is missing: " + example)
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" {
		return refuse("is not a URL: " + example)
	}
	if u.User != nil {
		return refuse("holds a user name or password: remove what stands before the @")
	}
	if endpoint.IsLoopback(u.Hostname()) && (u.Scheme == "http" || u.Scheme == "https") {
		return Info{}, nil
	}
	if u.Scheme != "https" {
		return refuse("does not begin with https://: " + example)
	}
	info, ok := classify(strings.ToLower(u.Hostname()))
	if !ok {
		return Info{}, &Error{Value: text, CompanyDomain: true,
			Problem: "is not on a domain of AWS's access portals, and a company's own is not supported yet: " + example}
	}
	return info, nil
}

// forms are the hosts of portals: * is a label of any text, {region} one that names the region.
var forms = [...]string{
	"*.awsapps.com",
	"identitycenter.amazonaws.com",
	"identitycenter.amazonaws.com.cn",
	"identitycenter.amazonaws.eu",
	"identitycenter.us-gov.amazonaws.com",
	"*.portal.{region}.app.aws",
	"*.{region}.portal.amazonaws.com",
	"*.{region}.portal.amazonaws.com.cn",
	"*.{region}.portal.amazonaws.eu",
	"*.portal.{region}.app.amazonwebservices.com.cn",
	"*.portal.{region}.api.amazonwebservices.eu",
	"start.us-gov-home.awsapps.com",
	"start.{region}.us-gov-home.awsapps.com",
	"start.{region}.home.awsapps.cn",
}

// domains are AWS's for portals only. A host below one that has none of the forms is a form still to come.
var domains = [...]string{".awsapps.com", ".awsapps.cn", ".app.aws"}

// classify reports what a host tells, and whether it is a portal's at all.
func classify(host string) (Info, bool) {
	for label := range strings.SplitSeq(host, ".") {
		if !endpoint.IsHostLabel(label) {
			return Info{}, false
		}
	}
	for _, form := range forms {
		if region, ok := match(form, host); ok {
			return Info{Region: region, DualStack: strings.HasSuffix(form, ".app.aws")}, true
		}
	}
	for _, domain := range domains {
		if strings.HasSuffix(host, domain) {
			return Info{}, true
		}
	}
	return Info{}, false
}

// match compares label by label.
func match(form, host string) (region string, ok bool) {
	for form != "" && host != "" {
		var want, label string
		want, form, _ = strings.Cut(form, ".")
		label, host, _ = strings.Cut(host, ".")
		switch want {
		case "*", label:
		case "{region}":
			region = label
		default:
			return "", false
		}
	}
	return region, form == "" && host == ""
}
