package ssooidc

// The service's exceptions. errors.As finds each of them, and [*ServiceError] in each:
//
//	var denied *ssooidc.AccessDeniedException
//	if errors.As(err, &denied) { ... }
type (
	AccessDeniedException          struct{ ServiceError } // the person said no, or the policy does
	AuthorizationPendingException  struct{ ServiceError } // the person has not answered yet: ask again after the interval
	ExpiredTokenException          struct{ ServiceError } // the device code, or the token, has expired: sign in again
	InternalServerException        struct{ ServiceError } // the service failed: try again later
	InvalidClientException         struct{ ServiceError } // the registration is unknown or has expired: register again
	InvalidClientMetadataException struct{ ServiceError } // the registration asks for something that no client may have
	InvalidGrantException          struct{ ServiceError } // the code or refresh token is not, or no longer, good: sign in again
	InvalidRedirectURIException    struct{ ServiceError } // the redirect address may not be registered
	InvalidRequestException        struct{ ServiceError } // something in the request is missing or malformed
	InvalidRequestRegionException  struct {               // CreateTokenWithIAM was sent to the wrong region: this is the right one
		ServiceError
		Endpoint, Region string
	}
	InvalidScopeException         struct{ ServiceError } // a scope is unknown, malformed or more than was registered
	SlowDownException             struct{ ServiceError } // asked too often: wait 5 seconds longer each time (RFC 8628 section 3.5)
	UnauthorizedClientException   struct{ ServiceError } // the registration may not use this grant
	UnsupportedGrantTypeException struct{ ServiceError } // the service does not know this grant, or not for this client
)

// exception wraps a copy of e in the exception that its Code names, if there is one. All but one of them are the same struct.
func exception(e *ServiceError, endpoint, region string) error {
	wrapped := &struct{ ServiceError }{*e}
	switch e.Code {
	case "AccessDeniedException":
		return (*AccessDeniedException)(wrapped)
	case "AuthorizationPendingException":
		return (*AuthorizationPendingException)(wrapped)
	case "ExpiredTokenException":
		return (*ExpiredTokenException)(wrapped)
	case "InternalServerException":
		return (*InternalServerException)(wrapped)
	case "InvalidClientException":
		return (*InvalidClientException)(wrapped)
	case "InvalidClientMetadataException":
		return (*InvalidClientMetadataException)(wrapped)
	case "InvalidGrantException":
		return (*InvalidGrantException)(wrapped)
	case "InvalidRedirectUriException": // the wire's spelling
		return (*InvalidRedirectURIException)(wrapped)
	case "InvalidRequestException":
		return (*InvalidRequestException)(wrapped)
	case "InvalidRequestRegionException":
		return &InvalidRequestRegionException{*e, endpoint, region}
	case "InvalidScopeException":
		return (*InvalidScopeException)(wrapped)
	case "SlowDownException":
		return (*SlowDownException)(wrapped)
	case "UnauthorizedClientException":
		return (*UnauthorizedClientException)(wrapped)
	case "UnsupportedGrantTypeException":
		return (*UnsupportedGrantTypeException)(wrapped)
	}
	return &wrapped.ServiceError
}

// oauthErrors are the OAuth error codes, and the exceptions that they stand for.
var oauthErrors = [...]struct{ oauth, code string }{
	{"access_denied", "AccessDeniedException"},                    // RFC 8628 section 3.5
	{"authorization_pending", "AuthorizationPendingException"},    // RFC 8628 section 3.5
	{"expired_token", "ExpiredTokenException"},                    // RFC 8628 section 3.5
	{"server_error", "InternalServerException"},                   // RFC 6749 section 4.1.2.1
	{"invalid_client", "InvalidClientException"},                  // RFC 6749 section 5.2
	{"invalid_client_metadata", "InvalidClientMetadataException"}, // RFC 7591 section 3.2.2
	{"invalid_grant", "InvalidGrantException"},                    // RFC 6749 section 5.2
	{"invalid_redirect_uri", "InvalidRedirectUriException"},       // RFC 7591 section 3.2.2
	{"invalid_request", "InvalidRequestException"},                // RFC 6749 section 5.2
	{"invalid_scope", "InvalidScopeException"},                    // RFC 6749 section 5.2
	{"slow_down", "SlowDownException"},                            // RFC 8628 section 3.5
	{"unauthorized_client", "UnauthorizedClientException"},        // RFC 6749 section 5.2
	{"unsupported_grant_type", "UnsupportedGrantTypeException"},   // RFC 6749 section 5.2
}

// codeOf is the exception that an OAuth error code stands for, or "".
func codeOf(oauthError string) string {
	for i := range oauthErrors {
		if oauthErrors[i].oauth == oauthError {
			return oauthErrors[i].code
		}
	}
	return ""
}
