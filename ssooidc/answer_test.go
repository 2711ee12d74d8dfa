package ssooidc_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// endless is a body without an end. It counts what is taken from it.
type endless struct{ taken int }

func (b *endless) Read(p []byte) (int, error) {
	n := copy(p, spaces)
	b.taken += n
	return n, nil
}

var spaces = strings.Repeat(" ", 64<<10)

const mebibyte = 1 << 20

func TestEndlessAnswer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400, 481, 500} {
		body := new(endless)
		c := stub(t, func(*http.Request) (*http.Response, error) {
			resp := respond(status, "")
			resp.Body = io.NopCloser(body)
			return resp, nil
		})
		_, err := c.CreateToken(t.Context(), tokenRequest)
		as[*ssooidc.ResponseError](t, err)
		if body.taken > mebibyte {
			t.Errorf("status %d: %d bytes were taken, want at most 1 MiB", status, body.taken)
		}
		wantNoSecret(t, err)
	}
}

func TestAnswerSize(t *testing.T) {
	t.Parallel()
	for size, fits := range map[int]bool{mebibyte - 1: true, mebibyte: false, mebibyte + 1: false} {
		body := `{"accessToken":"a"}`
		body += strings.Repeat(" ", size-len(body))
		_, err := stub(t, always(200, body)).CreateToken(t.Context(), tokenRequest)
		if (err == nil) != fits {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// TestGzipBomb counts after decompression, which our own transport does.
func TestGzipBomb(t *testing.T) {
	t.Parallel()
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, _ = io.CopyN(z, new(endless), 64*mebibyte)
	_ = z.Close()
	c := setup(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("the default client asks for no compression")
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(bomb.Bytes())
	}, withDefaultClient)
	_, err := c.CreateToken(t.Context(), tokenRequest)
	as[*ssooidc.ResponseError](t, err)
	wantNoSecret(t, err)
}

// withDefaultClient undoes what setup does to it.
func withDefaultClient(o *ssooidc.Options) { o.HTTPClient = nil }

func TestAnswersThatAreNotTheServices(t *testing.T) {
	t.Parallel()
	const token = `"accessToken":"PLANTED-answer"`
	for _, row := range []struct{ name, body string }{
		{"empty", ``},
		{"null", `null`},
		{"without a token", `{"tokenType":"Bearer"}`},
		{"a null token", `{"accessToken":null,"refreshToken":"PLANTED"}`},
		{"torn", `{` + token},
		{"torn in a string", `{"accessToken":"PLANTED`},
		{"two values", `{` + token + `}{}`},
		{"garbage after", `{` + token + `} PLANTED`},
		{"HTML", `<html>PLANTED</html>`},
		{"a list", `[{` + token + `}]`},
		{"a string", `"PLANTED"`},
		{"a token that is a number", `{"accessToken":12345}`},
		{"a lifetime that is a string", `{` + token + `,"expiresIn":"PLANTED"}`},
		{"deeply nested", `{` + token + `,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			out, err := stub(t, always(200, row.body)).CreateToken(t.Context(), tokenRequest)
			if out != nil {
				t.Errorf("got an output beside an error: %+v", out)
			}
			if e := as[*ssooidc.ResponseError](t, err); e.Problem == "" || e.StatusCode != 200 {
				t.Errorf("got %+v", e)
			}
			wantNoSecret(t, err)
		})
	}
}

func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 400} {
		c := setup(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"accessToken":"PLANTED-answer"}`)
		})
		_, err := c.CreateToken(t.Context(), tokenRequest)
		as[*ssooidc.ResponseError](t, err)
		if e := as[*ssooidc.TransportError](t, err); !errors.Is(e, io.ErrUnexpectedEOF) {
			t.Errorf("got %v", err)
		}
		if !strings.Contains(err.Error(), "broke off: unexpected EOF") {
			t.Errorf("it does not say why: %v", err)
		}
		wantNoSecret(t, err)
	}
}

func TestEndlessHeaders(t *testing.T) {
	t.Parallel()
	c := setup(t, func(w http.ResponseWriter, r *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\n")
		for err == nil {
			_, err = io.WriteString(conn, "X-More: PLANTED"+strings.Repeat("x", 1000)+"\r\n")
		}
	}, withDefaultClient)
	_, err := c.CreateToken(t.Context(), tokenRequest)
	as[*ssooidc.TransportError](t, err)
	wantNoSecret(t, err)
}

func TestLenientAnswers(t *testing.T) {
	t.Parallel()
	longest := time.Duration(min(math.MaxInt, 9223372036)) * time.Second // on 32-bit machines, an int's
	for _, row := range []struct {
		body     string
		lifetime time.Duration
	}{
		{`{"accessToken":"a"}`, 0},
		{`{"accessToken":"a","expiresIn":null,"new":{"x":[1]}}`, 0},
		{`{"accessToken":"a","expiresIn":28800}`, 8 * time.Hour},
		{`{"accessToken":"a","expiresIn":-5}`, 0},
		{`{"accessToken":"a","expiresIn":9223372036854775807}`, longest},
		{`{"accessToken":"a","expiresIn":99999999999999999999}`, longest},
		{`{"expiresIn":1e400,"accessToken":"a"}`, longest},
		{`{"accessToken":"a","expiresIn":-1e30}`, 0},
		{`{"accessToken":"a","expiresIn":2.88e4}`, 8 * time.Hour},
		{`{"accessToken":"a","expiresIn":28800.9}`, 8 * time.Hour},
	} {
		if out, err := stub(t, always(200, row.body)).CreateToken(t.Context(), tokenRequest); err != nil || out.Lifetime() != row.lifetime {
			t.Errorf("%s: got %v, %v", row.body, out, err)
		}
	}
}

