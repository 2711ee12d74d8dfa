package ssooidc

import (
	"runtime"
	"strings"
)

// version is this module's, as the User-Agent header names it. Between releases it is the next one's, with -dev behind it.
const version = "0.1.0-dev"

// userAgent names this module, the system and the calling program.
func userAgent(appID string) string {
	agent := "ssooidc-go/" + version + " os/" + runtime.GOOS + " lang/go#" + strings.TrimPrefix(runtime.Version(), "go")
	if appID != "" {
		agent += " app/" + strings.Map(headerToken, appID)
	}
	return headerSafe(agent)
}

// headerSafe and headerToken keep what a header can't carry out of it.
func headerSafe(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '-'
		}
		return r
	}, text)
}

func headerToken(r rune) rune {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', strings.ContainsRune("!#$%&'*+-.^_`|~", r):
		return r
	}
	return '-'
}
