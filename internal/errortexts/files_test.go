package errortexts_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/gofrs/flock"

	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

var key = tokencache.TokenKey("dev")

// parsed is a token's text that is read.
func parsed(text string) func(*world) error {
	return func(*world) error { return json.Unmarshal([]byte(text), new(tokencache.Token)) }
}

// stale is a store in which every swap comes too late.
type stale struct{ tokencache.Store }

func (stale) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) { return false, nil }

// tooLong is an entry that is none.
var tooLong = strings.Repeat(" ", 1<<20+1)

var cacheSituations = []situation{
	{name: "a key that is none", provoke: func(w *world) error {
		_, err := tokencache.Dir{Path: w.folder()}.Load(w.Context(), "dev")
		return err
	}},
	{name: "a folder in an entry's place", provoke: func(w *world) error {
		w.must(os.Mkdir(filepath.Join(w.folder(), key+".json"), 0o700))
		_, err := tokencache.Dir{Path: w.folder()}.Load(w.Context(), key)
		return err
	}},
	{name: "an entry that is too long", provoke: func(w *world) error {
		w.file(key+".json", tooLong)
		_, err := tokencache.Dir{Path: w.folder()}.Load(w.Context(), key)
		return err
	}},
	{name: "to save what is too long", provoke: func(w *world) error {
		return set(w.Context(), tokencache.Dir{Path: w.folder()}, key, []byte(tooLong))
	}},
	{name: "to save where something is in the way", provoke: func(w *world) error {
		w.must(os.Mkdir(filepath.Join(w.folder(), key+".json"), 0o700))
		return set(w.Context(), tokencache.Dir{Path: w.folder()}, key, []byte("{}"))
	}},
	{name: "to save where no folder can be made", provoke: func(w *world) error {
		return set(w.Context(), tokencache.Dir{Path: filepath.Join(w.file("file", ""), "cache")}, key, []byte("{}"))
	}},
	{name: "to save where a folder is in the place of the folder's lock", provoke: func(w *world) error {
		w.must(os.Mkdir(filepath.Join(w.folder(), ".ssooidc.lock"), 0o700))
		return set(w.Context(), tokencache.Dir{Path: w.folder()}, key, []byte("{}"))
	}},
	{name: "to save while another process holds the folder's lock", provoke: func(w *world) error {
		lock := flock.New(filepath.Join(w.folder(), ".ssooidc.lock"))
		if ok, err := lock.TryLock(); !ok || err != nil {
			w.Fatal(ok, err)
		}
		defer lock.Unlock()
		return set(w.Context(), tokencache.Dir{Path: w.folder()}, key, []byte("{}"))
	}},
	{name: "to list a store that knows no keys", provoke: func(w *world) (err error) {
		for _, err = range tokencache.Sessions(w.Context(), tokencache.ForOwner(new(tokencache.Memory), "alice")) {
		}
		return err
	}},
	{name: "to adopt an entry that keeps changing", provoke: func(w *world) error {
		from := new(tokencache.Memory)
		w.must(set(w.Context(), from, key, []byte("{}")))
		_, err := tokencache.Adopt(w.Context(), new(tokencache.Memory), stale{from}, key)
		return err
	}},
	{name: "to load where a folder is none", provoke: func(w *world) error {
		_, err := tokencache.Dir{Path: filepath.Join(w.file("file", ""), "cache")}.Load(w.Context(), key)
		return err
	}},
	{name: "to lock where no folder can be made", provoke: func(w *world) error {
		_, _, err := tokencache.Dir{Path: filepath.Join(w.file("file", ""), "cache")}.TryLock(w.Context(), key)
		return err
	}},
	{name: "a link in a lock's place", provoke: func(w *world) error {
		w.must(os.Symlink(w.file("target", ""), filepath.Join(w.folder(), key+".lock")))
		_, _, err := tokencache.Dir{Path: w.folder()}.TryLock(w.Context(), key)
		return err
	}},
	{name: "a folder in a lock's place", provoke: func(w *world) error {
		w.must(os.Mkdir(filepath.Join(w.folder(), key+".lock"), 0o700))
		_, _, err := tokencache.Dir{Path: w.folder()}.TryLock(w.Context(), key)
		return err
	}},
	{name: "a text that is no entry", provoke: parsed(`[]`)},
	{name: "an entry whose time is none", provoke: parsed(`{"accessToken":"` + planted + `","expiresAt":"tomorrow"}`)},
	{name: "an entry whose token is a number", provoke: parsed(`{"accessToken":7}`)},
	{name: "an entry whose expiry is a number", provoke: parsed(`{"expiresAt":7}`)},
	{name: "a registration whose scopes are no list", provoke: func(*world) error {
		return json.Unmarshal([]byte(`{"scopes":"openid"}`), new(tokencache.Registration))
	}},
	{name: "to write a time that no reader takes", provoke: func(*world) error {
		_, err := tokencache.Token{ExpiresAt: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}.MarshalJSON()
		return err
	}},
}

// A profile, and the session that it names.
const (
	dev  = "[profile dev]\nsso_session = corp\n"
	corp = "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region = us-east-1\n"
)

// loaded loads the profile dev from a file.
func loaded(text string, env ...string) func(*world) error {
	return func(w *world) error {
		for i := 0; i < len(env); i += 2 {
			w.Setenv(env[i], env[i+1])
		}
		_, err := profile.Load(w.Context(), "dev", from(w.file("config", text)))
		return err
	}
}

func from(file string) func(*config.LoadSharedConfigOptions) {
	return func(o *config.LoadSharedConfigOptions) { o.ConfigFiles = []string{file} }
}

