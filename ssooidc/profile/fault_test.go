package profile_test

import (
	"strings"
	"testing"
)

// TestFaults: what is missing, contradictory or impossible, and what people are told.
func TestFaults(t *testing.T) {
	without := func(text, line string) string { return cut(t, text, line) }
	run(t, []row{
		{
			name: "an empty file", load: "dev",
			err: `profile: FILE: there is no profile "dev", and no other: make it with "aws configure sso"`,
		},
		{
			name: "no such profile", load: "prod",
			config: dev + legacy + corp,
			err:    `profile: FILE: there is no profile "prod" (there is dev and old): name one that is there, here or in AWS_PROFILE, or make it with "aws configure sso"`,
		},
		{
			name: "many profiles, and default", load: "prod",
			config: "[profile p01]\n[profile p02]\n[profile p03]\n[profile p04]\n[profile p05]\n[profile p06]\n[profile p07]\n[profile p08]\n[profile p09]\n[profile p10]\n[default]\n",
			err:    `profile: FILE: there is no profile "prod" (there is default, p01, p02, p03, p04, p05, p06, p07, p08, p09 and ...): name one that is there, here or in AWS_PROFILE, or make it with "aws configure sso"`,
		},
		{
			name:   "no default profile",
			config: dev + corp,
			err:    `profile: FILE: there is no profile "default" (there is dev): name one that is there, here or in AWS_PROFILE, or make it with "aws configure sso"`,
		},
		{
			name: "AWS_PROFILE names none", env: "AWS_PROFILE=prod",
			config: dev + corp,
			err:    `profile: FILE: there is no profile "prod" (there is dev): name one that is there, here or in AWS_PROFILE, or make it with "aws configure sso"`,
		},
		{
			name: "the section's kind is missing", load: "dev",
			config: "[dev]\nsso_session = corp\n" + corp,
			err:    `profile: FILE: there is no profile "dev": write [profile dev] instead of [dev]`,
		},
		{
			name: "a session is no profile", load: "sso-session corp",
			config: corp,
			err:    `profile: FILE: there is no profile "sso-session corp", and no other: make it with "aws configure sso"`,
		},
		{
			name: "not for signing in", load: "keys",
			config: "[profile keys]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = wJalrXUtnFEMI\n",
			err:    `profile: FILE: [profile keys] has no sso_session: write "sso_session = NAME" below [profile keys], and a section [sso-session NAME] with sso_start_url and sso_region; "aws configure sso" does both`,
		},
		{
			name: "a role of another profile's", load: "admin",
			config: "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = dev\n" + dev + corp,
			err:    `profile: FILE: [profile admin] takes its credentials from source_profile = dev: sign in with that profile`,
		},
		{
			name: "a role of a missing profile's", load: "admin",
			config: "[profile admin]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = base\n",
			err:    `profile: FILE: [profile admin] has source_profile = base, but there is no section [profile base]: write it, or name a profile that is there`,
		},
		{
			name: "a role of a profile that takes it back", load: "a",
			config: "[profile a]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::111122223333:role/B\nsource_profile = a\n",
			err:    `profile: FILE: [profile a] has source_profile = b, which leads back here: name a profile that has credentials of its own`,
		},
		{
			name: "an endpoint of no service", load: "dev",
			config: dev + "services = local\n[services local]\nsso_oidc =\nendpoint_url = https://one.example.com\n" + corp,
			err:    `profile: FILE: [services local] has an endpoint_url of no service, which AWS's tools ignore: write "sso_oidc =" above it, and indent it`,
		},
		{
			name: "a comment behind a service's endpoint", load: "dev",
			config: dev + "services = local\n[services local]\nsso_oidc =\n  endpoint_url = https://one.example.com # mine\n" + corp,
			err:    `profile: FILE: [services local] endpoint_url has a comment behind it, which AWS's tools take for a part of the URL here: write that on a line of its own`,
		},
		{
			name: "half of a pair of keys", load: "dev",
			config: dev + "aws_secret_access_key = wJalrXUtnFEMI\n" + corp,
			err:    `profile: FILE: [profile dev] has aws_secret_access_key without aws_access_key_id: write both, or remove it`,
		},
		{
			name: "the other half", load: "dev",
			config: dev + "aws_access_key_id = AKIAIOSFODNN7EXAMPLE\n" + corp,
			err:    `profile: FILE: [profile dev] has aws_access_key_id without aws_secret_access_key: write both, or remove it`,
		},
		{
			name: "a header for a name", load: "profile dev",
			config: dev + corp,
			err:    `profile: FILE: there is no profile "profile dev": name it "dev"`,
		},
		{
			name: "a byte order mark", load: "default",
			config: "\ufeff[default]\nsso_session = corp\n" + corp,
			err:    `profile: FILE: begins with a byte order mark, which AWS's tools do not take: save it as UTF-8 without one`,
		},
		{
			name: "UTF-16", load: "default",
			config: "\xff\xfe[\x00d\x00",
			err:    `profile: FILE: begins with a byte order mark, which AWS's tools do not take: save it as UTF-8 without one`,
		},
		{
			name: "what AWS's package refuses", load: "dev",
			config: dev + "retry_mode = legacy\n" + corp,
			err:    `profile: FILE: [profile dev] retry_mode can't be used: unknown RetryMode, legacy: write standard or adaptive, or remove the line`,
		},
		{
			name: "what AWS's package refuses, and says what it takes", load: "dev",
			config: dev + "account_id_endpoint_mode = x\n" + corp,
			err:    `profile: FILE: [profile dev] account_id_endpoint_mode can't be used: invalid value for shared config profile field, account_id_endpoint_mode=x, must be preferred/required/disabled: write that, or remove the line`,
		},
		{
			name: "two kinds of credentials", load: "dev",
			config: dev + "role_arn = arn:aws:iam::111122223333:role/Admin\ncredential_source = Environment\nsource_profile = dev\n" + corp,
			err: `profile: FILE: [profile dev] can't be used: only one credential type may be specified per profile: ` +
				`source profile, credential source, credential process, web identity token: correct that, or name another profile`,
		},
		{
			name: "a variable that AWS's package refuses", load: "dev", env: "AWS_RETRY_MODE=legacy",
			config: dev + corp,
			err:    `profile: AWS_RETRY_MODE can't be used: unknown RetryMode, legacy: set it to standard or adaptive, or unset it`,
		},
		{
			name: "a variable that is no number", load: "dev", env: "AWS_MAX_ATTEMPTS=many",
			config: dev + corp,
			err:    `profile: AWS_MAX_ATTEMPTS can't be used: invalid value AWS_MAX_ATTEMPTS=many, strconv.ParseInt: parsing "many": invalid syntax: set it to a number, or unset it`,
		},
		{
			name: "an account that is none", load: "dev",
			config: "[profile dev]\nsso_session = corp\nsso_account_id = 1111-2222-3333\nsso_role_name = ReadOnly\n" + corp,
			err:    `profile: FILE: [profile dev] has sso_account_id = 1111-2222-3333, which is no account: write its twelve digits alone, such as 111122223333`,
		},
		{
			name: "an account that is too short", load: "dev",
			config: "[profile dev]\nsso_session = corp\nsso_account_id = 11\nsso_role_name = ReadOnly\n" + corp,
			err:    `profile: FILE: [profile dev] has sso_account_id = 11, which is no account: write its twelve digits alone, such as 111122223333`,
		},
		{
			name: "a session in quotes", load: "dev",
			config: dev + strings.Replace(corp, "corp", `"corp"`, 1),
			err:    `profile: FILE: [profile dev] has sso_session = corp, and its section is [sso-session "corp"], with quotes that AWS's Go SDK does not take off: write [sso-session corp]`,
		},
		{
			name: "a session in quotes that it needs", load: "dev",
			config: "[profile dev]\nsso_session = my corp\n" + strings.Replace(corp, "corp", "'my corp'", 1),
			err: `profile: FILE: [profile dev] has sso_session = my corp, and its section is [sso-session 'my corp'], with quotes that ` +
				`AWS's Go SDK does not take off: give the session a name without spaces, both here and there`,
		},

		{
			name: "no such session, none there", load: "dev",
			config: dev,
			err:    `profile: FILE: [profile dev] has sso_session = corp, but there is no section [sso-session corp]: write one, with "sso_start_url = ..." and "sso_region = ..." below it`,
		},
		{
			name: "no such session, others there", load: "dev",
			config: dev + "[sso-session lab]\n[sso-session ops]\n",
			err:    `profile: FILE: [profile dev] has sso_session = corp, but there is no section [sso-session corp]: write one that is there (lab and ops), or add one, with "sso_start_url = ..." and "sso_region = ..." below it`,
		},
		{
			name: "an empty session", load: "dev",
			config: dev + "[sso-session corp]\n",
			err:    `profile: FILE: [sso-session corp] lacks sso_start_url and sso_region: write, with your own values, "sso_start_url = https://d-1234567890.awsapps.com/start" and "sso_region = us-east-1" below [sso-session corp]`,
		},
		{
			name: "a session without a start URL", load: "dev",
			config: dev + without(corp, "sso_start_url"),
			err:    `profile: FILE: [sso-session corp] lacks sso_start_url: write, with your own values, "sso_start_url = https://d-1234567890.awsapps.com/start" below [sso-session corp]`,
		},
		{
			name: "a session without a region", load: "dev",
			config: dev + without(corp, "sso_region"),
			err:    `profile: FILE: [sso-session corp] lacks sso_region: write, with your own values, "sso_region = us-east-1" below [sso-session corp]`,
		},
		{
			name: "the region is in the profile instead", load: "dev",
			config: dev + "sso_region = us-east-1\n" + without(corp, "sso_region"),
			err:    `profile: FILE: [sso-session corp] lacks sso_region: write, with your own values, "sso_region = us-east-1" below [sso-session corp]`,
		},
		{
			name: "an empty region", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region =\n",
			err:    `profile: FILE: [sso-session corp] lacks sso_region: write, with your own values, "sso_region = us-east-1" below [sso-session corp]`,
		},
		{
			name: "a session without an account", load: "dev",
			config: without(dev, "sso_account_id") + corp,
			err:    `profile: FILE: [profile dev] lacks sso_account_id: write, with your own values, "sso_account_id = 111122223333" below [profile dev]`,
		},
		{
			name: "a session without a role", load: "dev",
			config: without(dev, "sso_role_name") + corp,
			err:    `profile: FILE: [profile dev] lacks sso_role_name: write, with your own values, "sso_role_name = ReadOnlyAccess" below [profile dev]`,
		},
		{
			name: "another start URL than the session's", load: "dev",
			config: dev + "sso_start_url = https://lab.awsapps.com/start\n" + corp,
			err:    `profile: FILE: [profile dev] has sso_start_url = https://lab.awsapps.com/start, but its [sso-session corp] has https://d-1234567890.awsapps.com/start: remove the one in [profile dev], or make both the same`,
		},
		{
			name: "another region than the session's", load: "dev",
			config: dev + "sso_region = eu-west-1\n" + corp,
			err:    `profile: FILE: [profile dev] has sso_region = eu-west-1, but its [sso-session corp] has us-east-1: remove the one in [profile dev], or make both the same`,
		},

		{
			name: "legacy without a start URL", load: "old",
			config: without(legacy, "sso_start_url"),
			err:    `profile: FILE: [profile old] lacks sso_start_url: write, with your own values, "sso_start_url = https://d-1234567890.awsapps.com/start" below [profile old]`,
		},
		{
			name: "legacy without a region", load: "old",
			config: without(legacy, "sso_region"),
			err:    `profile: FILE: [profile old] lacks sso_region: write, with your own values, "sso_region = us-east-1" below [profile old]`,
		},
		{
			name: "legacy with a role alone", load: "old",
			config: "[profile old]\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\n",
			err:    `profile: FILE: [profile old] lacks sso_start_url and sso_region: write, with your own values, "sso_start_url = https://d-1234567890.awsapps.com/start" and "sso_region = us-east-1" below [profile old]`,
		},
		{
			name: "legacy without an account", load: "old",
			config: without(legacy, "sso_account_id"),
			err:    `profile: FILE: [profile old] lacks sso_account_id: write, with your own values, "sso_account_id = 111122223333" below [profile old]`,
		},
		{
			name: "legacy without a role", load: "old",
			config: without(legacy, "sso_role_name"),
			err:    `profile: FILE: [profile old] lacks sso_role_name: write, with your own values, "sso_role_name = ReadOnlyAccess" below [profile old]`,
		},

		{
			name: "a start URL over plain http", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = http://d-1234567890.awsapps.com/start\nsso_region = us-east-1\n",
			err:    `profile: FILE: [sso-session corp] sso_start_url "http://d-1234567890.awsapps.com/start" does not begin with https://: copy the AWS access portal URL from the IAM Identity Center console, such as https://d-1234567890.awsapps.com/start`,
		},
		{
			name: "a company's domain", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = https://sso.example.com\nsso_region = us-east-1\n",
			err:    `profile: FILE: [sso-session corp] sso_start_url "https://sso.example.com" is not on a domain of AWS's access portals, and a company's own is not supported yet: copy the AWS access portal URL from the IAM Identity Center console, such as https://d-1234567890.awsapps.com/start`,
		},
		{
			name: "a region that is none", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region = us east 1\n",
			err:    `profile: FILE: [sso-session corp] sso_region "us east 1" is not the name of a region, which has letters, digits and inner dashes only, at most 63: set it to a name such as us-east-1`,
		},
		{
			name: "scopes separated by spaces", load: "dev",
			config: dev + corp + "sso_registration_scopes = openid email\n",
			err:    `profile: FILE: [sso-session corp] sso_registration_scopes "openid email" has a space, and a scope has none: name each scope by itself, separated by commas`,
		},
		{
			name: "a section that nothing closes", load: "dev",
			config: dev + corp + "[profile x\naws_secret_access_key = wJalrXUtnFEMI\n",
			err:    "profile: FILE: can't be read as a configuration file: look for a line with a [ that nothing closes, or with nothing in its brackets",
		},

		{
			name: "a quote that nothing closes", load: "dev",
			config: dev + corp + "[profile x]\nregion = \" # ?\n",
			err:    "profile: FILE: [profile x] has a quote alone for its region, and AWS's tools then read no profile of the file: close it, or remove it",
		},
		{
			name: "neither true nor false", load: "dev",
			config: dev + "use_fips_endpoint = yes\n" + corp,
			err:    `profile: FILE: [profile dev] has use_fips_endpoint = yes: write true or false`,
		},
		{
			name: "a variable neither true nor false", load: "dev", env: "AWS_USE_FIPS_ENDPOINT=yes",
			config: dev + corp,
			err:    `profile: AWS_USE_FIPS_ENDPOINT can't be used: invalid value for environment variable, AWS_USE_FIPS_ENDPOINT=yes, need true, false: set it to that, or unset it`,
		},
		{
			name: "no such services", load: "dev",
			config: dev + "services = local\n" + corp,
			err:    `profile: FILE: [profile dev] has services = local, but there is no section [services local]: write one, or remove the line`,
		},
		{
			name: "an endpoint where services have none", load: "dev",
			config: dev + "services = local\n[services local]\nsso_oidc = https://oidc.example.com\n" + corp,
			err:    `profile: FILE: [services local] sso_oidc has a value, which AWS's tools ignore: write "sso_oidc =" alone, and below it, indented, "endpoint_url = " and the URL`,
		},
		{
			name: "FIPS and an endpoint", load: "dev",
			config: dev + "use_fips_endpoint = true\nendpoint_url = https://proxy.example.com\n" + corp,
			err:    `profile: FILE: [profile dev] endpoint_url does not go with use_fips_endpoint of [profile dev]: remove one of them`,
		},
		{
			name: "dual-stack and an endpoint of a variable", load: "dev", env: "AWS_ENDPOINT_URL_SSO=https://proxy.example.com",
			config: dev + "use_dualstack_endpoint = true\n" + corp,
			err:    `profile: AWS_ENDPOINT_URL_SSO does not go with use_dualstack_endpoint of [profile dev]: remove one of them`,
		},
		{
			name: "an endpoint over plain http", load: "dev",
			config: dev + "endpoint_url = http://proxy.example.com\n" + corp,
			err:    `profile: FILE: [profile dev] endpoint_url "http://proxy.example.com" would send secrets over plain http: use https`,
		},
		{
			name: "an endpoint of services that is none", load: "dev",
			config: dev + "services = local\n[services local]\nsso =\n  endpoint_url = proxy\n" + corp,
			err:    `profile: FILE: [services local] endpoint_url "proxy" is not an absolute http or https URL: write it like https://oidc.example.com`,
		},
		{
			name: "an endpoint with a password", load: "dev", env: "AWS_ENDPOINT_URL=https://me:hunter2@proxy.example.com",
			config: dev + corp,
			err:    `profile: AWS_ENDPOINT_URL holds a user name or password: remove what stands before the @`,
		},
		{
			name: "certificates that are not there", load: "dev",
			config: dev + "ca_bundle = /nowhere/ca.pem\n" + corp,
			err:    `profile: FILE: [profile dev] ca_bundle can't be read: open /nowhere/ca.pem: SYSTEM: name a file of PEM certificates, or remove the line`,
		},
		{
			name: "certificates that are none", load: "dev",
			config: dev + "ca_bundle = testdata/config\n" + corp,
			err:    `profile: FILE: [profile dev] ca_bundle = testdata/config holds no PEM certificate: name a file of PEM certificates, or remove the line`,
		},
	})
}
