// Package profile takes what a sign-in needs from ~/.aws/config, where the AWS CLI and AWS's SDKs have it too.
//
//	p, err := profile.Load(ctx, "dev") // "": AWS_PROFILE, or else the default profile
//	...
//	session, err := login.New(p.Login)
//
// Both kinds of profile will do:
//
//	[profile dev]
//	sso_session = corp
//	sso_account_id = 111122223333
//	sso_role_name = ReadOnlyAccess
//	region = eu-west-1
//
//	[sso-session corp]
//	sso_start_url = https://d-1234567890.awsapps.com/start
//	sso_region = us-east-1
//	sso_registration_scopes = sso:account:access
//
// and the legacy one, which has sso_start_url and sso_region itself. Its token can't be refreshed. The account and the role
// may be missing in either, but only both together: such a profile can sign in, and has no credentials. Scopes are separated by
// commas, and may go on over several indented lines. A profile's name may be in quotes in its header, as the AWS CLI writes one
// with spaces.
//
// # Files and variables
//
// The file is AWS_CONFIG_FILE, where a leading ~ is the home folder, or ~/.aws/config; an optFn that sets ConfigFiles comes
// before both. The credentials file holds nothing that a sign-in needs, and is read only if an optFn sets
// CredentialsFiles. These settings of the profile count too, both for the service and for its portal, and the variables
// come first, as in AWS's SDKs:
//
//	region                           AWS_REGION, AWS_DEFAULT_REGION
//	use_fips_endpoint                AWS_USE_FIPS_ENDPOINT
//	use_dualstack_endpoint           AWS_USE_DUALSTACK_ENDPOINT
//	endpoint_url                     AWS_ENDPOINT_URL
//	  of sso_oidc in its services    AWS_ENDPOINT_URL_SSO_OIDC (the service)
//	  of sso in its services         AWS_ENDPOINT_URL_SSO (the portal)
//	ignore_configured_endpoint_urls  AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
//	ca_bundle                        AWS_CA_BUNDLE
//
// An endpoint is the first of AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL, the services section's and the profile's own. It goes
// with neither FIPS nor dual-stack. The proxy variables are read when requests are sent.
package profile
