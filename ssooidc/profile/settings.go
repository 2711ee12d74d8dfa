package profile

import (
	"context"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// AWS's names of the service and of its portal.
const (
	serviceID = "SSO OIDC"
	portalID  = "SSO"
)

const (
	keyFIPS      = "use_fips_endpoint"
	keyDualStack = "use_dualstack_endpoint"
	keyIgnore    = "ignore_configured_endpoint_urls"
	keyEndpoint  = "endpoint_url"
	keyServices  = "services"
	keyCABundle  = "ca_bundle"
)

// complete fills in how the service and its portal are reached, and checks the whole.
func (l *loader) complete(ctx context.Context, section string, shared *config.SharedConfig, cfg *login.Config) error {
	if err := l.checkSpelling(section, shared); err != nil {
		return err
	}
	if err := l.endpoints(ctx, section, shared, cfg); err != nil {
		return err
	}
	if err := l.trust(section, shared.CustomCABundle, cfg); err != nil {
		return err
	}
	return l.check(*cfg)
}

// checkSpelling finds what AWS's package lets pass, and a person did not mean.
func (l *loader) checkSpelling(section string, shared *config.SharedConfig) error {
	for _, key := range [...]string{keyFIPS, keyDualStack, keyIgnore} {
		// Anything else would count as false, and who writes yes would get the wrong endpoint.
		if v := l.value(section, key); v != "" && !strings.EqualFold(v, "true") && !strings.EqualFold(v, "false") {
			return l.fail(section, key, fmt.Sprintf("has %s = %s: write true or false", key, secret.Printable(v, 200)), nil)
		}
	}
	if name := shared.ServicesSectionName; name != "" && !l.ignoresEndpoints(shared) {
		return l.checkServices(section, name)
	}
	return nil
}

// checkServices looks at the section that a profile names for its endpoints.
func (l *loader) checkServices(section, name string) error {
	services := servicesPrefix + name
	if !l.has(services) {
		name = secret.Printable(name, 200)
		return l.fail(section, keyServices, fmt.Sprintf("has services = %s, but there is no section [%s%s]: write one, or remove the line",
			name, servicesPrefix, name), nil)
	}
	if l.value(services, keyEndpoint) != "" {
		return l.fail(services, keyEndpoint, `has an endpoint_url of no service, which AWS's tools ignore: write "sso_oidc =" above it, and indent it`, nil)
	}
	for _, id := range [...]string{serviceID, portalID} {
		// Its endpoint is a key of the service's own, on an indented line.
		key := strings.ToLower(strings.ReplaceAll(id, " ", "_"))
		if l.value(services, key) != "" {
			return l.fail(services, key, fmt.Sprintf(`%s has a value, which AWS's tools ignore: write "%s =" alone, and below it, indented, "endpoint_url = " and the URL`, key, key), nil)
		}
	}
	return nil
}

// ignoresEndpoints reports whether endpoints are configured not to count.
func (l *loader) ignoresEndpoints(shared *config.SharedConfig) bool {
	ignore, _ := first("", l.env.IgnoreConfiguredEndpoints, place{}, shared.IgnoreConfiguredEndpoints)
	return aws.ToBool(ignore)
}

// endpoints are said by the variables, and else by the profile's section.
func (l *loader) endpoints(ctx context.Context, section string, shared *config.SharedConfig, cfg *login.Config) error {
	fips, fipsFrom := first("AWS_USE_FIPS_ENDPOINT", l.env.UseFIPSEndpoint, place{section, keyFIPS}, shared.UseFIPSEndpoint)
	dual, dualFrom := first("AWS_USE_DUALSTACK_ENDPOINT", l.env.UseDualStackEndpoint, place{section, keyDualStack}, shared.UseDualStackEndpoint)
	cfg.UseFIPS = fips == aws.FIPSEndpointStateEnabled
	cfg.UseDualStack = dual == aws.DualStackEndpointStateEnabled

	var service, portal place
	cfg.Endpoint, service = l.endpoint(ctx, section, shared, serviceID)
	cfg.PortalEndpoint, portal = l.endpoint(ctx, section, shared, portalID)
	l.places["Endpoint"], l.places["PortalEndpoint"] = service, portal
	for _, has := range [...]struct {
		url  string
		from place
	}{{cfg.Endpoint, service}, {cfg.PortalEndpoint, portal}} {
		switch from := has.from; {
		case uncomment(has.url) != has.url && strings.HasPrefix(from.section, servicesPrefix):
			return l.at(from, keyEndpoint+" has a comment behind it, which AWS's tools take for a part of the URL here: write that on a line of its own", nil)
		case from.key == "":
		case cfg.UseFIPS:
			return l.conflict(from, fipsFrom)
		case cfg.UseDualStack:
			return l.conflict(from, dualFrom)
		}
	}
	return nil
}

// first is the variable's value, or where that is not set, the file's, and where the one is from.
func first[V comparable](variable string, env V, in place, file V) (V, place) {
	var unset V
	if env != unset {
		return env, place{key: variable}
	}
	return file, in
}

// endpoint is a configured endpoint, "" if there is none, found as [ssooidc.NewFromConfig] finds it.
func (l *loader) endpoint(ctx context.Context, section string, shared *config.SharedConfig, id string) (string, place) {
	if l.ignoresEndpoints(shared) {
		return "", place{}
	}
	if url, ok, _ := l.env.GetServiceBaseEndpoint(ctx, id); ok {
		return url, place{key: "AWS_ENDPOINT_URL_" + strings.ReplaceAll(id, " ", "_")}
	}
	if l.env.BaseEndpoint != "" {
		return l.env.BaseEndpoint, place{key: "AWS_ENDPOINT_URL"}
	}
	if url, ok, _ := shared.GetServiceBaseEndpoint(ctx, id); ok {
		return url, place{servicesPrefix + shared.ServicesSectionName, keyEndpoint}
	}
	if shared.BaseEndpoint != "" {
		return shared.BaseEndpoint, place{section, keyEndpoint}
	}
	return "", place{}
}

// conflict is for an endpoint that does not go with FIPS or dual-stack.
func (l *loader) conflict(endpoint, variant place) error {
	with := variant.key
	if variant.section != "" {
		with += " of [" + variant.section + "]"
	}
	return l.at(endpoint, fmt.Sprintf("%s does not go with %s: remove one of them", endpoint.key, with), nil)
}

// trust makes the HTTP client where the profile names the certificates to trust. Otherwise login makes its own when it needs
// one, and reads AWS_CA_BUNDLE then.
func (l *loader) trust(section, bundle string, cfg *login.Config) error {
	if l.env.CustomCABundle != "" || bundle == "" {
		return nil
	}
	const advice = ": name a file of PEM certificates, or remove the line"
	from := place{section, keyCABundle}
	pem, err := os.ReadFile(inHome(bundle))
	if err != nil {
		return l.at(from, keyCABundle+" can't be read: "+err.Error()+advice, err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return l.at(from, keyCABundle+" = "+secret.Printable(bundle, 1000)+" holds no PEM certificate"+advice, nil)
	}
	client, err := wire.NewHTTPClient()
	if err != nil {
		return l.at(from, err.Error(), err)
	}
	client.Transport.(*http.Transport).TLSClientConfig.RootCAs = roots
	cfg.HTTPClient = client
	return nil
}
