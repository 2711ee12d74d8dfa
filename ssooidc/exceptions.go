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

// codeOf is the exception that an OAuth error code stands for, or "".
func codeOf(oauthError string) string {
	switch oauthError {
	case "access_denied": // RFC 8628 section 3.5
		return "AccessDeniedException"
	case "authorization_pending": // RFC 8628 section 3.5
		return "AuthorizationPendingException"
	case "expired_token": // RFC 8628 section 3.5
		return "ExpiredTokenException"
	case "server_error": // RFC 6749 section 4.1.2.1
		return "InternalServerException"
	case "invalid_client": // RFC 6749 section 5.2
		return "InvalidClientException"
	case "invalid_client_metadata": // RFC 7591 section 3.2.2
		return "InvalidClientMetadataException"
	case "invalid_grant": // RFC 6749 section 5.2
		return "InvalidGrantException"
	case "invalid_redirect_uri": // RFC 7591 section 3.2.2
		return "InvalidRedirectUriException"
	case "invalid_request": // RFC 6749 section 5.2
		return "InvalidRequestException"
	case "invalid_scope": // RFC 6749 section 5.2
		return "InvalidScopeException"
	case "slow_down": // RFC 8628 section 3.5
		return "SlowDownException"
	case "unauthorized_client": // RFC 6749 section 5.2
		return "UnauthorizedClientException"
	case "unsupported_grant_type": // RFC 6749 section 5.2
		return "UnsupportedGrantTypeException"
	}
	return ""
}
