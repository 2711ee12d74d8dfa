package profile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// login is what a profile's section says of the session, itself or by naming one.
func (l *loader) login(section string, shared *config.SharedConfig) (login.Config, error) {
	var cfg login.Config
	var err error
	switch {
	case shared.SSOSession != nil:
		for _, key := range [...]string{keyStartURL, keyRegion} {
			if err := l.contradiction(section, sessionPrefix+shared.SSOSession.Name, key); err != nil {
				return login.Config{}, err
			}
		}
		cfg, err = l.session(sessionPrefix+shared.SSOSession.Name, *shared.SSOSession)
	case shared.SSOStartURL+shared.SSORegion+shared.SSOAccountID+shared.SSORoleName != "":
		cfg, err = l.legacy(section, shared)
	case shared.SourceProfileName != "":
		err = l.fail(section, sourceProfile, fmt.Sprintf("takes its credentials from source_profile = %s: sign in with that profile",
			secret.Printable(shared.SourceProfileName, 200)), nil)
	default:
		err = l.fail(section, keySession, `has no sso_session: write "sso_session = NAME" below [`+section+`], and `+
			`a section [sso-session NAME] with sso_start_url and sso_region; "aws configure sso" does both`, nil)
	}
	if err != nil {
		return login.Config{}, err
	}
	switch {
	case shared.SSOAccountID == "" && shared.SSORoleName != "":
		err = l.missing(section, []string{keyAccountID})
	case shared.SSOAccountID != "" && shared.SSORoleName == "":
		err = l.missing(section, []string{keyRoleName})
	case shared.SSOAccountID != "" && !isAccountID(shared.SSOAccountID):
		err = l.fail(section, keyAccountID, fmt.Sprintf("has sso_account_id = %s, which is no account: write its twelve digits alone, such as %s",
			secret.Printable(shared.SSOAccountID, 200), examples[keyAccountID]), nil)
	default:
		return cfg, nil
	}
	return login.Config{}, err
}

// restore puts back what AWS's package has taken out of a profile that also names another for its credentials: a person signs in
// with it all the same.
func (l *loader) restore(section string, shared *config.SharedConfig) {
	shared.SSOAccountID = l.value(section, keyAccountID)
	shared.SSORoleName = l.value(section, keyRoleName)
	if shared.SSOSession == nil {
		shared.SSOStartURL = l.value(section, keyStartURL)
		shared.SSORegion = l.value(section, keyRegion)
	}
}

func isAccountID(text string) bool {
	return len(text) == 12 && strings.Trim(text, "0123456789") == ""
}

// contradiction is a key that a profile has beside its session, with another value.
func (l *loader) contradiction(section, session, key string) error {
	has, is := l.value(section, key), l.value(session, key)
	if has == "" || is == "" || has == is {
		return nil
	}
	return l.fail(section, key, fmt.Sprintf("has %s = %s, but its [%s] has %s: remove the one in [%s], or make both the same",
		key, secret.Printable(has, 200), session, secret.Printable(is, 200), section), nil)
}

func (l *loader) session(section string, session config.SSOSession) (login.Config, error) {
	if err := l.required(section, session.SSOStartURL, session.SSORegion); err != nil {
		return login.Config{}, err
	}
	l.places["StartURL"] = place{section, keyStartURL}
	l.places["Region"] = place{section, keyRegion}
	l.places["Scopes"] = place{section, keyScopes}
	return login.Config{
		Name:     session.Name,
		StartURL: session.SSOStartURL,
		Region:   session.SSORegion,
		Scopes:   scopes(l.value(section, keyScopes)),
	}, nil
}

func (l *loader) legacy(section string, shared *config.SharedConfig) (login.Config, error) {
	if err := l.required(section, shared.SSOStartURL, shared.SSORegion); err != nil {
		return login.Config{}, err
	}
	l.places["StartURL"] = place{section, keyStartURL}
	l.places["Region"] = place{section, keyRegion}
	return login.Config{StartURL: shared.SSOStartURL, Region: shared.SSORegion, Legacy: true}, nil
}

// required finds which of the two keys that a session needs are missing.
func (l *loader) required(section, startURL, region string) error {
	var keys []string
	if startURL == "" {
		keys = append(keys, keyStartURL)
	}
	if region == "" {
		keys = append(keys, keyRegion)
	}
	if keys != nil {
		return l.missing(section, keys)
	}
	return nil
}

// scopes are separated by commas. nil: there are none.
func scopes(list string) []string {
	var scopes []string
	for scope := range strings.SplitSeq(list, ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// check lets login.New look at the whole, and says where the field that it refuses is from.
func (l *loader) check(cfg login.Config) error {
	_, err := login.New(cfg)
	var refused *login.ConfigError
	if !errors.As(err, &refused) {
		return err
	}
	from, ok := l.places[refused.Field]
	if !ok {
		from = place{key: refused.Field}
	}
	problem := from.key
	if refused.Value != "" {
		problem += " " + quote(refused.Value)
	}
	problem += " " + refused.Problem
	if refused.Field == "Scopes" && strings.Contains(refused.Value, " ") {
		problem += ", separated by commas"
	}
	return l.at(from, problem, err)
}
