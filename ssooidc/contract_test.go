package ssooidc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// The facts of the service are data. What follows reads them and asks the code, so that a fact that is added
// to the files fails until it is implemented.

type description struct {
	SigningName      string                  `json:"signing_name"`
	ContentType      string                  `json:"content_type"`
	HeaderParameters []string                `json:"header_parameters"`
	SecurityScheme   struct{ Header string } `json:"security_scheme"`
	Operations       map[string]struct {
		Method  string
		Path    string
		Request struct {
			Schema   string
			Required []string
			Fields   map[string]string
		}
		Response struct {
			Schema string
			Status int
			Fields map[string]string
		}
		ErrorsByStatus map[string]string `json:"errors_by_status"`
	}
	Servers []struct {
		URL     string
		Regions []string
		Default string
	}
}

type today struct {
	SigningName string `json:"signing_name"`
	Operations  map[string]struct {
		Method     string
		RequestURI string `json:"request_uri"`
		Auth       string
		Request    struct {
			Required []string
			Fields   map[string]string
		}
		Response map[string]string
		Errors   []string
	}
	Structures map[string]map[string]string
	Errors     map[string]struct {
		HTTPStatus int    `json:"http_status"`
		OAuthError string `json:"oauth_error"`
		Fields     map[string]string
		Fault      bool
	}
}

func facts[T any](t *testing.T, name string) T {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return decode[T](t, data)
}

// schemas are the types by the names that the description gives them.
var schemas = map[string]reflect.Type{
	"RegisterClientRequest":            reflect.TypeFor[ssooidc.RegisterClientRequest](),
	"RegisterClientResponse":           reflect.TypeFor[ssooidc.RegisterClientResponse](),
	"StartDeviceAuthorizationRequest":  reflect.TypeFor[ssooidc.StartDeviceAuthorizationRequest](),
	"StartDeviceAuthorizationResponse": reflect.TypeFor[ssooidc.StartDeviceAuthorizationResponse](),
	"CreateTokenRequest":               reflect.TypeFor[ssooidc.CreateTokenRequest](),
	"CreateTokenResponse":              reflect.TypeFor[ssooidc.CreateTokenResponse](),
	"CreateTokenWithIAMRequest":        reflect.TypeFor[ssooidc.CreateTokenWithIAMRequest](),
	"CreateTokenWithIAMResponse":       reflect.TypeFor[ssooidc.CreateTokenWithIAMResponse](),
	"AwsAdditionalDetails":             reflect.TypeFor[ssooidc.AWSAdditionalDetails](),
}

// wantFields checks a type's fields against a schema's: their names on the wire and in Go, their types, and
// which of them are secret.
func wantFields(t *testing.T, schema string, fields map[string]string, exact bool) {
	t.Helper()
	typ := schemas[schema]
	if typ == nil {
		t.Errorf("schema %s has no type", schema)
		return
	}
	byName := map[string]reflect.StructField{}
	for f := range fieldsOf(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		byName[name] = f
		if _, described := fields[name]; exact && !described {
			t.Errorf("%s.%s is not in the schema", typ, f.Name)
		}
	}
	for name, kind := range fields {
		f, ok := byName[name]
		if !ok {
			t.Errorf("%s lacks %s", typ, name)
			continue
		}
		if !strings.EqualFold(f.Name, name) {
			t.Errorf("%s.%s is %s on the wire", typ, f.Name, name)
		}
		kind, sensitive := strings.CutSuffix(kind, " (sensitive)")
		want := map[string]string{"string": "string", "integer": "int", "long": "int64", "array of string": "[]string"}[kind]
		if s, ok := schemas[kind]; ok {
			want = s.String()
		}
		if got := f.Type.String(); got != want && !(want == "int" && got == "int64") {
			t.Errorf("%s.%s is a %s, the schema's %s is a %q", typ, f.Name, got, name, want)
		}
		if sensitive && f.Tag.Get("secret") != "true" {
			t.Errorf("%s.%s is printed, but is sensitive", typ, f.Name)
		}
	}
}

func fieldsOf(typ reflect.Type) func(func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range typ.NumField() {
			if !yield(typ.Field(i)) {
				return
			}
		}
	}
}

