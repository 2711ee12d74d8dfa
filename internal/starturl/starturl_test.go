package starturl_test

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/internal/starturl"
)

var tails = []string{"", "/", "#", "#/"}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		url  string
		want starturl.Info
	}{
		{"https://d-1234567890.awsapps.com/start", starturl.Info{}},
		{"https://my-company.awsapps.com/start", starturl.Info{}},
		{"https://identitycenter.amazonaws.com/ssoins-1234", starturl.Info{}},
		{"https://identitycenter.amazonaws.com.cn/ssoins-1234", starturl.Info{}},
		{"https://identitycenter.amazonaws.eu/ssoins-1234", starturl.Info{}},
		{"https://identitycenter.us-gov.amazonaws.com/ssoins-1234", starturl.Info{}},
		{"https://ssoins-1234.portal.us-west-2.app.aws", starturl.Info{Region: "us-west-2", DualStack: true}},
		{"https://ssoins-1234.us-east-1.portal.amazonaws.com", starturl.Info{Region: "us-east-1"}},
		{"https://ssoins-1234.cn-north-1.portal.amazonaws.com.cn", starturl.Info{Region: "cn-north-1"}},
		{"https://ssoins-1234.eusc-de-east-1.portal.amazonaws.eu", starturl.Info{Region: "eusc-de-east-1"}},
		{"https://ssoins-1234.portal.cn-northwest-1.app.amazonwebservices.com.cn", starturl.Info{Region: "cn-northwest-1"}},
		{"https://ssoins-1234.portal.eusc-de-east-1.api.amazonwebservices.eu", starturl.Info{Region: "eusc-de-east-1"}},
		{"https://start.cn-north-1.home.awsapps.cn/directory/d-1234", starturl.Info{Region: "cn-north-1"}},
		{"https://start.us-gov-home.awsapps.com/directory/d-1234", starturl.Info{}},
		{"https://start.us-gov-west-1.us-gov-home.awsapps.com/directory/d-1234", starturl.Info{Region: "us-gov-west-1"}},

		{"HTTPS://SSOINS-1234.Portal.US-WEST-2.App.AWS/", starturl.Info{Region: "us-west-2", DualStack: true}},
		{"https://ssoins-1234.us-east-1.portal.amazonaws.com:443/x?y", starturl.Info{Region: "us-east-1"}},
		{"https://d-1234567890.awsapps.com/start/#/?tab=accounts", starturl.Info{}},

		// Of AWS's portals, but in none of the known forms: what they tell is not known.
		{"https://us-east-1.d-1234567890.awsapps.com/start", starturl.Info{}},
		{"https://x.us-west-2.app.aws", starturl.Info{}},
		{"https://a.ssoins-1234.portal.us-west-2.app.aws", starturl.Info{}},
		{"https://start.cn-north-1.away.awsapps.cn/directory/d-1234", starturl.Info{}},

		// This machine.
		{"http://127.0.0.1:8080/start", starturl.Info{}},
		{"https://127.0.0.1:8080", starturl.Info{}},
		{"http://localhost:1/start", starturl.Info{}},
		{"http://[::1]:1", starturl.Info{}},
	}
	for _, tt := range tests {
		for _, tail := range tails {
			got, err := starturl.Parse(tt.url + tail)
			if err != nil {
				t.Errorf("%s: %v", tt.url+tail, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tt.url+tail, diff)
			}
		}
	}
}

