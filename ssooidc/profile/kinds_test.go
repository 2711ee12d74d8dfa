package profile_test

import (
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
)

func withScopes(scopes ...string) login.Config {
	cfg := corpConfig
	cfg.Scopes = scopes
	return cfg
}

func at(name, startURL, region string) login.Config {
	return login.Config{Name: name, StartURL: startURL, Region: region}
}

// TestKinds: what people have in their files, and what becomes of it.
func TestKinds(t *testing.T) {
	run(t, []row{
		{name: "a session", load: "dev", config: dev + corp, want: of(corpConfig)},
		{name: "the session before the profile", load: "dev", config: corp + dev, want: of(corpConfig)},
		{name: "a legacy profile", load: "old", config: legacy, want: of(legacyConfig)},
		{name: "both kinds in one file: the session's", load: "dev", config: legacy + corp + dev, want: of(corpConfig)},
		{name: "both kinds in one file: the legacy one", load: "old", config: legacy + corp + dev, want: of(legacyConfig)},
		{
			name: "two Identity Centers, the first", load: "dev",
			config: dev + corp + "[profile lab]\nsso_session = lab\n[sso-session lab]\nsso_start_url = https://lab.awsapps.com/start#/\nsso_region = eu-central-1\n",
			want:   of(corpConfig),
		},
		{
			name: "two Identity Centers, the second", load: "lab",
			config: dev + corp + "[profile lab]\nsso_session = lab\n[sso-session lab]\nsso_start_url = https://lab.awsapps.com/start#/\nsso_region = eu-central-1\n",
			want:   profile.Profile{Login: at("lab", "https://lab.awsapps.com/start#/", "eu-central-1")},
		},
		{
			name: "GovCloud", load: "gov",
			config: "[profile gov]\nsso_session = gov\nregion = us-gov-east-1\n[sso-session gov]\n" +
				"sso_start_url = https://start.us-gov-home.awsapps.com/directory/agency\nsso_region = us-gov-west-1\n",
			want: profile.Profile{
				Login:  at("gov", "https://start.us-gov-home.awsapps.com/directory/agency", "us-gov-west-1"),
				Region: "us-gov-east-1",
			},
		},
		{
			name: "China", load: "cn",
			config: "[profile cn]\nsso_session = cn\nregion = cn-north-1\n[sso-session cn]\n" +
				"sso_start_url = https://start.cn-northwest-1.home.awsapps.cn/directory/d-1234567890\nsso_region = cn-northwest-1\n",
			want: profile.Profile{
				Login:  at("cn", "https://start.cn-northwest-1.home.awsapps.cn/directory/d-1234567890", "cn-northwest-1"),
				Region: "cn-north-1",
			},
		},
		{
			name: "sovereign Europe", load: "eusc",
			config: "[profile eusc]\nsso_session = eusc\nregion = eusc-de-east-1\n[sso-session eusc]\n" +
				"sso_start_url = https://identitycenter.amazonaws.eu/ssoins-1234567890abcdef\nsso_region = eusc-de-east-1\n",
			want: profile.Profile{
				Login:  at("eusc", "https://identitycenter.amazonaws.eu/ssoins-1234567890abcdef", "eusc-de-east-1"),
				Region: "eusc-de-east-1",
			},
		},
		{
			name: "a start URL of another region is for login to warn of", load: "x",
			config: "[profile x]\nsso_session = x\n[sso-session x]\nsso_start_url = https://ssoins-12.portal.us-west-2.app.aws\nsso_region = us-east-1\n",
			want:   profile.Profile{Login: at("x", "https://ssoins-12.portal.us-west-2.app.aws", "us-east-1")},
		},
		{
			name: "a session that repeats the profile's keys", load: "dev",
			config: dev + "sso_start_url = " + startURL + "\nsso_region = us-east-1\n" + corp, want: of(corpConfig),
		},
		{
			name: "no role", load: "dev", config: "[profile dev]\nsso_session = corp\n" + corp,
			want: profile.Profile{Login: corpConfig},
		},
		{
			name: "legacy, no role", load: "old",
			config: "[profile old]\nsso_start_url = " + startURL + "\nsso_region = us-east-1\n",
			want:   profile.Profile{Login: legacyConfig},
		},
		{
			name: "the default profile", config: "[default]\nsso_session = corp\nregion = us-west-2\n" + corp,
			want: profile.Profile{Login: corpConfig, Region: "us-west-2"},
		},
		{
			name: "the default profile in the long form comes first", load: "default",
			config: "[profile default]\nsso_session = corp\nregion = us-west-2\n[default]\nregion = eu-west-1\n" + corp,
			want:   profile.Profile{Login: corpConfig, Region: "us-west-2"},
		},
		{name: "AWS_PROFILE", env: "AWS_PROFILE=dev", config: dev + corp, want: of(corpConfig)},
		{name: "AWS_DEFAULT_PROFILE", env: "AWS_DEFAULT_PROFILE=dev", config: dev + corp, want: of(corpConfig)},
		{name: "a name before AWS_PROFILE", load: "dev", env: "AWS_PROFILE=old", config: legacy + dev + corp, want: of(corpConfig)},
		{
			name: "a role to assume beside the sign-in's", load: "dev", config: dev + "credential_process = sso credentials -profile dev\n" + corp,
			want: of(corpConfig),
		},

		{
			name: "scopes", load: "dev", config: dev + corp + "sso_registration_scopes = sso:account:access,codewhisperer:completions\n",
			want: of(withScopes("sso:account:access", "codewhisperer:completions")),
		},
		{
			name: "scopes, oddly spaced", load: "dev", config: dev + corp + "SSO_Registration_Scopes=  sso:account:access ,, openid,  # those two\n",
			want: of(withScopes("sso:account:access", "openid")),
		},
		{name: "scopes in quotes", load: "dev", config: dev + corp + "sso_registration_scopes = \"openid, email\"\n", want: of(withScopes("openid", "email"))},
		{
			name: "scopes below a header with a comment", load: "dev",
			config: dev + "[ sso-session \t corp ] # as [profile dev] says\nsso_start_url = " + startURL + "\nsso_region = us-east-1\nsso_registration_scopes = openid\n",
			want:   of(withScopes("openid")),
		},
		{
			name: "scopes on several lines", load: "dev",
			config: dev + corp + "sso_registration_scopes = openid, # first\n# a comment\n\n  sso:account:access\n\temail\n  sso_region = us-east-1\n",
			want:   of(withScopes("openid", "sso:account:access", "email")),
		},
		{
			name: "scopes below their key", load: "dev",
			config: dev + corp + "sso_registration_scopes =\r\n  openid\r\n  email\r\nx = 1\r\n  y\r\n",
			want:   of(withScopes("openid", "email")),
		},
		{name: "empty scopes", load: "dev", config: dev + corp + "sso_registration_scopes =\n", want: of(corpConfig)},
		{
			name: "scopes of another session", load: "dev",
			config: dev + corp + "[sso-session corp.eu]\nsso_registration_scopes = openid\n[sso-session cor]\nsso_registration_scopes = email\n", want: of(corpConfig),
		},
		{
			name: "a session named after another", load: "eu",
			config: "[profile eu]\nsso_session = corp.eu\n" + corp + "sso_registration_scopes = openid\n" +
				"[sso-session corp.eu]\nsso_start_url = https://eu.awsapps.com/start\nsso_region = eu-west-1\n",
			want: profile.Profile{Login: at("corp.eu", "https://eu.awsapps.com/start", "eu-west-1")},
		},
		{name: "scopes do not belong to a legacy profile", load: "old", config: legacy + "sso_registration_scopes = openid\n", want: of(legacyConfig)},
	})
}

