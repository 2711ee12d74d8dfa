// Package home finds the home folder as AWS's tools do.
package home

import (
	"os"
	"os/user"
)

// Dir is HOME, on Windows USERPROFILE, or else the home folder that the system knows. ok is false where there is none.
func Dir() (path string, ok bool) {
	if path, err := os.UserHomeDir(); err == nil && path != "" {
		return path, true
	}
	if u, err := user.Current(); err == nil && u.HomeDir != "" {
		return u.HomeDir, true
	}
	return "", false
}
