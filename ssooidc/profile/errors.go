package profile

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Error says what in the configuration can't be used, where it is, and what to write there.
type Error struct {
	File    string   // the file; "" where the fault is in a variable
	Section string   // as between its brackets, such as "profile dev"; "" where it is none's, or the file has none
	Keys    []string // of the section, or the one variable; none where the fault is of the section as a whole
	Problem string   // begins with the keys, and ends with what to do
	Err     error    `json:"-"` // what lies behind it, such as a *login.ConfigError; may be nil
}

// Error names the file and the section.
func (e *Error) Error() string {
	text := "profile: "
	if e.File != "" {
		text += secret.Printable(e.File, 1000) + ": "
	}
	if e.Section != "" {
		text += "[" + secret.Printable(e.Section, 200) + "] "
	}
	return text + cmp.Or(e.Problem, "can't be used")
}

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// fail is an error about a key of a section, or about all of it.
func (l *loader) fail(section, key, problem string, err error) *Error {
	e := &Error{File: l.fileOf(section, key), Section: section, Problem: problem, Err: err}
	if key != "" {
		e.Keys = []string{key}
	}
	return e
}

// at is an error about a key of a section, or about a variable.
func (l *loader) at(from place, problem string, err error) *Error {
	if from.section == "" {
		return &Error{Keys: []string{from.key}, Problem: problem, Err: err}
	}
	return l.fail(from.section, from.key, problem, err)
}

// examples are what people may write for a key.
var examples = map[string]string{
	keyStartURL:  "https://d-1234567890.awsapps.com/start",
	keyRegion:    "us-east-1",
	keyAccountID: "111122223333",
	keyRoleName:  "ReadOnlyAccess",
}

// missing names the keys that a section lacks.
func (l *loader) missing(section string, keys []string) *Error {
	var lines []string
	for _, key := range keys {
		lines = append(lines, strconv.Quote(key+" = "+examples[key]))
	}
	e := l.fail(section, "", "lacks "+and(keys)+": write, with your own values, "+and(lines)+" below ["+section+"]", nil)
	e.Keys = keys
	return e
}

// noProfile is for a profile that no file has.
func (l *loader) noProfile(name string) *Error {
	problem := "there is no profile " + quote(name)
	others := l.names(profilePrefix)
	short, isHeader := strings.CutPrefix(name, profilePrefix)
	switch {
	case isHeader && l.has(l.sectionOf(short)):
		problem += ": name it " + quote(short)
	case l.has(name) && !isOtherKind(name):
		name = secret.Printable(name, 200)
		problem += fmt.Sprintf(": write [profile %s] instead of [%s]", name, name)
	case l.found == 0:
		problem += ", and no such file: make both with \"aws configure sso\", or set AWS_CONFIG_FILE to the file that has it"
	case len(others) == 0:
		problem += ", and no other: make it with \"aws configure sso\""
	default:
		problem += fmt.Sprintf(" (there is %s): name one that is there, here or in AWS_PROFILE, or make it with \"aws configure sso\"", and(others))
	}
	return &Error{File: l.file(), Err: config.SharedConfigProfileNotExistError{Profile: name}, Problem: problem}
}

// noSession is for a session that a profile's section names, or, with section "", the caller.
func (l *loader) noSession(section, name string) *Error {
	if section == "" && name == "" {
		return &Error{File: l.file(), Problem: "the name of the sso-session is missing: " + l.sessions("name")}
	}
	if quoted := l.spelled(sessionPrefix, name); section != "" && l.has(quoted) {
		advice := "write [" + sessionPrefix + secret.Printable(name, 200) + "]"
		if strings.ContainsAny(name, " \t") { // which the CLI does not find without quotes
			advice = "give the session a name without spaces, both here and there"
		}
		return l.fail(section, keySession, fmt.Sprintf("has sso_session = %s, and its section is [%s], with quotes that AWS's Go SDK does not take off: %s",
			secret.Printable(name, 200), secret.Printable(quoted, 200), advice), nil)
	}
	header := sessionPrefix + secret.Printable(name, 200)
	if section == "" {
		return &Error{File: l.file(), Problem: fmt.Sprintf("there is no section [%s]: %s", header, l.sessions("name"))}
	}
	return l.fail(section, keySession, fmt.Sprintf("has sso_session = %s, but there is no section [%s]: %s",
		secret.Printable(name, 200), header, l.sessions("write")), nil)
}

// takes is what some of AWS's keys and variables take, where the error of AWS's package does not say it.
var takes = map[string]string{
	"retry_mode":    "standard or adaptive",
	"max_attempts":  "a number",
	"defaults_mode": "auto, standard, legacy, in-region, cross-region or mobile",
}

