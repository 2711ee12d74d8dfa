package profile

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"gopkg.in/ini.v1"

	"github.com/ssooidc/ssooidc-go/internal/home"
)

// What the sections' names begin with, and the keys of theirs that are not AWS's package's affair alone.
const (
	profilePrefix  = "profile "
	sessionPrefix  = "sso-session "
	servicesPrefix = "services "

	keySession   = "sso_session"
	keyStartURL  = "sso_start_url"
	keyRegion    = "sso_region"
	keyScopes    = "sso_registration_scopes"
	keyAccountID = "sso_account_id"
	keyRoleName  = "sso_role_name"
)

// loader reads one profile or session. The values are those that AWS's package reads; where they are, for errors, and the
// scopes, which that package does not read, come from sections.
type loader struct {
	env      config.EnvConfig
	options  config.LoadSharedConfigOptions
	found    int                // how many of the files there are
	sections map[string]section // by header, such as "profile dev"
	places   map[string]place   // where the fields of login.Config are from
}

// section is a section of the configuration files. Where several files have it, the last one counts.
type section struct {
	file string
	keys map[string]setting
}

// setting is a key's value as written, and the file that has it.
type setting struct{ value, file string }

// place is a section's key, or a variable where the section is "".
type place struct{ section, key string }

func newLoader(optFns []func(*config.LoadSharedConfigOptions)) (*loader, error) {
	l := &loader{sections: map[string]section{}, places: map[string]place{}}
	var err error
	if l.env, err = config.NewEnvConfig(); err != nil {
		return nil, wrongVariable(err)
	}
	for _, fn := range optFns {
		fn(&l.options)
	}
	if l.options.ConfigFiles == nil {
		// Not config.DefaultSharedConfigFiles, which keeps the home folder that there was when the program began.
		l.options.ConfigFiles = []string{cmp.Or(inHome(l.env.SharedConfigFile), config.DefaultSharedConfigFilename())}
	}
	if l.options.CredentialsFiles == nil {
		l.options.CredentialsFiles = []string{}
	}
	for _, file := range l.options.ConfigFiles {
		if err := l.read(file); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// inHome replaces a ~ at the beginning of a path.
func inHome(path string) string {
	rest, ok := strings.CutPrefix(path, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return path
	}
	dir, ok := home.Dir()
	if !ok {
		return path
	}
	return filepath.Join(dir, rest)
}

// read adds a file's sections. A file that is not there has none.
func (l *loader) read(file string) error {
	data, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{File: file, Problem: "can't be read: " + err.Error() + ": check its permissions, or set AWS_CONFIG_FILE to another", Err: err}
	}
	l.found++
	for _, mark := range [...]string{"\ufeff", "\xff\xfe", "\xfe\xff"} { // of UTF-8, and of both kinds of UTF-16
		if bytes.HasPrefix(data, []byte(mark)) {
			return &Error{File: file, Problem: "begins with a byte order mark, which AWS's tools do not take: save it as UTF-8 without one"}
		}
	}
	// As AWS's package reads it; comments and quotes are for value to take off.
	parsed, err := ini.LoadSources(ini.LoadOptions{
		InsensitiveKeys:         true,
		IgnoreContinuation:      true,
		IgnoreInlineComment:     true,
		PreserveSurroundedQuote: true,
		SkipUnrecognizableLines: true,
		AllowNestedValues:       true,
	}, []byte(hideQuotes.Replace(joinScopes(string(data)))))
	if err != nil {
		// The library's error quotes the line, which may hold a secret key.
		return &Error{File: file, Problem: "can't be read as a configuration file: look for a line with a [ that nothing closes, or with nothing in its brackets"}
	}
	for _, s := range parsed.Sections() {
		l.add(file, s)
	}
	return nil
}

// joinScopes puts scopes that go on over several indented lines, as the AWS CLI reads them too, on the line of their key. No
// scope has a = in it: such a line is another key.
func joinScopes(text string) string {
	lines := strings.Split(text, "\n")
	key := -1 // the line of the scopes that may go on; -1: none
	for i, line := range lines {
		more := strings.TrimSpace(line)
		switch {
		case more == "" || more[0] == '#' || more[0] == ';':
		case key >= 0 && (line[0] == ' ' || line[0] == '\t') && more[0] != '[' && !strings.Contains(more, "="):
			lines[key] = uncomment(lines[key]) + ", " + more
			lines[i] = ""
		default:
			key = -1
			if end := strings.IndexAny(line, "=:"); end > 0 && strings.EqualFold(strings.TrimSpace(line[:end]), keyScopes) {
				key = i
			}
		}
	}
	return strings.Join(lines, "\n")
}

// The library has quotes that go on over several lines, and AWS's files do not.
var (
	hideQuotes = strings.NewReplacer(`"`, "\x01", "`", "\x02")
	showQuotes = strings.NewReplacer("\x01", `"`, "\x02", "`")
)

func (l *loader) add(file string, s *ini.Section) {
	header := normal(showQuotes.Replace(s.Name()))
	into, ok := l.sections[header]
	if !ok {
		into.keys = map[string]setting{}
	}
	into.file = file
	for _, key := range s.Keys() {
		into.keys[key.Name()] = setting{value(showQuotes.Replace(key.Value())), file}
	}
	l.sections[header] = into
}

// normal is a section's header with one space after its first word, and without a comment that has brackets in it.
func normal(header string) string {
	header, _, _ = strings.Cut(header, "]")
	kind, name, ok := strings.Cut(strings.ReplaceAll(strings.TrimSpace(header), "\t", " "), " ")
	if !ok {
		return kind
	}
	return kind + " " + strings.TrimLeft(name, " ")
}

// value takes a comment and then quotes off what follows a key, as AWS's package does.
func value(text string) string {
	text = uncomment(text)
	for _, quote := range [...]string{`'`, `"`} {
		if len(text) > 1 && strings.HasPrefix(text, quote) && strings.HasSuffix(text, quote) {
			return text[1 : len(text)-1]
		}
	}
	return text
}

func uncomment(text string) string {
	for _, comment := range [...]string{" #", " ;", "\t#", "\t;"} {
		text, _, _ = strings.Cut(text, comment)
	}
	return strings.TrimSpace(text)
}

var errLoneQuote = errors.New("one of the values in the file is a quote alone: close it, or remove it")

// load lets AWS's package read a profile, or another section by its whole header.
func (l *loader) load(ctx context.Context, name string) (shared config.SharedConfig, err error) {
	defer func() {
		if recover() != nil { // the package panics at such a value, in any section
			err = errLoneQuote
		}
	}()
	return config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) { *o = l.options })
}