func TestCompanyDomains(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"https://aws.mycompany.com/start",
		"https://us-east-1.mycompany.com",
		"https://ssoins-1234.portal.us-west-2.app.aws.mycompany.com",
		"https://d-1234567890.awsapps.com.mycompany.com/start",
		"https://myawsapps.com/start",
		"https://awsapps.com/start",
		"https://.awsapps.com.x/start",
		"https://xidentitycenter.amazonaws.com/ssoins-1234",
		"https://identitycenter.us-east-1.amazonaws.com/ssoins-1234",
		"https://mybucket.s3.amazonaws.com/start",
		"https://ssoins-1234..portal.amazonaws.com",
		"https://ssoins-1234.portal.us-west-2.app.amazonwebservices.eu",
		"https://start.us-west-2.home.awsapps.com.cn/directory/d-1234",
		"https://mycompany.com/@me",
		"https://10.0.0.1/start",
		"https://x.portal.%C2%9B.app.aws",
		"https://x_y.awsapps.com/start",
		"https://ｄ-1234567890.awsapps.ｃom/start",
	} {
		for _, tail := range tails {
			info, err := starturl.Parse(text + tail)
			var e *starturl.Error
			if !errors.As(err, &e) || !e.CompanyDomain || e.Value != text+tail || info != (starturl.Info{}) {
				t.Errorf("%s: %+v, %#v; want a company's domain", text+tail, info, err)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	const example = ": copy the AWS access portal URL from the IAM Identity Center console, such as " +
		"https://d-1234567890.awsapps.com/start"
	tests := []struct{ url, want string }{
		{"", "start URL is missing" + example},
		{"d-1234567890", `start URL "d-1234567890" is not a URL` + example},
		{"d-1234567890.awsapps.com/start", `start URL "d-1234567890.awsapps.com/start" is not a URL` + example},
		{"//d-1234567890.awsapps.com/start", `start URL "//d-1234567890.awsapps.com/start" does not begin with https://` + example},
		{"https:d-1234567890.awsapps.com", `start URL "https:d-1234567890.awsapps.com" is not a URL` + example},
		{"https://", `start URL "https://" is not a URL` + example},
		{" https://d-1234567890.awsapps.com/start", `start URL " https://d-1234567890.awsapps.com/start" is not a URL` + example},
		{"https://d-1234567890.awsapps.com/start\n", `start URL "https://d-1234567890.awsapps.com/start\n" is not a URL` + example},
		{"http://d-1234567890.awsapps.com/start", `start URL "http://d-1234567890.awsapps.com/start" does not begin with https://` + example},
		{"ftp://127.0.0.1/start", `start URL "ftp://127.0.0.1/start" does not begin with https://` + example},
		{"http://127.0.0.1.mycompany.com", `start URL "http://127.0.0.1.mycompany.com" does not begin with https://` + example},
		{"https://me:pa55@d-1234567890.awsapps.com/start", "start URL holds a user name or password: remove what stands before the @"},
		{"http://me:pa55@127.0.0.1/start", "start URL holds a user name or password: remove what stands before the @"},
		{"https://me:pa55@d-1 2/start", "start URL is not a URL" + example},
		{"https://me:pa55%40d-12/start", "start URL is not a URL" + example},
		{"https://aws.mycompany.com/" + strings.Repeat("x", 1<<20), `start URL "https://aws.mycompany.com/` + strings.Repeat("x", 94) +
			`"... is not on a domain of AWS's access portals, and a company's own is not supported yet` + example},
	}
	for _, tt := range tests {
		_, err := starturl.Parse(tt.url)
		var e *starturl.Error
		if !errors.As(err, &e) || e.CompanyDomain != strings.Contains(tt.want, "not supported yet") {
			t.Errorf("%.80q: %#v", tt.url, err)
			continue
		}
		if diff := cmp.Diff(tt.want, err.Error()); diff != "" {
			t.Errorf("%.80q (-want +got):\n%s", tt.url, diff)
		}
	}
}

// FuzzParse: nothing that is accepted leads off AWS's domains and this machine, and a region is one label of the text.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"https://d-1.awsapps.com/start", "https://ssoins-1.portal.us-west-2.app.aws#/",
		"http://[::1]:1", "https://a:b@c", "https://x.portal.%75s-west-2.app.aws", "https://x..portal.amazonaws.com"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		info, err := starturl.Parse(text)
		if err != nil {
			var e *starturl.Error
			if !errors.As(err, &e) || info != (starturl.Info{}) {
				t.Fatalf("%q: %+v, %#v", text, info, err)
			}
			return
		}
		u, err := url.Parse(text)
		if err != nil {
			t.Fatalf("%q is accepted: %v", text, err)
		}
		host := strings.ToLower(u.Hostname())
		isAWS := regexp.MustCompile(`^([a-z0-9-]+\.)+(awsapps\.(com|cn)|app\.aws|amazonaws\.(com|com\.cn|eu)|amazonwebservices\.(com\.cn|eu))$`)
		if u.User != nil || !(isAWS.MatchString(host) && u.Scheme == "https" || endpoint.IsLoopback(host)) {
			t.Fatalf("%q is accepted", text)
		}
		if !strings.Contains("."+host+".", "."+info.Region+".") && info.Region != "" || info.DualStack && info.Region == "" {
			t.Fatalf("%q: %+v", text, info)
		}
	})
}
