package ssooidc

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// StartDeviceAuthorizationRequest is the input of [Client.StartDeviceAuthorization]. It prints and logs
// without its secret.
type StartDeviceAuthorizationRequest struct {
	ClientID     string `json:"clientId,omitempty"`                   // required: from RegisterClient
	ClientSecret string `json:"clientSecret,omitempty" secret:"true"` // required: from RegisterClient
	StartURL     string `json:"startUrl,omitempty"`                   // required: the address of the AWS access portal
}

// Format implements [fmt.Formatter]: every verb prints the secret as [redacted].
func (in StartDeviceAuthorizationRequest) Format(f fmt.State, verb rune) { secret.Format(f, verb, in) }

// LogValue implements [slog.LogValuer]: the secret is logged as [redacted].
func (in StartDeviceAuthorizationRequest) LogValue() slog.Value { return secret.LogValue(in) }

func (in *StartDeviceAuthorizationRequest) secrets() []string {
	return []string{in.ClientSecret}
}

func (in *StartDeviceAuthorizationRequest) missing() []string {
	if in == nil {
		in = new(StartDeviceAuthorizationRequest)
	}
	return missing("ClientID", in.ClientID, "ClientSecret", in.ClientSecret, "StartURL", in.StartURL)
}

// StartDeviceAuthorizationResponse is the output of [Client.StartDeviceAuthorization] (RFC 8628 section
// 3.2). It prints and logs without its device code.
type StartDeviceAuthorizationResponse struct {
	DeviceCode              string `json:"deviceCode,omitempty" secret:"true"` // for CreateToken
	UserCode                string `json:"userCode,omitempty"`                 // for the person: always show it, the page may not
	VerificationURI         string `json:"verificationUri,omitempty"`          // where the person types the code
	VerificationURIComplete string `json:"verificationUriComplete,omitempty"`  // the same with the code in it, to open or to show as a QR code
	ExpiresIn               int    `json:"expiresIn,omitempty"`                // seconds; see Lifetime
	Interval                int    `json:"interval,omitempty"`                 // seconds; see PollInterval
}

// Lifetime is ExpiresIn as a duration: how long both codes are good for. It is 0 where the service named
// none.
func (out StartDeviceAuthorizationResponse) Lifetime() time.Duration { return lifetime(out.ExpiresIn) }

// PollInterval is how long to wait between two calls of CreateToken: Interval, but 5 seconds where that
// is missing or not positive (RFC 8628 section 3.2), and at most a minute.
func (out StartDeviceAuthorizationResponse) PollInterval() time.Duration {
	if out.Interval <= 0 {
		return 5 * time.Second
	}
	return min(lifetime(out.Interval), time.Minute)
}

// Format implements [fmt.Formatter]: every verb prints the device code as [redacted].
func (out StartDeviceAuthorizationResponse) Format(f fmt.State, verb rune) {
	secret.Format(f, verb, out)
}

// LogValue implements [slog.LogValuer]: the device code is logged as [redacted].
func (out StartDeviceAuthorizationResponse) LogValue() slog.Value { return secret.LogValue(out) }

func (out *StartDeviceAuthorizationResponse) complete() bool { return out.DeviceCode != "" }

var startDeviceAuthorization = operation{
	name:        "StartDeviceAuthorization",
	path:        "/device_authorization",
	signingName: signingNameHMAC,
	exceptions: exceptionTable{
		480 - firstStatus: "InvalidRequestException",
		481 - firstStatus: "InvalidClientException",
		482 - firstStatus: "UnauthorizedClientException",
		483 - firstStatus: "SlowDownException",
		484 - firstStatus: "InternalServerException",
	},
}

// StartDeviceAuthorization asks for a device code, and for the user code and address to show to the
// person who is to approve it (RFC 8628 section 3.1). Then call CreateToken with the device code, every
// PollInterval, until it answers.
//
// It fails with a [*ValidationError], [*ServiceError] (among them [*InvalidRequestException],
// [*InvalidClientException], [*UnauthorizedClientException], [*SlowDownException] and
// [*InternalServerException]), [*ResponseError], [*TransportError] when the service could not be reached, or the context's error;
// with [Options].SignAll also with an [*OptionsError] when there is nothing to sign with.
func (c *Client) StartDeviceAuthorization(ctx context.Context, in *StartDeviceAuthorizationRequest) (*StartDeviceAuthorizationResponse, error) {
	out := new(StartDeviceAuthorizationResponse)
	if err := c.call(ctx, &startDeviceAuthorization, in, out); err != nil {
		return nil, err
	}
	return out, nil
}
