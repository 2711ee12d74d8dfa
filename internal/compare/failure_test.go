package compare_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"strings"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// failure is what a caller learns from an error of either client.
type failure struct {
	code      string // as on the wire
	kind      string // the name of the Go type, as AWS spells it
	fault     smithy.ErrorFault
	status    int
	requestID string
	fields    failureFields
}

type failureFields struct{ oauthError, description, reason, endpoint, region string }

// fail gives an error to both clients. A description that AWS's client leaves out, because the service called
// it the message, is filled in.
func fail(t *testing.T, operation string, status int, errorType, body string) (ours, theirs failure) {
	t.Helper()
	h := http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"7dd0ac5a-1b0c"}}
	if errorType != "" {
		h.Set(header, errorType)
	}
	ourClient, theirClient := clients(t, &answer{status, h, body})
	ourInput := newInput(t, ourClient, operation)
	newRandom().fill(ourInput, required[operation])
	theirInput := sameInput(t, newInput(t, theirClient, operation), ourInput)

	_, err := invoke(theirClient, operation, theirInput)
	theirs = theirFailure(t, err)
	_, err = invoke(ourClient, operation, ourInput)
	ours = ourFailure(t, err)
	if theirs.fields.description == "" && strings.Contains(body, `"message":`+strconv.Quote(ours.fields.description)) {
		theirs.fields.description = ours.fields.description
	}
	return ours, theirs
}

func ourFailure(t *testing.T, err error) failure {
	t.Helper()
	f := codeAndFault(err)
	f.kind = strings.Replace(reflect.TypeOf(err).Elem().Name(), "URI", "Uri", 1)
	var service *ssooidc.ServiceError
	var response *ssooidc.ResponseError
	switch {
	case errors.As(err, &service):
		f.status, f.requestID = service.StatusCode, service.RequestID
		f.fields = failureFields{service.OAuthError, service.Description, service.Reason, "", ""}
		if region := (*ssooidc.InvalidRequestRegionException)(nil); errors.As(err, &region) {
			f.fields.endpoint, f.fields.region = region.Endpoint, region.Region
		}
	case errors.As(err, &response):
		f.status, f.requestID = response.StatusCode, response.RequestID
	default:
		t.Fatalf("ours gives %v", err)
	}
	return f
}

func theirFailure(t *testing.T, err error) failure {
	t.Helper()
	f := codeAndFault(err)
	var response *awshttp.ResponseError
	if !errors.As(err, &response) {
		t.Fatalf("AWS's client gives %v", err)
	}
	f.status, f.requestID = response.HTTPStatusCode(), response.ServiceRequestID()
	var api smithy.APIError
	if !errors.As(err, &api) {
		return f
	}
	f.kind = reflect.TypeOf(api).Elem().Name()
	if f.kind != "GenericAPIError" {
		text := func(field string) string {
			if v, ok := fields(api)[field]; ok {
				return plain(v).(string)
			}
			return ""
		}
		f.fields = failureFields{text("error_"), text("error_description"), text("reason"), text("endpoint"), text("region")}
	}
	return f
}

// codeAndFault asks as a caller of either client may.
func codeAndFault(err error) failure {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return failure{code: noJSON}
	}
	return failure{code: api.ErrorCode(), fault: api.ErrorFault()}
}

func faultOf(name string) smithy.ErrorFault {
	if name == "InternalServerException" {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// exception is what the service's own description says of one.
type exception struct {
	Status     int    `json:"http_status"`
	OAuthError string `json:"oauth_error"`
}

func exceptions(t *testing.T) map[string]exception {
	t.Helper()
	var file struct{ Errors map[string]exception }
	readJSON(t, "testdata/service-today.json", &file)
	if len(file.Errors) != 14 {
		t.Fatalf("%d exceptions, not 14", len(file.Errors))
	}
	return file.Errors
}

// statuses are the errors of an operation by status, in the description. CreateTokenWithIAM is not in it, and
// has CreateToken's.
func statuses(t *testing.T, operation string) map[int]string {
	t.Helper()
	var file struct {
		Operations map[string]struct {
			Errors map[int]string `json:"errors_by_status"`
		}
	}
	readJSON(t, "testdata/openapi-2019-06-10.json", &file)
	table := file.Operations[strings.TrimSuffix(operation, "WithIAM")].Errors
	if len(table) == 0 {
		t.Fatalf("no errors of %s", operation)
	}
	return table
}

func readJSON(t *testing.T, path string, v any) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}
