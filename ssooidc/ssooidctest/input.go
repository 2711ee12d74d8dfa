package ssooidctest

import (
	"encoding/json"
	"strings"
)

// input is the JSON body of a request. Members are found by their exact names:
// encoding/json's own matching ignores case, and would hide a client's
// misspelling.
type input struct {
	members map[string]json.RawMessage
	broken  string // what is wrong with it, if anything
}

func parseInput(body []byte) *input {
	in := new(input)
	if json.Unmarshal(body, &in.members) != nil || in.members == nil {
		in.broken = "the body is not a JSON object"
	}
	return in
}

// text returns a string member; "" if it is missing or null.
func (in *input) text(name string) string {
	var s string
	in.decode(name, &s)
	return s
}

// list returns a member that is an array of strings; nil if it is missing or
// null.
func (in *input) list(name string) []string {
	var l []string
	in.decode(name, &l)
	return l
}

func (in *input) decode(name string, to any) {
	if raw, ok := in.members[name]; ok && json.Unmarshal(raw, to) != nil {
		in.broken = name + " has the wrong type"
	}
}

// check refuses a body that could not be read or lacks one of the required
// strings.
func (in *input) check(required ...string) *exception {
	var missing []string
	for _, name := range required {
		if in.text(name) == "" {
			missing = append(missing, name)
		}
	}
	switch {
	case in.broken != "":
		return invalidRequest("Invalid request: " + in.broken)
	case missing != nil:
		return invalidRequest("Missing required parameter: " + strings.Join(missing, ", "))
	}
	return nil
}
