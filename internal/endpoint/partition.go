package endpoint

import "strings"

// Partition is a group of regions that share their domain names.
type Partition struct {
	ID string

	// Prefixes and the pattern that they stand for, prefix-\w+-\d+, tell which regions belong here, also those that
	// AWS opens after this was written. Matched by hand: regexp would add 250 KB to every program.
	Prefixes []string

	// Global is the partition's pseudo-region for services without regions, "" where it has none. It is the only
	// listed name that the pattern does not cover.
	Global string

	DNSSuffix          string
	DualStackDNSSuffix string // "" where the partition has no dual-stack endpoints
	FIPS               bool   // whether it has FIPS endpoints

	// FIPSByDefault: the plain endpoints are the FIPS ones, so that FIPS alone changes nothing.
	FIPSByDefault bool
}

// partitions are AWS's, from the endpoint rules that its SDKs share. The first is the one for names that fit nowhere.
var partitions = [...]Partition{
	{
		ID: "aws", Global: "aws-global",
		Prefixes:  []string{"us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"},
		DNSSuffix: "amazonaws.com", DualStackDNSSuffix: "api.aws", FIPS: true,
	},
	{
		ID: "aws-cn", Global: "aws-cn-global",
		Prefixes:  []string{"cn"},
		DNSSuffix: "amazonaws.com.cn", DualStackDNSSuffix: "api.amazonwebservices.com.cn", FIPS: true,
	},
	{
		ID:        "aws-eusc",
		Prefixes:  []string{"eusc-de"},
		DNSSuffix: "amazonaws.eu", DualStackDNSSuffix: "api.amazonwebservices.eu", FIPS: true,
	},
	{
		ID: "aws-iso", Global: "aws-iso-global",
		Prefixes:  []string{"us-iso"},
		DNSSuffix: "c2s.ic.gov", DualStackDNSSuffix: "api.aws.ic.gov", FIPS: true,
	},
	{
		ID: "aws-iso-b", Global: "aws-iso-b-global",
		Prefixes:  []string{"us-isob"},
		DNSSuffix: "sc2s.sgov.gov", DualStackDNSSuffix: "api.aws.scloud", FIPS: true,
	},
	{
		ID: "aws-iso-e", Global: "aws-iso-e-global",
		Prefixes:  []string{"eu-isoe"},
		DNSSuffix: "cloud.adc-e.uk", DualStackDNSSuffix: "api.cloud-aws.adc-e.uk", FIPS: true,
	},
	{
		ID: "aws-iso-f", Global: "aws-iso-f-global",
		Prefixes:  []string{"us-isof"},
		DNSSuffix: "csp.hci.ic.gov", DualStackDNSSuffix: "api.aws.hci.ic.gov", FIPS: true,
	},
	{
		ID: "aws-us-gov", Global: "aws-us-gov-global",
		Prefixes:  []string{"us-gov"},
		DNSSuffix: "amazonaws.com", DualStackDNSSuffix: "api.aws", FIPS: true, FIPSByDefault: true,
	},
}

// PartitionOf returns the partition of a region, which is not to be changed: the one that lists it, or whose pattern admits
// it, or else "aws".
func PartitionOf(region string) *Partition {
	for i := range partitions {
		if partitions[i].has(region) {
			return &partitions[i]
		}
	}
	return &partitions[0]
}

func (p *Partition) has(region string) bool {
	if region == p.Global && region != "" {
		return true
	}
	for _, prefix := range p.Prefixes {
		if rest, ok := strings.CutPrefix(region, prefix+"-"); ok && isWordDashNumber(rest) {
			return true
		}
	}
	return false
}

// isWordDashNumber matches \w+-\d+, both classes ASCII as in the patterns.
func isWordDashNumber(s string) bool {
	word, number, ok := strings.Cut(s, "-")
	isDigit := func(c rune) bool { return '0' <= c && c <= '9' }
	isWord := func(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c) || c == '_' }
	return ok && word != "" && number != "" &&
		strings.TrimLeftFunc(word, isWord) == "" && strings.TrimLeftFunc(number, isDigit) == ""
}

// Host is the name under which the partition serves a region. It fails where the partition lacks what is asked for.
func (p *Partition) Host(service Service, region string, fips, dualStack bool) (string, error) {
	if fips && !p.FIPS {
		return "", p.lacks(region, "FIPS", "UseFIPS")
	}
	if dualStack && p.DualStackDNSSuffix == "" {
		return "", p.lacks(region, "dual-stack", "UseDualStack")
	}
	name, suffix := string(service), p.DNSSuffix
	if dualStack {
		suffix = p.DualStackDNSSuffix
	}
	if fips && !(p.FIPSByDefault && !dualStack) {
		name += "-fips"
	}
	return name + "." + region + "." + suffix, nil
}

func (p *Partition) lacks(region, what, option string) error {
	return &Error{Field: "Region", Value: region,
		Problem: "is in partition " + p.ID + ", which has no " + what + " endpoints: turn " + option + " off"}
}
