package ssooidctest

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// exception is an error of the service. Its name is the one on the wire.
type exception struct{ name, description string }

func refuse(name, description string) *exception { return &exception{name, description} }

// The exceptions that several operations raise.
func invalidRequest(description string) *exception {
	return refuse("InvalidRequestException", description)
}

func invalidClient(description string) *exception {
	return refuse("InvalidClientException", description)
}

func invalidGrant(description string) *exception {
	return refuse("InvalidGrantException", description)
}

// form is an exception on the wire.
type form struct {
	status int
	oauth  string // the OAuth code; the portal and signature errors have none
	text   string // what FailNext says
}

// oidcExceptions are those of the service's own operations, as the live service
// sends them.
var oidcExceptions = map[string]form{
	"AccessDeniedException":          {400, "access_denied", "The person denied the request"},
	"AuthorizationPendingException":  {400, "authorization_pending", "The person has not answered yet"},
	"ExpiredTokenException":          {400, "expired_token", "The code has expired"},
	"InternalServerException":        {500, "server_error", "The service failed"},
	"InvalidClientException":         {401, "invalid_client", "Invalid client provided"},
	"InvalidClientMetadataException": {400, "invalid_client_metadata", "Invalid client metadata provided"},
	"InvalidGrantException":          {400, "invalid_grant", "Invalid grant provided"},
	"InvalidRedirectUriException":    {400, "invalid_redirect_uri", "Invalid redirect URI provided"},
	"InvalidRequestException":        {400, "invalid_request", "Invalid request provided"},
	"InvalidRequestRegionException":  {400, "invalid_request", "The request was made in another region than the instance's"},
	"InvalidScopeException":          {400, "invalid_scope", "Invalid scope provided"},
	"SlowDownException":              {400, "slow_down", "Too many requests"},
	"UnauthorizedClientException":    {400, "unauthorized_client", "The client is not registered for this grant"},
	"UnsupportedGrantTypeException":  {400, "unsupported_grant_type", "Unsupported grant type provided"},
}

// signatureExceptions refuse the signature of a request, before the operation
// sees the request.
var signatureExceptions = map[string]form{
	"IncompleteSignatureException":        {400, "", "The Authorization header is not a signature"},
	"InvalidSignatureException":           {403, "", "The request signature we calculated does not match the signature you provided"},
	"MissingAuthenticationTokenException": {403, "", "Missing Authentication Token"},
	"UnrecognizedClientException":         {403, "", "The security token included in the request is invalid"},
}

// portalExceptions are those of the portal's operations.
var portalExceptions = map[string]form{
	"ForbiddenException":        {403, "", "No access"},
	"InternalServerException":   {500, "", "The portal failed"},
	"InvalidRequestException":   {400, "", "Invalid request"},
	"ResourceNotFoundException": {404, "", "Not found"},
	"TooManyRequestsException":  {429, "", "Too many requests"},
	"UnauthorizedException":     {401, "", "Session token not found or invalid"},
}

var exceptionsOf = map[kind][]map[string]form{
	oidc:   {oidcExceptions, signatureExceptions},
	portal: {portalExceptions},
}

// openAPIStatus are the description's tables: the status of each exception, by
// operation. The description lacks CreateTokenWithIAM, which uses CreateToken's
// table.
var openAPIStatus = map[string]map[string]int{
	"RegisterClient": {
		"InvalidRequestException":        480,
		"InvalidScopeException":          481,
		"InvalidClientMetadataException": 482,
		"InternalServerException":        483,
	},
	"StartDeviceAuthorization": {
		"InvalidRequestException":     480,
		"InvalidClientException":      481,
		"UnauthorizedClientException": 482,
		"SlowDownException":           483,
		"InternalServerException":     484,
	},
	"CreateToken":        createTokenStatus,
	"CreateTokenWithIAM": createTokenStatus,
}

var createTokenStatus = map[string]int{
	"InvalidRequestException":       480,
	"InvalidClientException":        481,
	"InvalidGrantException":         482,
	"UnauthorizedClientException":   483,
	"UnsupportedGrantTypeException": 484,
	"InvalidScopeException":         485,
	"AuthorizationPendingException": 486,
	"SlowDownException":             487,
	"AccessDeniedException":         488,
	"ExpiredTokenException":         489,
	"InternalServerException":       490,
}

// nearest stands in for an exception that an operation's table lacks.
// InvalidRequestException, which every table has, stands in for all others.
var nearest = map[string]string{
	"InvalidRedirectUriException":   "InvalidClientMetadataException",
	"UnsupportedGrantTypeException": "InvalidClientMetadataException",

	"IncompleteSignatureException":        "AccessDeniedException",
	"InvalidSignatureException":           "AccessDeniedException",
	"MissingAuthenticationTokenException": "AccessDeniedException",
	"UnrecognizedClientException":         "AccessDeniedException",
}

// writeException answers an operation with an exception, in the service's
// style.
func (s *Service) writeException(w http.ResponseWriter, op *operation, e *exception) {
	if op.kind == portal {
		w.Header().Set("X-Amzn-ErrorType", e.name)
		writeJSON(w, portalExceptions[e.name].status, map[string]any{
			"message": e.description,
			"__type":  "com.amazonaws.switchboard.portal#" + e.name,
		})
		return
	}
	if s.opts.Errors == ErrorsOpenAPI {
		s.writeOpenAPIException(w, op, e)
		return
	}
	w.Header().Set("X-Amzn-ErrorType", e.name+":http://internal.amazon.com/coral/com.amazonaws.sso.oidc/")
	if f, ok := signatureExceptions[e.name]; ok {
		writeJSON(w, f.status, map[string]any{"message": e.description})
		return
	}
	f := oidcExceptions[e.name]
	body := map[string]any{"error": f.oauth, "error_description": e.description}
	if e.name == "InvalidRequestRegionException" {
		body["region"], body["endpoint"] = s.homeRegion()
	}
	writeJSON(w, f.status, body)
}

func (s *Service) writeOpenAPIException(w http.ResponseWriter, op *operation, e *exception) {
	table, name := openAPIStatus[op.name], e.name
	if table[name] == 0 {
		name = nearest[name]
	}
	if table[name] == 0 {
		name = "InvalidRequestException"
	}
	writeJSON(w, table[name], map[string]any{
		"error":             oidcExceptions[name].oauth,
		"error_description": e.description,
	})
}

// answer is the body of a 200 of the service's own operations. Unused members
// are null, as the live service sends them.
type answer map[string]any

func (s *Service) writeAnswer(w http.ResponseWriter, a answer) {
	if s.opts.Errors == ErrorsOpenAPI {
		for name, value := range a {
			if value == nil { // null is no value of the description's types
				delete(a, name)
			}
		}
	}
	writeJSON(w, http.StatusOK, a)
}

func writeJSON(w http.ResponseWriter, status int, body map[string]any) {
	data, err := json.Marshal(body)
	if err != nil {
		panic(err) // strings, numbers and lists of them: can't happen
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)))
	h.Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	h.Set("X-Amzn-RequestId", requestID())
	w.WriteHeader(status)
	w.Write(data)
}
