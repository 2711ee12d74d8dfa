package compare_test

import (
	"cmp"
	"strings"
	"testing"
)

const (
	header    = "X-Amzn-Errortype"
	suffix    = ":http://internal.amazon.com/coral/com.amazonaws.sso.oidc/"
	namespace = "com.amazonaws.ssooidc#"
)

// What AWS's client makes of an exception that it does not know in a form. It looks for the name in the header
// and in the body's __type and code, and nowhere else; and it gives up where the body is no JSON, even if the
// header has the name.
const (
	noName = "UnknownError"
	noJSON = "an error without a code"
)

// forms are the ways in which an exception may arrive. NAME, OAUTH and DETAIL stand for the exception's own.
var forms = []struct{ name, header, body, theirs string }{
	{"header with suffix, as live", "NAME" + suffix, `{"error":"OAUTH","error_description":"why"DETAIL}`, ""},
	{"header alone", "NAME", `{"error":"OAUTH","error_description":"why"}`, ""},
	{"header with namespace#", namespace + "NAME", `{}`, ""},
	{"header with both", namespace + "NAME" + suffix, `{"error":"OAUTH"}`, ""},
	{"header, nulls", "NAME" + suffix, `{"error":null,"error_description":null,"reason":null}`, ""},
	{"header, message", "NAME" + suffix, `{"message":"why"}`, ""},
	{"header, empty body", "NAME" + suffix, ``, ""},
	{"header, unlike __type and code", "NAME", `{"__type":"OtherException","code":"AnotherException"}`, ""},
	{"__type", "", `{"__type":"NAME","error":"OAUTH","error_description":"why"DETAIL}`, ""},
	{"__type with namespace#", "", `{"__type":"` + namespace + `NAME"}`, ""},
	{"__type with suffix", "", `{"__type":"NAME` + suffix + `","message":"why"}`, ""},
	{"__type, nulls", "", `{"__type":"NAME","code":null,"error":null,"error_description":null}`, ""},
	{"__type, unlike code", "", `{"code":"OtherException","__type":"NAME"}`, ""},
	{"code", "", `{"code":"NAME","error":"OAUTH","error_description":"why"}`, ""},
	{"code with both", "", `{"code":"` + namespace + `NAME` + suffix + `"}`, ""},
	{"OAuth code only", "", `{"error":"OAUTH","error_description":"why"DETAIL}`, noName},
	{"OAuth code only, null", "", `{"error":"OAUTH","error_description":nullDETAIL}`, noName},
	{"header, HTML", "NAME" + suffix, `<html>400</html>`, noJSON},
	{"header, torn JSON", "NAME" + suffix, `{"error":"OAU`, noJSON},
}

// details are the fields that only some exceptions have. By the last, one is told from another with the same
// OAuth code.
var details = map[string]string{
	"AccessDeniedException":         `,"reason":"KMS_AccessDeniedException"`,
	"InvalidRequestException":       `,"reason":"KMS_DisabledException"`,
	"InvalidRequestRegionException": `,"endpoint":"https://oidc.eu-west-1.amazonaws.com","region":"eu-west-1"`,
}

// TestExceptions gives every exception of the service in every form to both clients, for every operation.
func TestExceptions(t *testing.T) {
	t.Parallel()
	for _, operation := range operations() {
		t.Run(operation, func(t *testing.T) {
			t.Parallel()
			same, onlyOurs := 0, 0
			for _, f := range forms {
				for name, e := range exceptions(t) {
					fill := strings.NewReplacer("NAME", name, "OAUTH", e.OAuthError, "DETAIL", details[name])
					ours, theirs := fail(t, operation, e.Status, fill.Replace(f.header), fill.Replace(f.body))
					want := theirs
					if f.theirs == "" {
						same++
						want.code = name
					} else {
						onlyOurs++
						want.code, want.kind, want.fault = name, name, faultOf(name)
						want.fields = ours.fields // which AWS's client then drops
					}
					if code := cmp.Or(f.theirs, name); theirs.code != code {
						t.Errorf("%s, %s: AWS's client gives %q, not %q", name, f.name, theirs.code, code)
					}
					if ours != want {
						t.Errorf("%s, %s: ours gives %+v, not %+v", name, f.name, ours, want)
					}
				}
			}
			t.Logf("%-24s %d exceptions the same, %d that only ours tells", operation, same, onlyOurs)
		})
	}
}

// TestStatuses gives the statuses 480 to 490 of the description to both clients. They mean nothing to AWS's,
// which was made from a later one.
func TestStatuses(t *testing.T) {
	t.Parallel()
	bodies := []string{``, `{}`, `{"error":null}`, `{"error":"invalid_request"}`, `{"error":"unheard_of","error_description":"why"}`}
	for _, operation := range operations() {
		table := statuses(t, operation)
		for status := 480; status <= 490; status++ {
			for _, body := range bodies {
				ours, theirs := fail(t, operation, status, "", body)
				want := table[status]
				if want == "" && strings.Contains(body, "invalid_request") {
					want = "InvalidRequestException"
				}
				if ours.code != want || theirs.code != noName {
					t.Errorf("%s, %d, %s: ours gives %q, not %q, and AWS's %q", operation, status, body, ours.code, want, theirs.code)
				}
				ours, theirs = fail(t, operation, status, "SlowDownException"+suffix, body)
				if ours != theirs || ours.code != "SlowDownException" {
					t.Errorf("%s, %d with a header, %s: ours gives %+v, AWS's %+v", operation, status, body, ours, theirs)
				}
			}
		}
		t.Logf("%-24s %d statuses that only ours knows", operation, len(table))
	}
}

// TestOtherErrors gives errors that are none of the service's exceptions to both clients.
func TestOtherErrors(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		status             int
		header, body       string
		ours, theirs, kind string
	}{
		{400, "ThrottlingException" + suffix, `{"message":"Rate exceeded"}`, "ThrottlingException", "ThrottlingException", "ServiceError"},
		{403, "", `{"__type":"` + namespace + `InvalidSignatureException","message":"why"}`, "InvalidSignatureException", "InvalidSignatureException", "ServiceError"},
		{400, "", `{"code":"ValidationException"}`, "ValidationException", "ValidationException", "ServiceError"},
		{429, "", ``, "", noName, "ServiceError"},
		{500, "", `{}`, "", noName, "ServiceError"},
		{400, "", `{"error":"unheard_of"}`, "", noName, "ServiceError"},
		{400, "", `{"code":400,"message":"why"}`, "", noName, "ServiceError"},
		{400, "", `{"__type":5,"code":"SlowDownException"}`, "SlowDownException", noJSON, "SlowDownException"}, // a wrong type is no type
		{502, "", `<html>502</html>`, noJSON, noJSON, "ResponseError"},
	} {
		ours, theirs := fail(t, "CreateToken", row.status, row.header, row.body)
		if ours.code != row.ours || ours.kind != row.kind || theirs.code != row.theirs {
			t.Errorf("%d, %s, %s: ours gives %q, %s, AWS's %q, not %q, %s and %q",
				row.status, row.header, row.body, ours.code, ours.kind, theirs.code, row.ours, row.kind, row.theirs)
		}
	}
}
