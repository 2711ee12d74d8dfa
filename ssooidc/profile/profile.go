package profile

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// Profile is what a profile says about signing in, and about what to do then.
type Profile struct {
	// Login makes a session of [login.New], which takes it as it is. Prompt, Browse, Cache and the like are the caller's to set.
	Login login.Config

	// AccountID and RoleName are the role whose credentials the profile stands for. Both are "" where it names none.
	AccountID, RoleName string

	// Region is that of the AWS services to use, which need not be the Identity Center's: that one is in Login. "" where
	// neither the profile nor a variable names one.
	Region string
}

// Load reads a profile. With the name "" it is that of AWS_PROFILE, or else the default profile. optFns name other files; see
// [config.LoadSharedConfigProfile].
//
// What it returns is good for [login.New]. Its error is an [*Error], and says what to write where. Nothing is changed, and
// nothing sent. It is safe for concurrent use.
func Load(ctx context.Context, name string, optFns ...func(*config.LoadSharedConfigOptions)) (Profile, error) {
	l, err := newLoader(optFns)
	if err != nil {
		return Profile{}, err
	}
	name = cmp.Or(name, l.env.SharedConfigProfile, config.DefaultSharedConfigProfile)
	section := l.sectionOf(name)
	shared, err := l.load(ctx, strings.TrimPrefix(section, profilePrefix))
	switch session := l.value(section, keySession); {
	case doesNotExist(err), isOtherKind(name):
		return Profile{}, l.noProfile(name)
	case err != nil && session != "" && !l.has(sessionPrefix+session):
		return Profile{}, l.noSession(section, session)
	case err != nil:
		return Profile{}, l.unusable(section, err)
	}
	if shared.SourceProfileName != "" {
		l.restore(section, &shared)
	}
	p := Profile{
		AccountID: shared.SSOAccountID,
		RoleName:  shared.SSORoleName,
		Region:    cmp.Or(l.env.Region, shared.Region),
	}
	if p.Login, err = l.login(section, &shared); err != nil {
		return Profile{}, err
	}
	if err := l.complete(ctx, section, &shared, &p.Login); err != nil {
		return Profile{}, err
	}
	return p, nil
}

// LoadSession reads an sso-session section by its name, without a profile. No profile's settings count then: endpoints, FIPS,
// dual-stack and the CA bundle are those of the variables. Otherwise it is as [Load].
func LoadSession(ctx context.Context, name string, optFns ...func(*config.LoadSharedConfigOptions)) (login.Config, error) {
	l, err := newLoader(optFns)
	if err != nil {
		return login.Config{}, err
	}
	section := l.spelled(sessionPrefix, name)
	// AWS's package reads such a section too, as it reads a profile's, so that each value is what it is for Load.
	shared, err := l.load(ctx, section)
	switch {
	case doesNotExist(err):
		return login.Config{}, l.noSession("", name)
	case err != nil:
		return login.Config{}, l.unusable(section, err)
	}
	cfg, err := l.session(section, config.SSOSession{Name: name, SSORegion: shared.SSORegion, SSOStartURL: shared.SSOStartURL})
	if err != nil {
		return login.Config{}, err
	}
	if err := l.complete(ctx, "", &config.SharedConfig{}, &cfg); err != nil {
		return login.Config{}, err
	}
	return cfg, nil
}