// wantMissing checks that each required field, and only those, is asked for before any network: in a request
// without it, in one without any and in a nil one.
func wantMissing(t *testing.T, operation string, required []string) {
	t.Helper()
	refuse := stub(t, func(*http.Request) (*http.Response, error) {
		t.Errorf("%s: a request was sent", operation)
		return nil, errors.New("unexpected")
	})
	method := reflect.ValueOf(refuse).MethodByName(operation)
	typ := method.Type().In(1).Elem()
	send := func(in reflect.Value) []string {
		out := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), in})
		err, _ := out[1].Interface().(error)
		v := as[*ssooidc.ValidationError](t, err)
		if v.Operation != operation {
			t.Errorf("Operation = %q, want %q", v.Operation, operation)
		}
		for _, m := range v.Missing {
			if !strings.Contains(err.Error(), m) {
				t.Errorf("%q does not name %s", err, m)
			}
		}
		return v.Missing
	}
	foldEqual := func(got, want []string) bool { return slices.EqualFunc(got, want, strings.EqualFold) }
	for _, in := range []reflect.Value{reflect.New(typ), reflect.Zero(reflect.PointerTo(typ))} {
		if got := send(in); !foldEqual(got, required) {
			t.Errorf("%s: an empty request misses %v, want %v", operation, got, required)
		}
	}
	for _, name := range required {
		in := reflect.New(typ)
		for _, other := range required {
			if other != name {
				in.Elem().FieldByNameFunc(func(n string) bool { return strings.EqualFold(n, other) }).SetString("x")
			}
		}
		if got := send(in); !foldEqual(got, []string{name}) {
			t.Errorf("%s without %s misses %v", operation, name, got)
		}
	}
}

func TestDescription(t *testing.T) {
	t.Parallel()
	service := facts[description](t, "openapi-2019-06-10.json")
	for name, op := range service.Operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := operations[name](context.Background(), stub(t, always(op.Response.Status, successes[name]))); err != nil {
				t.Errorf("status %d: %v", op.Response.Status, err)
			}
			sent := requestOf(t, name, func(o *ssooidc.Options) { o.SignAll = true })
			if got := sent.Header.Get("Content-Type"); got != service.ContentType {
				t.Errorf("Content-Type = %q", got)
			}
			// The others of these are parts of the one header that the scheme names.
			signature := sent.Header.Get(service.SecurityScheme.Header)
			for _, parameter := range service.HeaderParameters {
				part := strings.TrimPrefix(parameter, "X-Amz-")
				switch parameter {
				case "X-Amz-Algorithm":
					part = "AWS4-HMAC-SHA256 "
				case "X-Amz-Credential", "X-Amz-SignedHeaders", "X-Amz-Signature":
					part += "="
				}
				if sent.Header.Get(parameter) == "" && !strings.Contains(signature, part) {
					t.Errorf("a signed request has no %s: %v", parameter, sent.Header)
				}
			}
			if !strings.Contains(signature, "/us-east-1/"+service.SigningName+"/aws4_request,") {
				t.Errorf("signed as %s", signature)
			}
			wantFields(t, op.Request.Schema, op.Request.Fields, false)
			wantFields(t, op.Response.Schema, op.Response.Fields, false)
			wantMissing(t, name, op.Request.Required)
			wantRequest(t, name, op.Method, op.Path)
			for status, exception := range op.ErrorsByStatus {
				code, err := strconv.Atoi(status)
				if err != nil {
					t.Fatal(err)
				}
				// Whatever generic code the body has, the operation's own table decides.
				for _, body := range []string{``, `{}`, `{"error":null}`, `{"error":"invalid_request"}`, `{"error":"server_error","error_description":"d"}`, `<html>`, `{"err`} {
					_, err := operations[name](context.Background(), stub(t, always(code, body)))
					wantException(t, err, exception, code)
				}
			}
		})
	}
}

