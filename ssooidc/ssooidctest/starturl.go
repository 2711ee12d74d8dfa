package ssooidctest

import (
	"net/url"
	"strings"
)

// isStartURL reports whether the service knows this start URL. base is the
// service's own address.
func (s *Service) isStartURL(text, base string) bool {
	if s.opts.StartURL != "" {
		return trimStartURL(text) == trimStartURL(s.opts.StartURL)
	}
	return isHTTPS(text) || strings.HasPrefix(text, base+"/")
}

// trimStartURL removes the endings that make no difference.
func trimStartURL(s string) string {
	for _, ending := range []string{"#/", "#", "/"} {
		s = strings.TrimSuffix(s, ending)
	}
	return s
}

func isHTTPS(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
}
