package login

import (
	"errors"
	"fmt"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/starturl"
)

func (c *Config) checkStartURL() error {
	_, err := starturl.Parse(c.StartURL)
	var e *starturl.Error
	if errors.As(err, &e) {
		return &ConfigError{Field: "StartURL", Value: e.Value, Problem: e.Problem}
	}
	return err
}

// regionHint says that the start URL's host names another region than the configured one; "" where it does not. It is most
// often a mistake, but some instances have several regions.
func (c *Config) regionHint() string {
	info, _ := starturl.Parse(c.StartURL)
	if info.Region == "" || info.Region == c.Region || info.Region == c.realRegion() {
		return ""
	}
	return fmt.Sprintf("the start URL is one of region %s, but the configured region is %s",
		secret.Printable(info.Region, 63), c.Region)
}

// needsDualStack reports whether the device flow, and only that, needs the dual-stack endpoint.
func (c *Config) needsDualStack() bool {
	info, _ := starturl.Parse(c.StartURL)
	wantsOther := c.UseFIPS || c.UseDualStack || c.Endpoint != "" || c.Region != c.realRegion()
	return info.DualStack && !wantsOther
}

// realRegion is the region behind a pseudo-region with FIPS, such as fips-us-east-1.
func (c *Config) realRegion() string {
	where, _ := endpoint.Resolve(endpoint.OIDC, endpoint.Options{Region: c.Region})
	return where.SigningRegion
}