func TestServiceToday(t *testing.T) {
	t.Parallel()
	service := facts[today](t, "service-today.json")
	for name, fields := range service.Structures {
		wantFields(t, name, fields, true)
	}
	for name, op := range service.Operations {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantFields(t, name+"Request", op.Request.Fields, true)
			wantFields(t, name+"Response", op.Response, true)
			wantMissing(t, name, op.Request.Required)
			wantRequest(t, name, op.Method, op.RequestURI)
			signature := requestOf(t, name).Header.Get("Authorization")
			switch op.Auth {
			case "none":
				if signature != "" {
					t.Errorf("signed as %s", signature)
				}
			case "sigv4 required":
				if !strings.Contains(signature, "/us-east-1/"+service.SigningName+"/aws4_request,") {
					t.Errorf("signed as %q", signature)
				}
			default:
				t.Errorf("unknown auth %q", op.Auth)
			}
			for _, exception := range op.Errors {
				e := service.Errors[exception]
				for i, r := range []*http.Response{
					respond(e.HTTPStatus, `{"error":"`+e.OAuthError+`","error_description":"d"}`, "X-Amzn-ErrorType", exception+":http://internal.amazon.com/coral/com.amazonaws.sso.oidc/"),
					respond(e.HTTPStatus, `{"error":null,"error_description":null}`, "X-Amzn-ErrorType", exception),
					respond(e.HTTPStatus, ``, "X-Amzn-ErrorType", "com.amazonaws.sso.oidc#"+exception),
					respond(e.HTTPStatus, `<html>a proxy's page</html>`, "X-Amzn-ErrorType", exception+":"),
					respond(e.HTTPStatus, `{"__type":"com.amazonaws.sso.oidc#`+exception+`","message":"d"}`),
					respond(e.HTTPStatus, `{"code":"`+exception+`"}`),
					respond(e.HTTPStatus, `{"error":"`+e.OAuthError+`","region":"eu-west-1"}`),
				} {
					_, err := operations[name](context.Background(), stub(t, func(*http.Request) (*http.Response, error) { return r, nil }))
					want := exception
					if i == 6 && exception == "InvalidRequestException" {
						want = "InvalidRequestRegionException" // the last form, where the region says so
					}
					wantException(t, err, want, e.HTTPStatus)
				}
			}
		})
	}
	for name, e := range service.Errors {
		_, err := stub(t, always(e.HTTPStatus, "", "X-Amzn-ErrorType", name)).CreateToken(t.Context(), tokenRequest)
		if fault := as[smithy.APIError](t, err).ErrorFault(); (fault == smithy.FaultServer) != e.Fault {
			t.Errorf("%s is the fault of the %s", name, fault)
		}
		_, enum, _ := strings.Cut(e.Fields["reason"], " enum ")
		for reason := range strings.SplitSeq(enum, "|") {
			body := `{"error":"` + e.OAuthError + `","reason":"` + reason + `"}`
			_, err := stub(t, always(e.HTTPStatus, body, "X-Amzn-ErrorType", name)).CreateToken(t.Context(), tokenRequest)
			if got := as[*ssooidc.ServiceError](t, err).Reason; got != reason {
				t.Errorf("%s: reason %q, want %q", name, got, reason)
			}
		}
		for field := range e.Fields {
			typ := reflect.TypeOf(exceptions[name]).Elem()
			goName := map[string]string{"error": "OAuthError", "error_description": "Description", "reason": "Reason", "endpoint": "Endpoint", "region": "Region"}[field]
			if _, ok := typ.FieldByName(goName); !ok {
				t.Errorf("%s lacks %s", typ, field)
			}
		}
	}
	if len(service.Errors) != len(exceptions) {
		t.Errorf("%d exceptions are described, %d implemented", len(service.Errors), len(exceptions))
	}
}

// requestOf is what a call of an operation sends.
func requestOf(t *testing.T, name string, change ...func(*ssooidc.Options)) *http.Request {
	t.Helper()
	var sent *http.Request
	c := stub(t, func(r *http.Request) (*http.Response, error) {
		sent = r
		return respond(200, successes[name]), nil
	}, change...)
	if _, err := operations[name](context.Background(), c); err != nil {
		t.Fatal(err)
	}
	return sent
}

// wantRequest checks where an operation's request goes, and that its JSON is that of the request given.
func wantRequest(t *testing.T, name, method, uri string) {
	t.Helper()
	var sent *http.Request
	var body []byte
	c := setup(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, successes[name])
	})
	out, err := operations[name](context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	if got := sent.Method + " " + sent.URL.RequestURI(); got != method+" "+uri {
		t.Errorf("%s sent %q, want %q", name, got, method+" "+uri)
	}
	if got := sent.Header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type = %q", got)
	}
	in := map[string]any{"RegisterClient": registerRequest, "StartDeviceAuthorization": deviceRequest, "CreateToken": tokenRequest, "CreateTokenWithIAM": iamRequest}[name]
	want := map[string]any{}
	for f := range fieldsOf(reflect.TypeOf(in).Elem()) {
		wire, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch v := reflect.ValueOf(in).Elem().FieldByIndex(f.Index).Interface().(type) {
		case []string:
			var list []any
			for _, s := range v {
				list = append(list, s)
			}
			want[wire] = list
		default:
			want[wire] = v
		}
	}
	if diff := cmp.Diff(want, decode[map[string]any](t, body)); diff != "" {
		t.Errorf("%s sent (-want +got):\n%s", name, diff)
	}
	wantNoSecret(t, in, out)
}

func TestDescribedRegions(t *testing.T) {
	t.Parallel()
	regions := map[string]bool{}
	for _, server := range facts[description](t, "openapi-2019-06-10.json").Servers {
		if !slices.Contains(server.Regions, server.Default) {
			t.Errorf("the default %q is none of the regions of %s", server.Default, server.URL)
		}
		for _, region := range server.Regions {
			regions[region] = true
			scheme, _, _ := strings.Cut(server.URL, "://")
			var got string
			c := stub(t, func(r *http.Request) (*http.Response, error) {
				got = r.URL.String()
				return respond(200, successes["CreateToken"]), nil
			}, func(o *ssooidc.Options) { o.Region, o.DisableHTTPS = region, scheme == "http" })
			if _, err := c.CreateToken(context.Background(), tokenRequest); err != nil {
				t.Error(err)
			}
			if want := strings.ReplaceAll(server.URL, "{region}", region) + "/token"; got != want {
				t.Errorf("region %s is at %s, want %s", region, got, want)
			}
		}
	}
	if len(regions) != 25 {
		t.Errorf("%d regions are described, want 25", len(regions))
	}
}
