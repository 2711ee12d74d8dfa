package ssooidc

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// HTTPClient sends requests. [*http.Client] is one, and so is the AWS SDK's BuildableClient.
type HTTPClient interface {
	Do(*http.Request) (*http.Response, error)
}

// Options is what [New] makes a client of. The zero value of each field is a good default, but Region or
// BaseEndpoint must be set. New copies it; whatever the fields point to stays the caller's, and must be
// safe for concurrent use.
//
// Options prints, logs and marshals without what its parts hold, so that no credentials are shown.
type Options struct {
	// Region is where the Identity Center instance is, such as "us-east-1". It is required unless
	// BaseEndpoint is set, and always required to sign. A FIPS pseudo-region such as "fips-us-east-1" is
	// taken as the region with UseFIPS.
	Region string

	// BaseEndpoint replaces the regional endpoint: an absolute URL, whose path is kept. Plain http is for
	// loopback addresses only, unless DisableHTTPS is set.
	BaseEndpoint string `json:"-"`

	// UseFIPS and UseDualStack choose those variants of the regional endpoint, where the region's partition
	// has them. Neither goes with BaseEndpoint.
	UseFIPS      bool
	UseDualStack bool

	// DisableHTTPS chooses plain http for the regional endpoint, and allows it for a BaseEndpoint that is not
	// on loopback. The secrets of each request then cross the network in clear.
	DisableHTTPS bool

	// HTTPClient sends the requests. The default, also for a nil *http.Client, honours the proxy variables and
	// AWS_CA_BUNDLE, needs TLS 1.2 or later, and gives an attempt 60 seconds. A *http.Client
	// is copied, and the copy follows no redirect; so is the AWS SDK's BuildableClient.
	// Its Transport must honour the request's context, as [http.RoundTripper] has it.
	//
	// Any other type is left to itself, on a goroutine of its own, once the call's context has ended. If it follows
	// redirects, no body goes along, but headers may: to sign, give a *http.Client, or one that follows none.
	HTTPClient HTTPClient `json:"-"`

	// Credentials sign CreateTokenWithIAM, and with SignAll every operation. The other operations go out
	// unsigned, since a signed-out person has none. They must honour the context that they are asked with.
	Credentials aws.CredentialsProvider `json:"-"`

	// SignAll signs the three public operations too, by the hmac scheme of the service's description. The live
	// service does not ask for that.
	SignAll bool

	// Retryer says whether, how often and when a failed request is sent again. The default is AWS's standard
	// retryer with 3 attempts, which also tries again on every status of 500 or more and on 429. Like that, it
	// waits as it does between any two attempts where an answer has a Retry-After. No retryer is asked about what must not
	// be sent again: see [Client.CreateToken].
	Retryer aws.Retryer `json:"-"`

	// Logger gets a record at debug level for each attempt: operation, attempt, status, request id, duration,
	// and the error if there was one. No secret is in it. The default is silent.
	Logger *slog.Logger `json:"-"`

	// AppID names the calling program in the User-Agent header.
	AppID string
}

// Format implements [fmt.Formatter]: every verb prints the same, without what the parts hold.
func (o Options) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "ssooidc.Options{Region:%q BaseEndpoint:%q UseFIPS:%t UseDualStack:%t DisableHTTPS:%t "+
		"HTTPClient:%T Credentials:%T SignAll:%t Retryer:%T AppID:%q}",
		o.Region, harmless(o.BaseEndpoint), o.UseFIPS, o.UseDualStack, o.DisableHTTPS,
		o.HTTPClient, o.Credentials, o.SignAll, o.Retryer, o.AppID)
}

// LogValue implements [slog.LogValuer]: it is what Format prints.
func (o Options) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(o)) }

// harmless is an endpoint as it may be shown: one in which a password may be is refused by New, but may be printed
// before.
func harmless(endpoint string) string {
	if strings.ContainsAny(endpoint, "@?#%") {
		return "[redacted]"
	}
	return endpoint
}

// standardRetryables adds to AWS's standard retryer what it does not know of this service.
func standardRetryables(o *retry.StandardOptions) {
	o.Retryables = append(o.Retryables, retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
		if retryable(err) {
			return aws.TrueTernary
		}
		return aws.UnknownTernary
	}))
}