// wrongVariable is for a variable that AWS's package does not take.
func wrongVariable(err error) *Error {
	e := &Error{Problem: cause(err) + ": correct the variable, or unset it", Err: err}
	if name := named(err, func(name string) bool { return os.Getenv(name) != "" }); name != "" {
		value := cmp.Or(takes[strings.ToLower(strings.TrimPrefix(name, "AWS_"))], "that")
		e.Keys = []string{name}
		e.Problem = name + " can't be used: " + cause(err) + ": set it to " + value + ", or unset it"
	}
	return e
}

// unusable is for a section that AWS's package does not take.
func (l *loader) unusable(section string, err error) *Error {
	const id, secretKey = "aws_access_key_id", "aws_secret_access_key"
	source := l.value(section, sourceProfile)
	switch hasID, hasSecret := l.value(section, id) != "", l.value(section, secretKey) != ""; {
	case errors.Is(err, errLoneQuote):
		return l.loneQuote(section, err)
	case hasID && !hasSecret:
		return l.fail(section, id, "has "+id+" without "+secretKey+": write both, or remove it", err)
	case hasSecret && !hasID:
		return l.fail(section, secretKey, "has "+secretKey+" without "+id+": write both, or remove it", err)
	case l.isLoop(section):
		return l.fail(section, sourceProfile, fmt.Sprintf("has source_profile = %s, which leads back here: name a profile that has credentials of its own",
			secret.Printable(source, 200)), err)
	case source != "" && !l.has(l.sectionOf(source)):
		return l.fail(section, sourceProfile, fmt.Sprintf("has source_profile = %s, but there is no section [%s]: write it, or name a profile that is there",
			secret.Printable(source, 200), secret.Printable(l.sectionOf(source), 200)), err)
	}
	if key := named(err, func(key string) bool { return l.value(section, key) != "" }); key != "" {
		value := cmp.Or(takes[key], "that")
		return l.fail(section, key, key+" can't be used: "+cause(err)+": write "+value+", or remove the line", err)
	}
	return l.fail(section, "", "can't be used: "+cause(err)+": correct that, or name another profile", err)
}

const sourceProfile = "source_profile"

// isLoop reports whether a section's source_profile comes back to one that has been passed. One that names itself is no loop: it takes
// its own credentials.
func (l *loader) isLoop(section string) bool {
	passed := map[string]bool{}
	for next := l.value(section, sourceProfile); next != ""; next = l.value(section, sourceProfile) {
		passed[section] = true
		from := section
		if section = l.sectionOf(next); passed[section] {
			return section != from
		}
	}
	return false
}

// loneQuote is for a value that AWS's package can't stand, wherever in the file it is.
func (l *loader) loneQuote(section string, err error) *Error {
	for _, header := range slices.Sorted(maps.Keys(l.sections)) {
		keys := l.sections[header].keys
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if v := keys[key].value; v == `"` || v == "'" {
				return l.fail(header, key, "has a quote alone for its "+key+", and AWS's tools then read no profile of the file: close it, or remove it", err)
			}
		}
	}
	return l.fail(section, "", "can't be used: "+err.Error(), err)
}

// cause is what AWS's package says in the end.
func cause(err error) string {
	for errors.Unwrap(err) != nil && !errors.As(errors.Unwrap(err), new(*strconv.NumError)) {
		err = errors.Unwrap(err)
	}
	return secret.Printable(err.Error(), 500)
}

// named is the key or variable that an error's text is about: the first of the names in it.
func named(err error, isName func(string) bool) string {
	for word := range strings.FieldsFuncSeq(err.Error(), func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if strings.Contains(word, "_") && isName(word) {
			return word
		}
	}
	return ""
}

// sessions says which sessions there are to name, or to write in place of one that is not there.
func (l *loader) sessions(verb string) string {
	advice := `write one, with "sso_start_url = ..." and "sso_region = ..." below it`
	if there := l.names(sessionPrefix); len(there) > 0 {
		advice = verb + " one that is there (" + and(there) + "), or add" + strings.TrimPrefix(advice, "write")
	}
	return advice
}

// names are those of a file's sections of one kind.
func (l *loader) names(prefix string) []string {
	var names []string
	for header := range l.sections {
		if name, ok := strings.CutPrefix(header, prefix); ok {
			names = append(names, secret.Printable(name, 100))
		} else if header == config.DefaultSharedConfigProfile && prefix == profilePrefix {
			names = append(names, header)
		}
	}
	slices.Sort(names)
	const most = 10
	if len(names) > most {
		names = append(names[:most], "...")
	}
	return names
}

// and lists words as people do.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func quote(text string) string { return strconv.Quote(secret.Printable(text, 200)) }
