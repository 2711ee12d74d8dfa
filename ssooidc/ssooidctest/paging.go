package ssooidctest

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// The sizes of a page of a list.
const (
	defaultPage = 20 // if max_result does not say
	largestPage = 100
)

// page answers with the part of a list that the request asks for. key names the
// list: the token of a page is refused for any other list.
func (c *portalCall) page(name, key string, list []any) (answer, *exception) {
	size, from := defaultPage, 0
	if text := c.query.Get("max_result"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > largestPage {
			return nil, invalidRequest(fmt.Sprintf("max_result must be from 1 to %d", largestPage))
		}
		size = n
	}
	if token := c.query.Get("next_token"); token != "" {
		n, ok := pageStart(key, token)
		if !ok || n >= len(list) {
			return nil, invalidRequest("Invalid next_token")
		}
		from = n
	}
	to := min(from+size, len(list))
	a := answer{name: append([]any{}, list[from:to]...), "nextToken": nil}
	if to < len(list) {
		a["nextToken"] = pageToken(key, to)
	}
	return a, nil
}

// tokenStart is "+/+/" in base64: a client that does not escape a token is
// found out.
const tokenStart = "\xfb\xff\xbf"

// pageToken returns the token of the page that starts with item number from.
func pageToken(key string, from int) string {
	return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, "%s%s:%d", tokenStart, key, from))
}

// pageStart is the reverse of pageToken. ok is false if the token is none of
// this list's.
func pageStart(key, token string) (from int, ok bool) {
	text, err := base64.StdEncoding.DecodeString(token)
	number, ok := strings.CutPrefix(string(text), tokenStart+key+":")
	if err != nil || !ok {
		return 0, false
	}
	from, err = strconv.Atoi(number)
	return from, err == nil && from > 0
}