var profileSituations = []situation{
	{name: "no file", provoke: func(w *world) error {
		_, err := profile.Load(w.Context(), "dev", from(filepath.Join(w.folder(), "config")))
		return err
	}},
	{name: "a folder in the file's place", provoke: func(w *world) error {
		_, err := profile.Load(w.Context(), "dev", from(w.folder()))
		return err
	}},
	{name: "a section that nothing closes", provoke: loaded(dev + "[profile x\naws_secret_access_key = " + planted + "\n")},
	{name: "a quote that nothing closes", provoke: loaded(dev + corp + "[profile x]\nregion = \" # ?\n")},
	{name: "no such profile, and no other", provoke: loaded(corp)},
	{name: "no such profile, but others", provoke: loaded("[profile prod]\n[default]\n")},
	{name: "the section's kind is missing", provoke: loaded("[dev]\nsso_session = corp\n" + corp)},
	{name: "a profile that is not for signing in", provoke: loaded("[profile dev]\nregion = us-east-1\n")},
	{name: "a profile that takes another's credentials", provoke: loaded("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = base\n[profile base]\nsso_session = corp\n" + corp)},
	{name: "a quote that nothing closes, below another key", provoke: loaded(dev + corp + "[profile x]\ns3 =\n  region = '\n")},
	{name: "a profile that takes back what it gives", provoke: loaded("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/A\nsource_profile = b\n[profile b]\nrole_arn = arn:aws:iam::111122223333:role/B\nsource_profile = dev\n")},
	{name: "an endpoint of no service", provoke: loaded(dev + "services = local\n[services local]\nsso_oidc =\nendpoint_url = https://one.example.com\n" + corp)},
	{name: "a comment behind a service's endpoint", provoke: loaded(dev + "services = local\n[services local]\nsso_oidc =\n  endpoint_url = https://one.example.com # mine\n" + corp)},
	{name: "half of a pair of keys", provoke: loaded(dev + "aws_secret_access_key = " + planted + "\n" + corp)},
	{name: "a profile that takes a missing one's credentials", provoke: loaded("[profile dev]\nrole_arn = arn:aws:iam::111122223333:role/Admin\nsource_profile = base\n")},
	{name: "two kinds of credentials", provoke: loaded(dev + "role_arn = arn:aws:iam::111122223333:role/Admin\ncredential_source = Environment\nsource_profile = dev\n" + corp)},
	{name: "a value that AWS's package refuses", provoke: loaded(dev + "retry_mode = legacy\n" + corp)},
	{name: "a variable that AWS's package refuses", provoke: loaded(dev+corp, "AWS_RETRY_MODE", "legacy")},
	{name: "a variable that AWS's package refuses without naming it", provoke: loaded(dev+corp, "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES", "99999999")},
	{name: "a byte order mark", provoke: loaded("\ufeff" + dev + corp)},
	{name: "a session in quotes", provoke: loaded(dev + strings.Replace(corp, "corp", "'corp'", 1))},
	{name: "an account that is none", provoke: loaded(dev + "sso_account_id = 1111-2222-3333\nsso_role_name = ReadOnly\n" + corp)},
	{name: "an endpoint where services have none", provoke: loaded(dev + "services = local\n[services local]\nsso = https://x.example.com\n" + corp)},
	{name: "a header for a name", provoke: func(w *world) error {
		_, err := profile.Load(w.Context(), "profile dev", from(w.file("config", dev+corp)))
		return err
	}},
	{name: "no such session", provoke: loaded(dev)},
	{name: "no such session, but others", provoke: loaded(dev + "[sso-session lab]\n[sso-session ops]\n")},
	{name: "a session without a start URL", provoke: loaded(dev + "[sso-session corp]\nsso_region = us-east-1\n")},
	{name: "a session without anything", provoke: loaded(dev + "[sso-session corp]\n")},
	{name: "an account without a role", provoke: loaded(dev + "sso_account_id = 111122223333\n" + corp)},
	{name: "another region than the session's", provoke: loaded(dev + "sso_region = eu-west-1\n" + corp)},
	{name: "a start URL over plain http", provoke: loaded(dev + "[sso-session corp]\nsso_start_url = http://d-1.awsapps.com/start\nsso_region = us-east-1\n")},
	{name: "a region that is none", provoke: loaded(dev + "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region = us east 1\n")},
	{name: "scopes without commas", provoke: loaded(dev + corp + "sso_registration_scopes = openid email\n")},
	{name: "neither true nor false", provoke: loaded(dev + "use_fips_endpoint = yes\n" + corp)},
	{name: "a variable neither true nor false", provoke: loaded(dev+corp, "AWS_USE_FIPS_ENDPOINT", "yes")},
	{name: "no such services", provoke: loaded(dev + "services = local\n" + corp)},
	{name: "FIPS and an endpoint", provoke: loaded(dev + "use_fips_endpoint = true\nendpoint_url = https://proxy.example.com\n" + corp)},
	{name: "an endpoint over plain http", provoke: loaded(dev + "endpoint_url = http://proxy.example.com\n" + corp)},
	{name: "an endpoint with a password, of a variable", provoke: loaded(dev+corp, "AWS_ENDPOINT_URL", "https://me:"+planted+"@proxy.example.com")},
	{name: "certificates that are not there", provoke: loaded(dev + "ca_bundle = /nowhere/ca.pem\n" + corp)},
	{name: "certificates that are none", provoke: func(w *world) error {
		return loaded(dev + "ca_bundle = " + w.file("ca.pem", "no certificate") + "\n" + corp)(w)
	}},
	{name: "a session without a name", provoke: func(w *world) error {
		_, err := profile.LoadSession(w.Context(), "", from(w.file("config", corp)))
		return err
	}},
	{name: "a session that is not there", provoke: func(w *world) error {
		_, err := profile.LoadSession(w.Context(), "lab", from(w.file("config", corp)))
		return err
	}},
}
