package tokencache

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"time"
	"unicode/utf8"
)

// ParseError says why JSON is no token or registration. It never holds a value that may be secret.
type ParseError struct {
	Field   string // "" for the whole
	Problem string
}

// Error names the field, if it is one field's fault.
func (e *ParseError) Error() string {
	problem := cmp.Or(e.Problem, "can't be used")
	if e.Field == "" {
		return "tokencache: the entry " + problem
	}
	return "tokencache: the entry's " + e.Field + " " + problem
}

// replaceIt is what to do about an entry that can't be read.
const replaceIt = ": sign in again to replace it"

// field ties a name in the JSON to the variable it is kept in.
type field struct {
	name   string
	value  any  // *string, *[]string or *time.Time
	always bool // written even if empty
	spare  bool // of no use to most readers: what does not fit is left to extra, and the field empty
}

// marshalFields writes the fields in their order, then extra's by name.
func marshalFields(fields []field, extra map[string]json.RawMessage) ([]byte, error) {
	extra = maps.Clone(extra)
	var b bytes.Buffer
	b.WriteByte('{')
	for _, f := range fields {
		text, err := f.encode()
		if err != nil {
			return nil, err
		}
		if raw, ok := extra[f.name]; ok && text == nil && f.misfits(raw) {
			continue // with extra's
		}
		delete(extra, f.name)
		if text == nil {
			continue
		}
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		b.WriteString(`"` + f.name + `":`)
		b.Write(text)
	}
	if len(extra) > 0 {
		rest, err := json.Marshal(extra)
		if err != nil {
			return nil, err
		}
		b.WriteByte(',')
		b.Write(rest[1 : len(rest)-1])
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// encode returns nil for a field that is left out.
func (f field) encode() ([]byte, error) {
	switch v := f.value.(type) {
	case *string:
		if *v != "" || f.always {
			return json.Marshal(*v)
		}
	case *[]string:
		if *v != nil {
			return json.Marshal(*v)
		}
	case *time.Time:
		if !v.IsZero() || f.always {
			text, err := formatTime(*v)
			if err != nil {
				return nil, &ParseError{Field: f.name, Problem: err.Error()}
			}
			return json.Marshal(text)
		}
	}
	return nil, nil
}

// unmarshalFields reads the fields and returns the others, nil if there are none. Names must match exactly: to
// encoding/json AccessToken would be accessToken.
func unmarshalFields(data []byte, fields []field) (extra map[string]json.RawMessage, err error) {
	if !json.Valid(data) || bytes.TrimLeft(data, space)[0] != '{' {
		return nil, &ParseError{Problem: "is not a JSON object" + replaceIt}
	}
	keep := func(name string, value json.RawMessage) {
		if extra == nil {
			extra = make(map[string]json.RawMessage)
		}
		extra[name] = bytes.Clone(value) // data is the caller's
	}
	values := make([]json.RawMessage, len(fields)) // the last of each, as encoding/json has it
	members(data, func(name string, value json.RawMessage) {
		if i := slices.IndexFunc(fields, func(f field) bool { return f.name == name }); i >= 0 {
			values[i] = value
		} else {
			keep(name, value)
		}
	})
	for i, f := range fields {
		if values[i] == nil {
			continue
		}
		switch problem := f.decode(values[i]); {
		case problem == "":
		case f.spare:
			keep(f.name, values[i])
		default:
			return nil, &ParseError{Field: f.name, Problem: problem + replaceIt}
		}
	}
	return extra, nil
}

// decode returns what is wrong with raw. null leaves the field empty, as encoding/json has it.
func (f field) decode(raw json.RawMessage) (problem string) {
	switch v := f.value.(type) {
	case *string:
		if unmarshalString(raw, v) != nil {
			return "is not a string"
		}
	case *[]string:
		if json.Unmarshal(raw, v) != nil {
			return "is not a list of strings"
		}
	case *time.Time:
		var text string
		if unmarshalString(raw, &text) != nil {
			return "is not a string"
		}
		t, err := parseTime(text)
		if err != nil {
			return err.Error()
		}
		*v = t
	}
	return ""
}

// misfits reports whether raw is what unmarshalFields left to extra.
func (f field) misfits(raw json.RawMessage) bool {
	switch f.value.(type) {
	case *string:
		f.value = new(string)
	case *time.Time:
		f.value = new(time.Time)
	}
	return f.spare && json.Valid(raw) && f.decode(raw) != ""
}

// unmarshalString is json.Unmarshal for raw, which has been checked already; most texts mean what they spell. Every new
// process reads a token first of all, and waits for it.
func unmarshalString(raw json.RawMessage, s *string) error {
	if raw[0] == '"' && bytes.IndexByte(raw, '\\') < 0 && utf8.Valid(raw) {
		*s = string(raw[1 : len(raw)-1])
		return nil
	}
	return json.Unmarshal(raw, s)
}