// TestNumbersElsewhere: a number where a text belongs is no result, however lenient.
func TestNumbersElsewhere(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"accessToken":1}`, `{"accessToken":1,"expiresIn":1e30}`, `{"accessToken":"a","expiresIn":"1e30"}`, `{"accessToken":"a","expiresIn":[1]}`} {
		if out, err := stub(t, always(200, body)).CreateToken(t.Context(), tokenRequest); !errors.As(err, new(*ssooidc.ResponseError)) {
			t.Errorf("%s: %v, %v", body, out, err)
		}
	}
	many := `{"accessToken":"a"` + strings.Repeat(`,"expiresIn":1e30`, 60_000) + `}`
	if out, err := stub(t, always(200, many)).CreateToken(t.Context(), tokenRequest); !errors.As(err, new(*ssooidc.ResponseError)) {
		t.Errorf("%v, %v", out, err)
	}
	const body = `{"clientId":"c","clientSecret":"s","clientIdIssuedAt":1.8e9,"clientSecretExpiresAt":1e30}`
	out, err := stub(t, always(200, body)).RegisterClient(t.Context(), registerRequest)
	if err != nil || out.ClientIDIssued().Unix() != 1_800_000_000 || out.ClientSecretExpiry().UTC().Year() != 9999 || out.ClientSecret != "s" {
		t.Errorf("%v, %v", out, err)
	}
}

// TestNilContext is a mistake that loses nothing.
func TestNilContext(t *testing.T) {
	t.Parallel()
	var none context.Context
	if _, err := stub(t, always(200, successes["CreateToken"])).CreateToken(none, tokenRequest); err != nil {
		t.Error(err)
	}
}

// TestStatusOfNoAnswer: what an HTTP client makes up is not the service's.
func TestStatusOfNoAnswer(t *testing.T) {
	t.Parallel()
	for _, status := range []int{-5, 0, 100, 199} {
		for _, body := range []string{"", `{"error":"invalid_grant"}`} {
			_, err := stub(t, always(status, body)).CreateToken(t.Context(), tokenRequest)
			if e := as[*ssooidc.ResponseError](t, err); e.StatusCode != status {
				t.Errorf("status %d: %v", status, err)
			}
			wantNoSecret(t, err)
		}
	}
}

func TestPollInterval(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		interval string
		want     time.Duration
	}{
		{`null`, 5 * time.Second}, {`0`, 5 * time.Second}, {`-1`, 5 * time.Second}, {`1`, time.Second},
		{`60`, time.Minute}, {`61`, time.Minute}, {`9223372036854775807`, time.Minute},
		{`99999999999999999999`, time.Minute}, {`-99999999999999999999`, 5 * time.Second}, {`1e1`, 10 * time.Second}, {`5.0`, 5 * time.Second},
	} {
		out, err := stub(t, always(200, `{"deviceCode":"d","interval":`+row.interval+`,"expiresIn":9223372036854775807}`)).
			StartDeviceAuthorization(t.Context(), deviceRequest)
		if err != nil || out.PollInterval() != row.want || out.Lifetime() < time.Hour {
			t.Errorf("interval %s: %v, %v", row.interval, out, err)
		}
	}
}

func TestClientSecretExpiry(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		seconds int64
		want    string
	}{
		{0, "0001-01-01T00:00:00Z"}, {-1, "0001-01-01T00:00:00Z"}, {1_800_000_000, "2027-01-15T08:00:00Z"},
		{1 << 62, "9999-12-31T23:59:59Z"},
	} {
		out := ssooidc.RegisterClientResponse{ClientSecretExpiresAt: row.seconds}
		if got := out.ClientSecretExpiry().UTC().Format(time.RFC3339); got != row.want {
			t.Errorf("%d: %s, want %s", row.seconds, got, row.want)
		}
	}
}

// FuzzAnswer: whatever comes back, there is a result with a token or a typed error, and neither shows a secret.
func FuzzAnswer(f *testing.F) {
	f.Add(200, "", `{"accessToken":"a","expiresIn":1}`)
	f.Add(400, "InvalidGrantException:http://x", `{"error":"invalid_grant","error_description":null}`)
	f.Add(481, "", ``)
	f.Add(502, "", `<html>`)
	f.Add(302, "", ``)
	f.Add(502, "", "you sent "+tokenRequest.DeviceCode)
	f.Add(400, tokenRequest.Code, `{"error":"invalid_grant","error_description":"`+tokenRequest.CodeVerifier+`"}`)
	f.Fuzz(func(t *testing.T, status int, header, body string) {
		out, err := stub(t, always(status, body, "X-Amzn-ErrorType", header)).Client.CreateToken(t.Context(), tokenRequest)
		var service *ssooidc.ServiceError
		var response *ssooidc.ResponseError
		switch {
		case err == nil && (out == nil || out.AccessToken == ""):
			t.Error("neither a token nor an error")
		case err != nil && !errors.As(err, &service) && !errors.As(err, &response):
			t.Errorf("got a %T: %v", err, err)
		}
		for _, secret := range []string{tokenRequest.ClientSecret, tokenRequest.DeviceCode, tokenRequest.Code, tokenRequest.RefreshToken, tokenRequest.CodeVerifier} {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("a secret is shown: %v", err)
			}
		}
	})
}

func TestMain(m *testing.M) {
	// What a developer's environment configures must not reach the tests.
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_CA_BUNDLE", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		os.Unsetenv(name)
	}
	os.Exit(m.Run())
}
