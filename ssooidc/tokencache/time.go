package tokencache

import (
	"errors"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// timeLayout is the only form that every reader of the cache takes.
const timeLayout = "2006-01-02T15:04:05Z"

func formatTime(t time.Time) (string, error) {
	t = t.UTC()
	if !hasFourDigitYear(t) {
		return "", errors.New("is not in the years 0 to 9999")
	}
	return t.Format(timeLayout), nil
}

// parseTime reads the forms that tools have written: with Z, with an offset, with UTC as old AWS CLIs wrote it, or with no
// zone, which is UTC too; each with or without fractions of a second. Empty text is no time.
func parseTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t, err = time.Parse(time.RFC3339, strings.TrimSuffix(text, "UTC")+"Z")
	}
	if err != nil || !hasFourDigitYear(t.UTC()) {
		return time.Time{}, errors.New("is no time like 2006-01-02T15:04:05Z: " + secret.Quote(text, 60))
	}
	return t.UTC(), nil
}

func hasFourDigitYear(t time.Time) bool { return 0 <= t.Year() && t.Year() <= 9999 }
