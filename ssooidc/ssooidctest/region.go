package ssooidctest

import "strings"

// homeRegion returns the region of the identity center and the service's
// address there.
func (s *Service) homeRegion() (region, endpoint string) {
	region = s.opts.Region
	if region == "" {
		region = "us-east-1"
	}
	if s.base != "" {
		return region, s.base
	}
	for _, p := range partitions {
		if strings.HasPrefix(region, p.regions) || strings.HasPrefix(region, p.global) {
			return region, "https://oidc." + region + "." + p.suffix
		}
	}
	return region, "https://oidc." + region + ".amazonaws.com"
}

// partitions are those of AWS whose hosts have another suffix, by the prefix of
// their regions' names.
var partitions = []struct{ regions, global, suffix string }{
	{"cn-", "aws-cn-", "amazonaws.com.cn"},
	{"eusc-", "aws-eusc-", "amazonaws.eu"},
	{"us-iso-", "aws-iso-global", "c2s.ic.gov"},
	{"us-isob-", "aws-iso-b-", "sc2s.sgov.gov"},
	{"eu-isoe-", "aws-iso-e-", "cloud.adc-e.uk"},
	{"us-isof-", "aws-iso-f-", "csp.hci.ic.gov"},
}
