package compare_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// Regions that nobody lists: new ones, new partitions, and what partitions are called themselves.
var unlistedRegions = []string{
	"us-north-7", "eu-west-99", "mx-north-1", "xx-east-1", "cn-east-3", "us-gov-north-1", "us-iso-north-1",
	"us-isob-south-9", "us-isof-east-9", "us-isoz-east-1", "eu-isoe-east-2", "eusc-de-west-2", "eusc-fr-west-1",
	"aws", "aws-global", "aws-cn-global", "aws-us-gov-global", "us-east", "us-east-1a", "us-east-1-2",
	"us-gov-east", "localhost", "1", "US-EAST-1",
}

// Texts that are no regions, many of them meant to make another host of the URL.
var oddRegions = []string{
	"", " ", "-", "--", "us-east-1 ", " us-east-1", "us east 1", "us_east_1", "us-east-1\n", "us-east-1\x00",
	"x@evil:443/#", "evil/", "evil#", "evil?", "evil:443", "us-east-1%2f", "%75s-east-1", "us-east-１", "ü-east-1",
	"[::1]", "-us-east-1", "us-east-", "us-east-1-", "us-east-1/", `us-east-1\`, strings.Repeat("a", 63), strings.Repeat("a", 64),
}

// TestEndpoints asks both clients where they send requests to, and what region they sign them for, in every
// region of the partitions and of the description, in regions that nobody lists, and in texts that are none,
// with and without FIPS and dual-stack.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	for name, regions := range map[string][]string{
		"listed":     partitionRegions(t),
		"described":  describedRegions(t),
		"unlisted":   unlistedRegions,
		"pseudo":     pseudoRegions(t),
		"odd":        oddRegions,
		"random odd": randomRegions(2000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, refused := 0, 0
			for _, region := range regions {
				if strings.Contains(region, ".") {
					t.Fatalf("region %q has a dot: AWS's client takes such names, ours does not", region)
				}
				for variant := range 4 {
					fips, dualStack := variant&1 != 0, variant&2 != 0
					want := theirPlace(region, fips, dualStack)
					if strings.Contains(region, "fips") && want.url != "" {
						// AWS's client signs for the pseudo-region as it is, which no service takes.
						want.scope = strings.Split(want.url, ".")[1] + "/sso-oauth/aws4_request"
					}
					got := ourPlace(region, fips, dualStack)
					if got != want {
						t.Errorf("region %q, FIPS %t, dual-stack %t: ours sends to %q, AWS's client to %q",
							region, fips, dualStack, got, want)
					}
					if want == (place{}) {
						refused++
					} else {
						sent++
					}
				}
			}
			t.Logf("%-12s %4d regions: %5d endpoints equal, %5d refused by both", name, len(regions), sent, refused)
		})
	}
}

// TestEndpointsApart has the regions that the clients differ over, and how.
func TestEndpointsApart(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ region, ours, theirs string }{
		// AWS's client takes dots, with which a region names any host below the partition's domain.
		{"us-east-1.evil", "", "https://oidc.us-east-1.evil.amazonaws.com"},
		{"a.b", "", "https://oidc.a.b.amazonaws.com"},
		// It cuts fips- and -fips out of the middle of words, too.
		{"usfips-east-1", "https://oidc.usfips-east-1.amazonaws.com", "https://oidc-fips.useast-1.amazonaws.com"},
		{"us-fipseast-1", "https://oidc.us-fipseast-1.amazonaws.com", "https://oidc-fips.useast-1.amazonaws.com"},
		// And it checks the name only before that.
		{"fips--fips-2", "", "https://oidc-fips.-2.amazonaws.com"},
	} {
		ours, theirs := ourPlace(row.region, false, false), theirPlace(row.region, false, false)
		if base := strings.TrimSuffix(ours.url, iamPath); base != row.ours {
			t.Errorf("region %q: ours sends to %q, not %q", row.region, base, row.ours)
		}
		if base := strings.TrimSuffix(theirs.url, iamPath); base != row.theirs {
			t.Errorf("region %q: AWS's client sends to %q, not %q", row.region, base, row.theirs)
		}
	}
}

// iamPath ends every address here: CreateTokenWithIAM is the operation that also shows the signing region.
const iamPath = "/token?aws_iam=t"

// place is where a request goes, and for which region and service it is signed. Zero is nowhere.
type place struct{ url, scope string }

func ourPlace(region string, fips, dualStack bool) place {
	rec := &recorder{answer: answer{status: 200, body: `{"accessToken":"a"}`}}
	client, err := ssooidc.New(ssooidc.Options{
		Region: region, UseFIPS: fips, UseDualStack: dualStack,
		HTTPClient: &http.Client{Transport: rec}, Credentials: signer, Retryer: aws.NopRetryer{},
	})
	if err != nil {
		return place{}
	}
	_, err = client.CreateTokenWithIAM(context.Background(), &ssooidc.CreateTokenWithIAMRequest{ClientID: "c", GrantType: "g"})
	return placeOf(rec, err)
}

func theirPlace(region string, fips, dualStack bool) place {
	rec := &recorder{answer: answer{status: 200, body: `{"accessToken":"a"}`}}
	options := awsssooidc.Options{
		Region: region, HTTPClient: &http.Client{Transport: rec}, Credentials: signer, Retryer: aws.NopRetryer{},
	}
	if fips {
		options.EndpointOptions.UseFIPSEndpoint = aws.FIPSEndpointStateEnabled
	}
	if dualStack {
		options.EndpointOptions.UseDualStackEndpoint = aws.DualStackEndpointStateEnabled
	}
	_, err := awsssooidc.New(options).CreateTokenWithIAM(context.Background(), &awsssooidc.CreateTokenWithIAMInput{
		ClientId: aws.String("c"), GrantType: aws.String("g"),
	})
	return placeOf(rec, err)
}

func placeOf(rec *recorder, err error) place {
	req := rec.take()
	if req == nil || err != nil {
		return place{}
	}
	return place{req.url, credentialScope(req)}
}

func partitionRegions(t *testing.T) (regions []string) {
	t.Helper()
	var file struct{ Partitions []struct{ Regions []string } }
	readJSON(t, "testdata/partitions.json", &file)
	for _, p := range file.Partitions {
		regions = append(regions, p.Regions...)
	}
	return regions
}

func describedRegions(t *testing.T) (regions []string) {
	t.Helper()
	var file struct {
		Servers []struct {
			URL     string
			Regions []string
		}
	}
	readJSON(t, "testdata/openapi-2019-06-10.json", &file)
	for _, s := range file.Servers {
		if strings.HasPrefix(s.URL, "https:") {
			regions = append(regions, s.Regions...)
		}
	}
	if len(regions) != 25 {
		t.Fatalf("%d regions described, not 25", len(regions))
	}
	return regions
}

// pseudoRegions are the names that mean FIPS in a region.
func pseudoRegions(t *testing.T) (regions []string) {
	t.Helper()
	for _, region := range append(partitionRegions(t), unlistedRegions...) {
		first, rest, _ := strings.Cut(region, "-")
		regions = append(regions, "fips-"+region, region+"-fips", first+"-fips-"+rest, "fips-"+region+"-fips", "fips-fips-"+region)
	}
	return append(regions, "fips", "fips-", "-fips", "-fips-", "fips-fips", "us-fips-fips-east-1")
}

// randomRegions are texts of what regions are made of, and of what they are not.
func randomRegions(count int) []string {
	parts := []string{"us", "eu", "cn", "gov", "iso", "east", "1", "2", "-", "-", "-", "-", "_", "@", ":", "/", "#", "%", " ", "é"}
	r := rand.New(rand.NewPCG(2019, 6))
	regions := make([]string, count)
	for i := range regions {
		for range 1 + r.IntN(8) {
			regions[i] += parts[r.IntN(len(parts))]
		}
	}
	return regions
}
