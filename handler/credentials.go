package handler

import (
	"encoding/base64"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Credentials is the value of an Authorization or Proxy-Authorization header
// (RFC 9110, section 11.4). The schemes basic, bearer and digest are taken,
// as in Cowboy; another is malformed.
type Credentials struct {
	Scheme         string  // "basic", "bearer" or "digest"; "" without the header
	User, Password string  // of basic (RFC 7617)
	Token          string  // of bearer (RFC 6750)
	Params         []Param // of digest (RFC 7616)
}

func parseCredentials(value string) (c Credentials, ok bool) {
	scheme, rest, found := strings.Cut(value, " ")
	if !found {
		return c, false
	}
	c.Scheme = strings.ToLower(scheme)
	switch c.Scheme {
	case "basic":
		c.User, c.Password, ok = basicCredentials(rest)
	case "bearer":
		c.Token, ok = rest, isToken68(rest)
	case "digest":
		c.Params, ok = httpgrammar.NonEmptyList(rest, param)
	}
	return c, ok
}

func basicCredentials(encoded string) (user, password string, ok bool) {
	text, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), ":")
}

// isToken68 is token68 of RFC 9110, section 11.2.
func isToken68(text string) bool {
	s := httpgrammar.NewScanner(strings.TrimRight(text, "="))
	s.While(func(c byte) bool {
		return httpgrammar.IsAlpha(c) || httpgrammar.IsDigit(c) || strings.IndexByte("-._~+/", c) >= 0
	})
	return text != "" && s.Done()
}