// doesNotExist is for the profile that was asked for; one that it refers to is wrapped deeper.
func doesNotExist(err error) bool {
	_, ok := err.(config.SharedConfigProfileNotExistError)
	return ok
}

// isOtherKind reports whether a profile's name is really the header of a section of another kind.
func isOtherKind(name string) bool {
	return strings.HasPrefix(name, sessionPrefix) || strings.HasPrefix(name, servicesPrefix)
}

// sectionOf is the header of a profile's section.
func (l *loader) sectionOf(name string) string {
	if name == config.DefaultSharedConfigProfile && !l.has(profilePrefix+name) {
		return name
	}
	return l.spelled(profilePrefix, name)
}

// spelled is the header of the section of a kind and a name, as the file has it: the AWS CLI puts a name with spaces in quotes,
// and AWS's package does not take them off.
func (l *loader) spelled(kind, name string) string {
	for _, quote := range [...]string{"", `'`, `"`} {
		if header := kind + quote + name + quote; l.has(header) {
			return header
		}
	}
	return kind + name
}

func (l *loader) has(section string) bool {
	_, ok := l.sections[section]
	return ok
}

func (l *loader) value(section, key string) string { return l.sections[section].keys[key].value }

// fileOf is where a section's key is, or else the section.
func (l *loader) fileOf(section, key string) string {
	s, ok := l.sections[section]
	if !ok {
		return l.file()
	}
	return cmp.Or(s.keys[key].file, s.file)
}

// file is all the files, for what is in none of them.
func (l *loader) file() string {
	return strings.Join(l.options.ConfigFiles, ", ")
}