// TestSpelling: files as people, editors and other tools write them.
func TestSpelling(t *testing.T) {
	const sloppy = "\r\n# a comment\r\n;another\r\n[ profile\t dev ]   # and one more [here]\r\nSSO_Session=corp ; his\r\nsso_account_id:111122223333\r\n" +
		"sso_role_name =   'ReadOnly'\r\nregion = eu-west-1\t# near\r\n\r\n[sso-session   corp]\r\n" +
		"sso_start_url\t=\t\"https://d-1234567890.awsapps.com/start\"\r\nsso_region=us-east-1 #us-west-2\r\n"
	url := func(u string) login.Config {
		cfg := corpConfig
		cfg.StartURL = u
		return cfg
	}
	run(t, []row{
		{name: "sloppy", load: "dev", config: sloppy, want: of(corpConfig)},
		{
			name: "a # in the start URL is no comment", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = https://d-1234567890.awsapps.com/start#/\nsso_region = us-east-1\n",
			want:   of(url("https://d-1234567890.awsapps.com/start#/")),
		},
		{
			name: "variables are not filled in", load: "dev",
			config: dev + "[sso-session corp]\nsso_start_url = https://d-1234567890.awsapps.com/$HOME/${HOME}\nsso_region = us-east-1\n",
			want:   of(url("https://d-1234567890.awsapps.com/$HOME/${HOME}")),
		},
		{
			name: "nor are other keys", load: "dev",
			config: "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = %(region)s\nregion = eu-west-1\n" + corp,
			want:   of(corpConfig, func(p *profile.Profile) { p.RoleName = "%(region)s" }),
		},
		{name: "no line feed at the end", load: "dev", config: dev + "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region = us-east-1", want: of(corpConfig)},
		{name: "a key twice: the last one", load: "dev", config: dev + "region = us-west-1\nregion = eu-west-1\n" + corp, want: of(corpConfig)},
		{
			name: "a section in two parts", load: "dev",
			config: "[profile dev]\nsso_session = corp\n" + corp + "[profile dev]\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\nregion = eu-west-1\n",
			want:   of(corpConfig),
		},
		{
			name: "sections for other tools, nested keys, lines that mean nothing", load: "dev",
			config: "global = 1\n[plugins]\ncli_legacy_plugin_path = /x\n[toolkit]\nwhatever\n" + dev + "s3 =\n  max_concurrent_requests = 20\n  region = us-west-2\n  sso_region = eu-west-1\n\n" + corp,
			want:   of(corpConfig),
		},
		{name: "a role beside the session", load: "dev", config: dev + "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = dev\n" + corp, want: of(corpConfig)},
		{name: "another profile's role beside the session", load: "dev", config: dev + "role_arn = arn:aws:iam::111122223333:role/x\nsource_profile = base\n[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n" + corp, want: of(corpConfig)},
		{name: "a name in quotes, as the AWS CLI writes it", load: "my dev", config: "[profile 'my dev']\nsso_session = corp\n" + corp, want: profile.Profile{Login: corpConfig}},
		{name: "a name in double quotes", load: "dev", config: "[profile \"dev\"]\nsso_session = corp\n" + corp, want: profile.Profile{Login: corpConfig}},
		{name: "a name with spaces", load: "my dev", config: "[profile my dev]\nsso_session = corp\n" + corp, want: profile.Profile{Login: corpConfig}},
		{
			name: "names beyond ASCII", load: "büro",
			config: "[profile büro]\nsso_session = 本社\n[sso-session 本社]\nsso_start_url = " + startURL + "\nsso_region = us-east-1\n",
			want:   profile.Profile{Login: at("本社", startURL, "us-east-1")},
		},
		{name: "a backslash at the end of a line", load: "dev", config: "[profile x]\ncredential_process = C:\\bin\\\n" + dev + corp, want: of(corpConfig)},
	})
}
