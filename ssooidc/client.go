package ssooidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// The names that requests are signed for: the description's hmac scheme, and the live service's name.
const (
	signingNameHMAC = "awsssooidc"
	signingNameIAM  = "sso-oauth"
)

// API is the operations of [*Client]: what a program that calls them takes, so that its tests can bring
// their own. It grows with the service, so a mock embeds it.
type API interface {
	RegisterClient(ctx context.Context, in *RegisterClientRequest) (*RegisterClientResponse, error)
	StartDeviceAuthorization(ctx context.Context, in *StartDeviceAuthorizationRequest) (*StartDeviceAuthorizationResponse, error)
	CreateToken(ctx context.Context, in *CreateTokenRequest) (*CreateTokenResponse, error)
	CreateTokenWithIAM(ctx context.Context, in *CreateTokenWithIAMRequest) (*CreateTokenWithIAMResponse, error)
	AuthorizeURL(in *AuthorizeURLRequest) (string, error)
}

var _ API = (*Client)(nil)

// Client calls the service. Make one with [New] or [NewFromConfig]. It is safe for concurrent use, and
// prints and logs without its credentials.
type Client struct {
	wire    wire.Client
	base    *url.URL
	signing wire.Signing // Credentials nil: there are none
	signAll bool
}

// New makes a client. It makes no request. Its error is an [*OptionsError].
func New(opts Options) (*Client, error) {
	where, err := endpoint.Resolve(endpoint.OIDC, endpoint.Options{
		Region:       opts.Region,
		Custom:       opts.BaseEndpoint,
		FIPS:         opts.UseFIPS,
		DualStack:    opts.UseDualStack,
		DisableHTTPS: opts.DisableHTTPS,
	})
	if err != nil {
		return nil, endpointError(err)
	}
	base, err := url.Parse(where.URL)
	if err != nil {
		return nil, endpointError(err)
	}
	httpClient := opts.HTTPClient
	switch hc, standard := httpClient.(*http.Client); {
	case httpClient == nil, standard && hc == nil:
		if httpClient, err = wire.NewHTTPClient(); err != nil {
			return nil, &OptionsError{Field: "HTTPClient", Problem: err.Error(), Err: err}
		}
	default:
		httpClient = wire.Redirectless(httpClient)
	}
	retryer := opts.Retryer
	if retryer == nil {
		retryer = retry.NewStandard(standardRetryables)
	}
	return &Client{
		wire:    wire.Client{HTTP: httpClient, Retryer: retryer, Logger: opts.Logger, UserAgent: userAgent(opts.AppID)},
		base:    base,
		signing: wire.Signing{Credentials: opts.Credentials, Signer: v4.NewSigner(), Region: where.SigningRegion},
		signAll: opts.SignAll,
	}, nil
}

// endpointError names the field of Options that an endpoint could not be made of.
func endpointError(err error) error {
	field := "BaseEndpoint"
	var e *endpoint.Error
	if errors.As(err, &e) && e.Field == "Region" {
		field = "Region"
	}
	return &OptionsError{Field: field, Problem: err.Error(), Err: err}
}

// Format implements [fmt.Formatter]: every verb prints the endpoint, and nothing secret.
func (c Client) Format(f fmt.State, _ rune) {
	base := ""
	if c.base != nil {
		base = c.base.String()
	}
	fmt.Fprintf(f, "ssooidc.Client{Endpoint:%q}", base)
}

// LogValue implements [slog.LogValuer]: it is what Format prints.
func (c Client) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// operation is what one operation's file says of it.
type operation struct {
	name        string
	path, query string
	signingName string
	alwaysSign  bool
	exceptions  exceptionTable
}

// request and response are what the operations' types have in common; both are pointers to structs.
type request interface {
	missing() []string
	secrets() []string // those that it holds
}

type response interface{ complete() bool }

// call is the one path that every operation takes: check, encode, exchange, decode.
func (c *Client) call(ctx context.Context, op *operation, in request, out response) error {
	if m := in.missing(); m != nil {
		return &ValidationError{Operation: op.name, Missing: m}
	}
	if c == nil || c.base == nil {
		return errNoClient
	}
	if ctx == nil {
		ctx = context.Background()
	}
	signing, err := c.signingFor(op)
	if err != nil {
		return err
	}
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("ssooidc: %s: encode the request: %w", op.name, err)
	}
	return c.wire.Exchange(ctx, &wire.Call{
		Operation: op.name,
		URL:       c.url(op.path, op.query),
		Body:      body,
		Signing:   signing,
		Handler:   &handler{op: op, in: in, out: out},
	})
}

// errNoClient is for a client that New did not make.
var errNoClient = &OptionsError{Field: "Region", Problem: "the client is nil or zero: make one with New or NewFromConfig"}

// url is an address of the service.
func (c *Client) url(path, query string) url.URL {
	u := *c.base
	u.Path += path
	if u.RawPath != "" {
		u.RawPath += path
	}
	u.RawQuery = query
	return u
}

// signingFor is how an operation's requests are signed, nil if they are not.
func (c *Client) signingFor(op *operation) (*wire.Signing, error) {
	if !op.alwaysSign && !c.signAll {
		return nil, nil
	}
	switch {
	case c.signing.Credentials == nil:
		return nil, &OptionsError{Field: "Credentials", Problem: op.name + " must be signed: give the client AWS credentials"}
	case c.signing.Region == "":
		return nil, &OptionsError{Field: "Region", Problem: op.name + " must be signed: name the region beside BaseEndpoint"}
	}
	signing := c.signing
	signing.Service = op.signingName
	return &signing, nil
}
