package main

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"text/template"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// guide is what is printed at the start: how to point clients here.
type guide struct {
	settings
	address  *net.TCPAddr // where the program listens
	startURL string
	caFile   string // "" without TLS
}

var guideText = template.Must(template.New("").Parse(`IAM Identity Center for tests, at {{.URL}}

To point the AWS CLI (2.13 or later) and the SDKs here, in one shell:

  export AWS_ENDPOINT_URL_SSO_OIDC={{.URL}}
  export AWS_ENDPOINT_URL_SSO={{.URL}}
{{- if .CAFile}}
  export AWS_CA_BUNDLE={{.CAFile}} NODE_EXTRA_CA_CERTS={{.CAFile}}

The authority of that file is made for this run; its key is never written. Don't add it to your system's store. Tools
that accept only the real names need -listen 127.0.0.1:443 and this line in their hosts file instead of the first two:

  {{.Host}} {{.RealNames}}
{{- end}}

A profile for ~/.aws/config, and a sign-in with it:

  [sso-session fake]
  sso_start_url = {{.StartURL}}
  sso_region = {{.Region}}
  sso_registration_scopes = sso:account:access

  [profile fake]
  sso_session = fake
  sso_account_id = {{.Account.ID}}
  sso_role_name = {{index .Account.Roles 0}}
  region = {{.Region}}

  aws sso login --profile fake

{{.Person}}

`))

// print prints the guide, in one piece.
func (g guide) print(out io.Writer) {
	scheme := "http://"
	if g.caFile != "" {
		scheme = "https://"
	}
	host := g.address.IP
	if host.IsUnspecified() {
		host = net.IPv4(127, 0, 0, 1)
	}
	address := scheme + net.JoinHostPort(host.String(), strconv.Itoa(g.address.Port))
	account := ssooidctest.Account{ID: "111122223333", Roles: []string{"ReadOnlyAccess"}}
	if len(g.service.Accounts) > 0 {
		account = g.service.Accounts[0]
	}
	person := "You approve or deny at " + address + "/device, or where your program sends you."
	switch g.service.Consent {
	case ssooidctest.ConsentApprove:
		person = "Every sign-in is approved."
	case ssooidctest.ConsentDeny:
		person = "Every sign-in is denied."
	}
	var text bytes.Buffer
	guideText.Execute(&text, map[string]any{
		"URL":       address,
		"CAFile":    g.caFile,
		"Host":      host,
		"RealNames": realNames(g.region),
		"StartURL":  g.startURL,
		"Region":    g.region,
		"Account":   account,
		"Person":    person,
	})
	out.Write(text.Bytes())
}

// realNames are the service's and the portal's host names in a region.
func realNames(region string) string {
	suffix := "." + region + "." + endpoint.PartitionOf(region).DNSSuffix
	return string(endpoint.OIDC) + suffix + " " + string(endpoint.Portal) + suffix
}
