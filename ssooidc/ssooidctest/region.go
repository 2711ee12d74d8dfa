package ssooidctest

import "strings"

// homeRegion is the region of the identity center and the service's address there.
func (s *Service) homeRegion() (region, endpoint string) {
	region = s.opts.Region
	if region == "" {
		region = "us-east-1"
	}
	if s.base != "" {
		return region, s.base
	}
	suffix := "amazonaws.com"
	switch {
	case strings.HasPrefix(region, "cn-"):
		suffix = "amazonaws.com.cn"
	case strings.HasPrefix(region, "eusc-"):
		suffix = "amazonaws.eu"
	}
	return region, "https://oidc." + region + "." + suffix
}
