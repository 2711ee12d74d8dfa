package endpoint_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
)

type partitionFile struct {
	Source      string   `json:"source"`
	Rules       []string `json:"rules"`
	PortalRules []string `json:"portal_rules"`
	Partitions  []struct {
		ID                string   `json:"id"`
		RegionPattern     string   `json:"region_pattern"`
		DNSSuffix         string   `json:"dns_suffix"`
		DualStackSuffix   string   `json:"dual_stack_dns_suffix"`
		SupportsFIPS      bool     `json:"supports_fips"`
		SupportsDualStack bool     `json:"supports_dual_stack"`
		Regions           []string `json:"regions"`
	} `json:"partitions"`
}

func readPartitions(t testing.TB) partitionFile {
	t.Helper()
	f, err := os.Open("testdata/partitions.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var file partitionFile
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestPartitions holds the table against the published facts: each partition, each field, each region, and regions that
// only its pattern admits.
func TestPartitions(t *testing.T) {
	t.Parallel()
	file := readPartitions(t)
	var ids []string
	for _, p := range file.Partitions {
		ids = append(ids, p.ID)
		got := endpoint.PartitionOf(p.Regions[0])
		if got.DNSSuffix != p.DNSSuffix {
			t.Errorf("%s: DNS suffix %q, want %q", p.ID, got.DNSSuffix, p.DNSSuffix)
		}
		if got.FIPS != p.SupportsFIPS {
			t.Errorf("%s: FIPS %t, want %t", p.ID, got.FIPS, p.SupportsFIPS)
		}
		dualStack := p.DualStackSuffix
		if !p.SupportsDualStack {
			dualStack = ""
		}
		if got.DualStackDNSSuffix != dualStack {
			t.Errorf("%s: dual-stack suffix %q, want %q", p.ID, got.DualStackDNSSuffix, dualStack)
		}
		var global string
		for _, region := range p.Regions {
			if id := endpoint.PartitionOf(region).ID; id != p.ID {
				t.Errorf("region %s is in %s, want %s", region, id, p.ID)
			}
			if !regexp.MustCompile(p.RegionPattern).MatchString(region) {
				global += region
			}
		}
		if got.Global != global {
			t.Errorf("%s: global name %q, want %q", p.ID, got.Global, global)
		}
		pattern := strings.NewReplacer(`\-`, "-", "(", "", ")", "").Replace(p.RegionPattern)
		if want := "^" + strings.Join(got.Prefixes, "|") + `-\w+-\d+$`; pattern != want {
			t.Errorf("%s: prefixes %q make the pattern %s, want %s", p.ID, got.Prefixes, want, pattern)
		}
	}
	if got := endpoint.PartitionIDs(); !slices.Equal(got, ids) {
		t.Errorf("partitions %q, want %q", got, ids)
	}
}

// TestPatterns compares the matching by hand with the published patterns on regions that nobody listed.
func TestPatterns(t *testing.T) {
	t.Parallel()
	file := readPartitions(t)
	want := func(region string) string {
		for _, p := range file.Partitions {
			if slices.Contains(p.Regions, region) {
				return p.ID
			}
		}
		for _, p := range file.Partitions {
			if regexp.MustCompile(p.RegionPattern).MatchString(region) {
				return p.ID
			}
		}
		return "aws"
	}
	starts := []string{"", "us", "mx", "xx", "cn", "us-gov", "us-iso", "us-isob", "us-isof", "eu-isoe", "eusc", "eusc-de",
		"eusc-fr", "US", "aws"}
	words := []string{"", "-", "-east", "-EAST_9", "-éast", "-north-west", "-global"}
	ends := []string{"", "-", "-1", "-42", "-1a", "-１", "-1\n", "-1-2"}
	for _, start := range starts {
		for _, word := range words {
			for _, end := range ends {
				region := start + word + end
				if got := endpoint.PartitionOf(region).ID; got != want(region) {
					t.Errorf("region %q is in %s, want %s", region, got, want(region))
				}
			}
		}
	}
}

func TestResolve(t *testing.T) {
	t.Parallel()
	const (
		fips = 1 << iota
		dual
		plain
	)
	tests := []struct {
		region  string
		flags   int
		oidc    string
		portal  string
		signing string // "" means region
	}{
		{"us-east-1", 0, "https://oidc.us-east-1.amazonaws.com", "https://portal.sso.us-east-1.amazonaws.com", ""},
		{"us-east-1", fips, "https://oidc-fips.us-east-1.amazonaws.com", "https://portal.sso-fips.us-east-1.amazonaws.com", ""},
		{"us-east-1", dual, "https://oidc.us-east-1.api.aws", "https://portal.sso.us-east-1.api.aws", ""},
		{"us-east-1", fips | dual, "https://oidc-fips.us-east-1.api.aws", "https://portal.sso-fips.us-east-1.api.aws", ""},
		{"us-east-1", plain, "http://oidc.us-east-1.amazonaws.com", "http://portal.sso.us-east-1.amazonaws.com", ""},
		{"cn-north-1", plain, "http://oidc.cn-north-1.amazonaws.com.cn", "http://portal.sso.cn-north-1.amazonaws.com.cn", ""},
		{"cn-north-9", dual, "https://oidc.cn-north-9.api.amazonwebservices.com.cn", "https://portal.sso.cn-north-9.api.amazonwebservices.com.cn", ""},
		{"us-gov-west-1", 0, "https://oidc.us-gov-west-1.amazonaws.com", "https://portal.sso.us-gov-west-1.amazonaws.com", ""},
		{"us-gov-west-1", fips, "https://oidc.us-gov-west-1.amazonaws.com", "https://portal.sso.us-gov-west-1.amazonaws.com", ""},
		{"us-gov-west-1", fips | dual, "https://oidc-fips.us-gov-west-1.api.aws", "https://portal.sso-fips.us-gov-west-1.api.aws", ""},
		{"aws-us-gov-global", fips, "https://oidc.aws-us-gov-global.amazonaws.com", "https://portal.sso.aws-us-gov-global.amazonaws.com", ""},
		{"aws-global", 0, "https://oidc.aws-global.amazonaws.com", "https://portal.sso.aws-global.amazonaws.com", ""},
		{"aws-cn-global", 0, "https://oidc.aws-cn-global.amazonaws.com.cn", "https://portal.sso.aws-cn-global.amazonaws.com.cn", ""},
		{"eusc-de-east-1", dual, "https://oidc.eusc-de-east-1.api.amazonwebservices.eu", "https://portal.sso.eusc-de-east-1.api.amazonwebservices.eu", ""},
		{"us-iso-west-7", 0, "https://oidc.us-iso-west-7.c2s.ic.gov", "https://portal.sso.us-iso-west-7.c2s.ic.gov", ""},
		{"moon", 0, "https://oidc.moon.amazonaws.com", "https://portal.sso.moon.amazonaws.com", ""},
		{"US-EAST-1", 0, "https://oidc.US-EAST-1.amazonaws.com", "https://portal.sso.US-EAST-1.amazonaws.com", ""},

		{"fips-us-west-2", 0, "https://oidc-fips.us-west-2.amazonaws.com", "https://portal.sso-fips.us-west-2.amazonaws.com", "us-west-2"},
		{"us-west-2-fips", dual, "https://oidc-fips.us-west-2.api.aws", "https://portal.sso-fips.us-west-2.api.aws", "us-west-2"},
		{"us-fips-west-2", 0, "https://oidc-fips.us-west-2.amazonaws.com", "https://portal.sso-fips.us-west-2.amazonaws.com", "us-west-2"},
		{"fips-us-gov-east-1", 0, "https://oidc.us-gov-east-1.amazonaws.com", "https://portal.sso.us-gov-east-1.amazonaws.com", "us-gov-east-1"},
		{"cn-north-1-fips", fips, "https://oidc-fips.cn-north-1.amazonaws.com.cn", "https://portal.sso-fips.cn-north-1.amazonaws.com.cn", "cn-north-1"},
		{"fips-aws-global", 0, "https://oidc-fips.aws-global.amazonaws.com", "https://portal.sso-fips.aws-global.amazonaws.com", "aws-global"},
		{"us-fips-fips-west-2-fips", 0, "https://oidc-fips.us-west-2.amazonaws.com", "https://portal.sso-fips.us-west-2.amazonaws.com", "us-west-2"},
		{"xfips-us-west-2", 0, "https://oidc.xfips-us-west-2.amazonaws.com", "https://portal.sso.xfips-us-west-2.amazonaws.com", ""},
		{"fips", 0, "https://oidc.fips.amazonaws.com", "https://portal.sso.fips.amazonaws.com", ""},
	}
	for _, tt := range tests {
		opts := endpoint.Options{Region: tt.region, FIPS: tt.flags&fips != 0, DualStack: tt.flags&dual != 0,
			DisableHTTPS: tt.flags&plain != 0}
		for service, want := range map[endpoint.Service]string{endpoint.OIDC: tt.oidc, endpoint.Portal: tt.portal} {
			signing := tt.signing
			if signing == "" {
				signing = tt.region
			}
			got, err := endpoint.Resolve(service, opts)
			if err != nil {
				t.Errorf("%s %+v: %v", service, opts, err)
				continue
			}
			if diff := cmp.Diff(endpoint.Endpoint{URL: want, SigningRegion: signing}, got); diff != "" {
				t.Errorf("%s %+v (-want +got):\n%s", service, opts, diff)
			}
		}
	}
}

func TestPartitionWithout(t *testing.T) {
	t.Parallel()
	bare := endpoint.Partition{ID: "tiny", DNSSuffix: "example"}
	tests := []struct {
		fips, dualStack bool
		host, err       string
	}{
		{false, false, "oidc.here-1.example", ""},
		{true, false, "", `region "here-1" is in partition tiny, which has no FIPS endpoints: turn UseFIPS off`},
		{false, true, "", `region "here-1" is in partition tiny, which has no dual-stack endpoints: turn UseDualStack off`},
		{true, true, "", `region "here-1" is in partition tiny, which has no FIPS endpoints: turn UseFIPS off`},
	}
	for _, tt := range tests {
		host, err := bare.Host(endpoint.OIDC, "here-1", tt.fips, tt.dualStack)
		if got := errorText(err); host != tt.host || got != tt.err {
			t.Errorf("FIPS %t, dual-stack %t: %q, %q; want %q, %q", tt.fips, tt.dualStack, host, got, tt.host, tt.err)
		}
	}
}

func TestRefusedRegions(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	for _, region := range []string{
		"x@evil:443/#", "us-east-1\n", "\nus-east-1", "us-east-１", "us.east.1", "us-east-1.", ".", "us_east_1", "us-east_1-1",
		"-us-east-1", "us-east-1-", "-", " us-east-1", "us east 1", "us-east-1\x00", "é", "a\u200db", "a/b", "a?b", "a%62",
		"[::1]", "a:1", "\\", "fips-", "-fips", "-fips-", "fips--a", "a--fips", "fips-x-", "fips-.x", long,
	} {
		for _, base := range []string{"", "http://127.0.0.1:1"} {
			got, err := endpoint.Resolve(endpoint.OIDC, endpoint.Options{Region: region, Custom: base})
			var e *endpoint.Error
			if !errors.As(err, &e) || e.Field != "Region" || e.Value != region || got != (endpoint.Endpoint{}) {
				t.Errorf("region %q, endpoint %q: %+v, %#v", region, base, got, err)
				continue
			}
			if strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' }) {
				t.Errorf("region %q: not one line: %v", region, err)
			}
			if !strings.Contains(err.Error(), "set it to a name such as us-east-1") {
				t.Errorf("region %q: no help in: %v", region, err)
			}
		}
	}
	if _, err := endpoint.Resolve(endpoint.OIDC, endpoint.Options{Region: strings.Repeat("b", 63)}); err != nil {
		t.Errorf("63 letters: %v", err)
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		opts endpoint.Options
		want string
	}{
		{endpoint.Options{}, `region is missing: set it to the region of the Identity Center, such as us-east-1`},
		{endpoint.Options{Region: "a\nb"}, `region "a\nb" is not the name of a region, which has letters, digits and inner ` +
			`dashes only, at most 63: set it to a name such as us-east-1`},
		{endpoint.Options{Region: strings.Repeat("b", 1<<20)}, `region "` + strings.Repeat("b", 80) + `"... is not the name of a ` +
			`region, which has letters, digits and inner dashes only, at most 63: set it to a name such as us-east-1`},
		{endpoint.Options{Custom: "oidc.example.com"}, `endpoint "oidc.example.com" is not an absolute http or https URL: ` +
			`write it like https://oidc.example.com`},
		{endpoint.Options{Custom: "http://example.com"}, `endpoint "http://example.com" would send secrets over plain http: ` +
			`use https, or set DisableHTTPS`},
		{endpoint.Options{Custom: "https://example.com", FIPS: true}, `endpoint "https://example.com" can't be combined with ` +
			`FIPS: turn UseFIPS off, or remove the endpoint`},
		{endpoint.Options{Custom: "https://example.com", Region: "fips-us-east-1"}, `endpoint "https://example.com" can't be ` +
			`combined with a region's FIPS name: name the region itself, or remove the endpoint`},
		{endpoint.Options{Custom: "https://example.com", DualStack: true}, `endpoint "https://example.com" can't be combined ` +
			`with dual-stack: turn UseDualStack off, or remove the endpoint`},
		{endpoint.Options{Custom: "https://me:pa55@example.com"}, `endpoint holds a user name or password: remove what stands before the @`},
		{endpoint.Options{Custom: "https://example.com/?pa55"}, `endpoint has a query or a fragment: remove what follows the ? or #`},
		{endpoint.Options{Custom: "https://example.com/#"}, `endpoint has a query or a fragment: remove what follows the ? or #`},
	}
	for _, tt := range tests {
		_, err := endpoint.Resolve(endpoint.OIDC, tt.opts)
		if got := errorText(err); got != tt.want {
			t.Errorf("%+v:\n got %s\nwant %s", tt.opts, got, tt.want)
		}
	}
}

func TestCustom(t *testing.T) {
	t.Parallel()
	tests := []struct {
		base  string
		plain bool
		want  string // "" where it is refused
	}{
		{"https://example.com", false, "https://example.com"},
		{"https://example.com/", false, "https://example.com"},
		{"HTTPS://example.com:8443//", false, "https://example.com:8443"},
		{"https://example.com/a/b/", false, "https://example.com/a/b"},
		{"https://example.com/a%2Fb%20c", false, "https://example.com/a%2Fb%20c"},
		{"https://my_proxy.internal./x", false, "https://my_proxy.internal./x"},
		{"https://[2001:db8::1]:99", false, "https://[2001:db8::1]:99"},
		{"https://[fe80::1%25eth0]", false, "https://[fe80::1%25eth0]"},
		{"https://example.com", true, "https://example.com"},
		{"http://example.com", true, "http://example.com"},
		{"http://localhost:80", false, "http://localhost:80"},
		{"http://LOCALHOST", false, "http://LOCALHOST"},
		{"http://127.0.0.1:65535", false, "http://127.0.0.1:65535"},
		{"http://127.9.9.9", false, "http://127.9.9.9"},
		{"http://[::1]:8080/x", false, "http://[::1]:8080/x"},

		{"http://example.com", false, ""},
		{"http://128.0.0.1", false, ""},
		{"http://127.1", false, ""},
		{"http://0.0.0.0", false, ""},
		{"http://[::2]", false, ""},
		{"http://[::ffff:127.0.0.1]", false, ""},
		{"http://localhost.example.com", false, ""},
		{"http://localhost@example.com", false, ""},
		{"http://１２７.0.0.1", false, ""},
		{"https://user:pa55word@example.com", false, ""},
		{"https://user:pa55word@example.com", true, ""},
		{"https://user:pa55word%40example.com", false, ""},
		{"https://user:pa55word@exa mple.com", false, ""},
		{"//user:pa55word@example.com", false, ""},
		{"https://@example.com", false, ""},
		{"https://example.com?pa55word", false, ""},
		{"https://example.com?", false, ""},
		{"https://example.com#", false, ""},
		{"https://example.com/#pa55word", false, ""},
		{"ftp://example.com", false, ""},
		{"https:example.com", false, ""},
		{"https://", false, ""},
		{"https:///path", false, ""},
		{"https://:443", false, ""},
		{"https://example.com:", false, ""},
		{"https://example.com:0", false, ""},
		{"https://example.com:65536", false, ""},
		{"https://example.com:x", false, ""},
		{"https://a..b", false, ""},
		{"https://a<b>", false, ""},
		{"https://exämple.com", false, ""},
		{"https://example.com\n", false, ""},
		{" https://example.com", false, ""},
		{"/", false, ""},
		{"%", false, ""},
	}
	for _, tt := range tests {
		for _, region := range []string{"", "eu-west-1"} {
			opts := endpoint.Options{Region: region, Custom: tt.base, DisableHTTPS: tt.plain}
			got, err := endpoint.Resolve(endpoint.Portal, opts)
			if tt.want == "" {
				var e *endpoint.Error
				if !errors.As(err, &e) || e.Field != "Endpoint" || strings.Contains(err.Error(), "pa55") || got != (endpoint.Endpoint{}) {
					t.Errorf("%+v: got %q, %v", opts, got, err)
				}
				continue
			}
			if want := (endpoint.Endpoint{URL: tt.want, SigningRegion: region}); err != nil || got != want {
				t.Errorf("%+v: got %+v, %v; want %+v", opts, got, err, want)
			}
		}
	}
}

// FuzzResolve: whatever the region says, it can only ever fill in one label of a host below the partition's suffix.
func FuzzResolve(f *testing.F) {
	for _, region := range []string{"us-east-1", "fips-us-gov-west-1", "x@evil:443/#", "us-east-1\n", "us.east", "", "-fips-", "cn-x-１"} {
		f.Add(region, false, false, false)
		f.Add(region, true, true, true)
	}
	file := readPartitions(f)
	f.Fuzz(func(t *testing.T, region string, fips, dualStack, plain bool) {
		opts := endpoint.Options{Region: region, FIPS: fips, DualStack: dualStack, DisableHTTPS: plain}
		for _, service := range []endpoint.Service{endpoint.OIDC, endpoint.Portal} {
			got, err := endpoint.Resolve(service, opts)
			if err != nil {
				var e *endpoint.Error
				if !errors.As(err, &e) || got != (endpoint.Endpoint{}) {
					t.Fatalf("%+v: %+v, %#v", opts, got, err)
				}
				continue
			}
			u, err := url.Parse(got.URL)
			if err != nil || u.String() != got.URL || u.Path != "" || u.User != nil || u.Port() != "" {
				t.Fatalf("%+v: %q is not the URL of a bare host: %v", opts, got.URL, err)
			}
			if (u.Scheme == "http") != plain {
				t.Fatalf("%+v: scheme %s", opts, u.Scheme)
			}
			label, suffix, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(u.Host, string(service)), "-fips"), ".")
			if label != "" {
				t.Fatalf("%+v: host %q does not begin with %s", opts, u.Host, service)
			}
			label, suffix, _ = strings.Cut(suffix, ".")
			known := false
			for _, p := range file.Partitions {
				known = known || suffix == p.DNSSuffix && !dualStack || suffix == p.DualStackSuffix && dualStack
			}
			if label != got.SigningRegion || !known || !strings.Contains(region, "fips") && label != region {
				t.Fatalf("%+v: host %q, signing region %q", opts, u.Host, got.SigningRegion)
			}
		}
	})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
