package login

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Config is what [New] makes a session of. StartURL and Region are required; the zero value of every other field is what
// most programs want. New copies it; what its fields point to stays the caller's, and must be safe for concurrent use.
type Config struct {
	// Name is the sso-session's name in ~/.aws/config. It names the cache entry, which is how AWS's tools find the
	// session; with "" the start URL names it. Nothing else depends on it.
	Name string

	// StartURL is the address of the AWS access portal, such as https://d-1234567890.awsapps.com/start.
	StartURL string

	// Region is where the Identity Center instance is, such as us-east-1.
	Region string

	// Scopes are what the token is to be good for. The default is sso:account:access, which AWS accounts and roles need.
	Scopes []string

	// Legacy is for a profile without an sso-session: it signs in by device code, without scopes, and can't refresh.
	Legacy bool

	// Flow is how Login signs in. The default chooses.
	Flow Flow

	// Prompt shows the person what to do. The default is Terminal(os.Stdin, os.Stderr).
	Prompt PromptFunc

	// Browse opens an address in the person's browser. The default is the system's browser, where there is one. It is
	// only given https addresses, and http ones of this machine; an error means that no browser was opened.
	// It runs on a goroutine of its own, and may return at once or when the browser is closed: its context ends with the
	// sign-in, which does not wait for it.
	Browse func(ctx context.Context, url string) error

	// Cache keeps the session between runs and for other processes. The default, tokencache.Dir{}, is the AWS CLI's
	// folder ~/.aws/sso/cache.
	Cache tokencache.Store

	// Client is the sign-in service. The default is ssooidc.New with the fields below.
	Client API

	// HTTPClient sends the requests to the service (unless Client is set) and to the portal. The default is that of
	// ssooidc.Options. Give one of your own a timeout: a sign-in whose context has no end waits for it.
	HTTPClient ssooidc.HTTPClient

	// UseFIPS and UseDualStack choose those variants of the endpoints, where the region's partition has them.
	UseFIPS      bool
	UseDualStack bool

	// Endpoint replaces the regional endpoint of the service, and PortalEndpoint that of the portal, which Logout calls.
	// They are https URLs, or http ones on loopback. Neither goes with UseFIPS or UseDualStack.
	Endpoint       string
	PortalEndpoint string

	// ClientName is shown on the consent page when this session registers a client. The default is "ssooidc-go".
	ClientName string

	// RedirectPort is the port on 127.0.0.1 that the browser comes back to, for machines that forward a fixed one. The
	// default is any that is free.
	RedirectPort int

	// RefreshWindow is how long before its expiry a token is refreshed. The default is 5 minutes; negative: never early.
	// A token that lives less than twice as long is refreshed after half its life.
	RefreshWindow time.Duration

	// Logger gets what is worth a warning, and at debug level what is going on; never a secret. The default is silent.
	Logger *slog.Logger
}

// API is what a session needs of the service: [*ssooidc.Client] is one. It is frozen, so that a mock of these four stays
// complete. A result must be non-nil where the error is nil.
type API interface {
	RegisterClient(ctx context.Context, in *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error)
	StartDeviceAuthorization(ctx context.Context, in *ssooidc.StartDeviceAuthorizationRequest) (*ssooidc.StartDeviceAuthorizationResponse, error)
	CreateToken(ctx context.Context, in *ssooidc.CreateTokenRequest) (*ssooidc.CreateTokenResponse, error)
	AuthorizeURL(in *ssooidc.AuthorizeURLRequest) (string, error)
}

var _ API = (*ssooidc.Client)(nil)

const (
	defaultClientName    = "ssooidc-go"
	defaultRefreshWindow = 5 * time.Minute
)

// check finds the first field that can't be used.
func (c *Config) check() error {
	bad := func(field, value, problem string) error {
		return &ConfigError{Field: field, Value: value, Problem: problem}
	}
	if err := c.checkStartURL(); err != nil {
		return err
	}
	if c.Region == "" {
		return bad("Region", "", "is missing: set it to the region of the Identity Center, such as us-east-1")
	}
	if err := c.checkEndpoint(endpoint.OIDC, "Endpoint", c.Endpoint); err != nil {
		return err
	}
	if err := c.checkEndpoint(endpoint.Portal, "PortalEndpoint", c.PortalEndpoint); err != nil {
		return err
	}
	for _, scope := range c.Scopes {
		switch {
		case scope == "":
			return bad("Scopes", "", "has an empty scope: remove it, or name one such as sso:account:access")
		case strings.ContainsRune(scope, ' '):
			return bad("Scopes", scope, "has a space, and a scope has none: name each scope by itself")
		case !isScope(scope):
			return bad("Scopes", scope, "has a quote, a backslash or a character beyond printable ASCII, and a scope has none: name one such as sso:account:access")
		}
	}
	switch {
	case c.Flow < FlowAuto || c.Flow > FlowDeviceCode:
		return bad("Flow", c.Flow.String(), "is no flow: choose FlowAuto, FlowBrowser or FlowDeviceCode")
	case c.Legacy && c.Flow == FlowBrowser:
		return bad("Flow", c.Flow.String(), "is not for Legacy, which signs in by device code only: leave it at FlowAuto, or use an sso-session")
	case c.Legacy && len(c.Scopes) > 0:
		return bad("Scopes", strings.Join(c.Scopes, " "), "are not for Legacy, which registers none: remove them, or use an sso-session")
	case c.RedirectPort < 0 || c.RedirectPort > 65535:
		return bad("RedirectPort", strconv.Itoa(c.RedirectPort), "is no port: choose one from 1 to 65535, or 0 for any that is free")
	}
	return nil
}

func (c *Config) checkEndpoint(service endpoint.Service, field, custom string) error {
	_, err := c.endpoint(service, custom)
	var e *endpoint.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
		return &ConfigError{Field: field, Problem: err.Error()}
	case e.Field == "Region":
		field = "Region"
	}
	problem := strings.TrimSuffix(e.Problem, ", or set DisableHTTPS") // which only ssooidc.Options has
	return &ConfigError{Field: field, Value: e.Value, Problem: problem}
}

// endpoint is where a service is, as configured.
func (c *Config) endpoint(service endpoint.Service, custom string) (string, error) {
	where, err := endpoint.Resolve(service, endpoint.Options{
		Region: c.Region, Custom: custom, FIPS: c.UseFIPS, DualStack: c.UseDualStack,
	})
	return where.URL, err
}

// isScope reports whether a text is one scope (RFC 6749 section 3.3).
func isScope(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || r == '"' || r == '\\'
	})
}

// withDefaults is a copy that shares nothing with the caller's and has the defaults filled in, but for the client's.
func (c Config) withDefaults() Config {
	c.Scopes = slices.Clone(c.Scopes)
	if len(c.Scopes) == 0 {
		c.Scopes = nil // the registration's key tells an empty list from none
	}
	if c.Cache == nil {
		c.Cache = tokencache.Dir{}
	}
	if c.ClientName == "" {
		c.ClientName = defaultClientName
	}
	if c.Prompt == nil {
		c.Prompt = standardPrompt
	}
	if c.RefreshWindow == 0 {
		c.RefreshWindow = defaultRefreshWindow
	}
	if c.Logger == nil {
		c.Logger = silent
	}
	return c
}
