package ssooidc

import (
	"cmp"
	"context"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
)

// serviceID is what AWS's configuration files and tools call the service.
const serviceID = "SSO OIDC"

// NewFromConfig makes a client of the AWS SDK's loaded configuration. It takes from it the region, HTTP
// client, credentials, retryer (or RetryMaxAttempts and RetryMode), app id, base endpoint, FIPS and
// dual-stack; optFns then change what they like.
//
// The base endpoint is, in this order: one set in code while loading, AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL, the
// profile's own for the service ("sso_oidc" in its services section), the profile's endpoint_url; unless
// AWS_IGNORE_CONFIGURED_ENDPOINT_URLS or the profile has those ignored. A configured endpoint can't turn
// plain http on off loopback: only [Options].DisableHTTPS does.
//
// It ignores everything else in cfg: Logger, ClientLogMode, APIOptions, Interceptors, the endpoint
// resolvers, BearerAuthTokenProvider, and the modes of request compression and checksums.
//
// Its error is an [*OptionsError].
func NewFromConfig(cfg aws.Config, optFns ...func(*Options)) (*Client, error) {
	opts := Options{
		Region:       cfg.Region,
		BaseEndpoint: configuredEndpoint(cfg),
		UseFIPS:      useFIPS(cfg),
		UseDualStack: useDualStack(cfg),
		HTTPClient:   cfg.HTTPClient,
		Credentials:  cfg.Credentials,
		Retryer:      configuredRetryer(cfg),
		AppID:        cfg.AppID,
	}
	for _, fn := range optFns {
		fn(&opts)
	}
	return New(opts)
}

// configuredRetryer is made as the SDK's own clients make theirs. nil leaves the default.
func configuredRetryer(cfg aws.Config) aws.Retryer {
	var retryer aws.Retryer
	switch {
	case cfg.Retryer != nil:
		retryer = cfg.Retryer()
	case cfg.RetryMode == aws.RetryModeAdaptive:
		retryer = retry.NewAdaptiveMode(func(o *retry.AdaptiveModeOptions) {
			o.StandardOptions = append(o.StandardOptions, standardRetryables)
		})
	}
	if cfg.RetryMaxAttempts != 0 {
		if retryer == nil {
			retryer = retry.NewStandard(standardRetryables)
		}
		retryer = retry.AddWithMaxAttempts(retryer, cfg.RetryMaxAttempts)
	}
	return retryer
}

// The loaded configuration keeps where it came from in ConfigSources, whose types live in packages that
// this one does not import; these are the methods by which the SDK's own clients ask them.
type (
	endpointSource interface {
		GetServiceBaseEndpoint(context.Context, string) (string, bool, error)
	}
	ignoreSource interface {
		GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error)
	}
	fipsSource interface {
		GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error)
	}
	dualStackSource interface {
		GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error)
	}
)

// configuredEndpoint is found as the SDK's own clients find theirs, and in the environment also for a
// configuration that was not loaded but written by hand.
func configuredEndpoint(cfg aws.Config) string {
	const global, service, ignore = "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"
	inCode := aws.ToString(cfg.BaseEndpoint)
	if len(cfg.ConfigSources) == 0 {
		if ignored, _ := strconv.ParseBool(os.Getenv(ignore)); ignored {
			return inCode
		}
		return cmp.Or(inCode, os.Getenv(service), os.Getenv(global))
	}
	if os.Getenv(global) != "" && os.Getenv(service) == "" {
		return inCode // by now the loader has put the variable there, which comes before the profile
	}
	if setting(cfg, ignoreSource.GetIgnoreConfiguredEndpoints) {
		return inCode
	}
	configured := setting(cfg, func(s endpointSource, ctx context.Context) (string, bool, error) {
		return s.GetServiceBaseEndpoint(ctx, serviceID)
	})
	return cmp.Or(configured, inCode)
}

func useFIPS(cfg aws.Config) bool {
	return setting(cfg, fipsSource.GetUseFIPSEndpoint) == aws.FIPSEndpointStateEnabled
}

func useDualStack(cfg aws.Config) bool {
	return setting(cfg, dualStackSource.GetUseDualStackEndpoint) == aws.DualStackEndpointStateEnabled
}

// setting is the value of the first source that has one. The sources read what is loaded already, and wait
// for nothing.
func setting[S, V any](cfg aws.Config, get func(S, context.Context) (V, bool, error)) (value V) {
	for _, source := range cfg.ConfigSources {
		if s, ok := source.(S); ok {
			if v, found, err := get(s, context.Background()); found && err == nil {
				return v
			}
		}
	}
	return value
}
