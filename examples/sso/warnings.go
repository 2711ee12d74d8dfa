package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// warnings is a slog.Handler for people: it prints what the library warns of as a sentence, and what it waits for.
type warnings struct{ w io.Writer }

func (warnings) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h warnings) Handle(_ context.Context, r slog.Record) error {
	var details []string
	r.Attrs(func(a slog.Attr) bool {
		details = append(details, a.Key+": "+a.Value.String())
		return true
	})
	text := "sso: "
	if r.Level >= slog.LevelWarn {
		text += "warning: "
	}
	text += strings.TrimPrefix(r.Message, "login: ")
	if details != nil {
		text += " (" + strings.Join(details, "; ") + ")"
	}
	_, err := fmt.Fprintln(h.w, printable(text))
	return err
}

// The library's loggers have neither.
func (h warnings) WithAttrs([]slog.Attr) slog.Handler { return h }
func (h warnings) WithGroup(string) slog.Handler      { return h }
