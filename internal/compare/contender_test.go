package compare_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// contender does one thing in one of the ways that are compared. It gives errPending where the person has not
// answered yet.
type contender struct {
	name string
	call func(context.Context) error
}

var (
	errPending = errors.New("authorization pending")
	errWrong   = errors.New("this is not what the service answered")
)

// contenders call CreateToken: ours, AWS's client, and the floor, all with one HTTP client, one client secret and one
// endpoint: a region's if base is empty.
func contenders(t testing.TB, httpClient *http.Client, base, secret string) []contender {
	t.Helper()
	ourOptions := ssooidc.Options{Region: "us-east-1", HTTPClient: httpClient}
	theirOptions := awsssooidc.Options{Region: "us-east-1", HTTPClient: httpClient}
	floorBase := "https://oidc.us-east-1.amazonaws.com"
	if base != "" {
		ourOptions.BaseEndpoint, theirOptions.BaseEndpoint, floorBase = base, &base, base
	}
	ours, err := ssooidc.New(ourOptions)
	if err != nil {
		t.Fatal(err)
	}
	ourInput := &ssooidc.CreateTokenRequest{
		ClientID: "client", ClientSecret: secret, GrantType: ssooidc.GrantTypeDeviceCode, DeviceCode: "device-code",
	}
	theirs := awsssooidc.New(theirOptions)
	theirInput := &awsssooidc.CreateTokenInput{
		ClientId: aws.String("client"), ClientSecret: &secret,
		GrantType: aws.String(ssooidc.GrantTypeDeviceCode), DeviceCode: aws.String("device-code"),
	}
	floorInput := &floorRequest{"client", secret, ssooidc.GrantTypeDeviceCode, "device-code"}
	return []contender{
		{"ours", func(ctx context.Context) error {
			out, err := ours.CreateToken(ctx, ourInput)
			if errors.As(err, new(*ssooidc.AuthorizationPendingException)) {
				return errPending
			}
			if err == nil && out.ExpiresIn != 3600 {
				return errWrong
			}
			return err
		}},
		{"aws", func(ctx context.Context) error {
			out, err := theirs.CreateToken(ctx, theirInput)
			if errors.As(err, new(*types.AuthorizationPendingException)) {
				return errPending
			}
			if err == nil && out.ExpiresIn != 3600 {
				return errWrong
			}
			return err
		}},
		{"floor", func(ctx context.Context) error {
			out, err := floorCreateToken(ctx, httpClient, floorBase, floorInput)
			var failed *floorError
			if errors.As(err, &failed) && failed.OAuthError == "authorization_pending" {
				return errPending
			}
			if err == nil && out.ExpiresIn != 3600 {
				return errWrong
			}
			return err
		}},
	}
}

// The floor is the one call as somebody would write it who needs no client: net/http, encoding/json, and the
// headers that the clients send.
type (
	floorRequest struct {
		ClientID     string `json:"clientId"`
		ClientSecret string `json:"clientSecret"`
		GrantType    string `json:"grantType"`
		DeviceCode   string `json:"deviceCode"`
	}
	floorResponse struct {
		AccessToken  string `json:"accessToken"`
		TokenType    string `json:"tokenType"`
		ExpiresIn    int    `json:"expiresIn"`
		RefreshToken string `json:"refreshToken"`
		IDToken      string `json:"idToken"`
	}
	floorError struct {
		Status      int    `json:"-"`
		OAuthError  string `json:"error"`
		Description string `json:"error_description"`
	}
)

func (e *floorError) Error() string {
	return fmt.Sprintf("create token: status %d: %s: %s", e.Status, e.OAuthError, e.Description)
}

func floorCreateToken(ctx context.Context, client *http.Client, base string, in *floorRequest) (*floorResponse, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, base+"/token", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "floor/0.1.0 os/linux lang/go#1.25")
	resp, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		failed := &floorError{Status: resp.StatusCode}
		if err := json.Unmarshal(data, failed); err != nil {
			return nil, err
		}
		return nil, failed
	}
	out := new(floorResponse)
	if err := json.Unmarshal(data, out); err != nil {
		return nil, err
	}
	return out, nil
}

// workload is what a service answers to CreateToken, and what a call then gives.
type workload struct {
	name   string
	secret string // the client's
	answer answer
	want   error
}

// workloads have the forms of the live service.
var workloads = []workload{
	{"success", "client-secret", tokenAnswer("access-token", "refresh-token"), nil},
	{"authorization_pending", "client-secret", pendingAnswer, errPending},
	// How long the texts are changes little for the floor beside ours, but AWS's decoder is faster with long
	// ones than encoding/json.
	{"success,long", strings.Repeat("secret-", 160), tokenAnswer(strings.Repeat("token-", 100), strings.Repeat("token-", 100)), nil},
	{"authorization_pending,long", strings.Repeat("secret-", 160), pendingAnswer, errPending},
}

func tokenAnswer(access, refresh string) answer {
	return answer{
		status: http.StatusOK,
		header: http.Header{"Content-Type": {"application/json"}, "X-Amzn-Requestid": {"7dd0ac5a-1b0c-4f5e-8a55-9c5a0f4b7d11"}},
		body: fmt.Sprintf(`{"accessToken":%q,"aws_sso_app_session_id":null,"expiresIn":3600,"idToken":null,"issuedTokenType":null,`+
			`"originSessionId":null,"refreshToken":%q,"tokenType":"Bearer"}`, access, refresh),
	}
}

var pendingAnswer = answer{
	status: http.StatusBadRequest,
	header: http.Header{
		"Content-Type":     {"application/json"},
		"X-Amzn-Requestid": {"7dd0ac5a-1b0c-4f5e-8a55-9c5a0f4b7d11"},
		"X-Amzn-Errortype": {"AuthorizationPendingException:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/"},
	},
	body: `{"error":"authorization_pending","error_description":null}`,
}
