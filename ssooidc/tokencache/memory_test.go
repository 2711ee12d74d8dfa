package tokencache_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func TestMemoryUnlocksOnce(t *testing.T) {
	t.Parallel()
	var m tokencache.Memory
	lock := func() func() {
		t.Helper()
		unlock, ok, err := m.TryLock(t.Context(), key)
		if !ok || err != nil {
			t.Fatalf("ok %t, %v", ok, err)
		}
		return unlock
	}
	unlock := lock()
	unlock()
	second := lock()
	unlock() // the second holder's lock is not ours to release
	if _, ok, err := m.TryLock(t.Context(), key); ok || err != nil {
		t.Errorf("while it is held: ok %t, %v", ok, err)
	}
	second()
	lock()
}

func TestMemoryPrintsNoBlob(t *testing.T) {
	t.Parallel()
	m := new(tokencache.Memory)
	if err := tokencache.Set(t.Context(), m, tokencache.TokenKey("dev"), []byte("PLANTED")); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if got := fmt.Sprintf(verb, m); got != "tokencache.Memory{1 blobs}" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	app := &struct{ Cache tokencache.Memory }{}
	if err := tokencache.Set(t.Context(), &app.Cache, key, []byte("s3cret")); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("app", "app", app, "cache", &app.Cache)
	texts := []string{log.String()}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		texts = append(texts, fmt.Sprintf(verb, app))
	}
	for _, text := range texts {
		for _, form := range []string{"s3cret", "115 51 99", "0x73, 0x33", fmt.Sprintf("%x", "s3cret")} {
			if strings.Contains(text, form) {
				t.Errorf("a Memory in a struct shows %q in %s", form, text)
			}
		}
	}
	if got := fmt.Sprint((*tokencache.Memory)(nil)); got != "<nil>" {
		t.Errorf("nil prints %s", got)
	}
}
