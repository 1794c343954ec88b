package handler

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseCookies returns the request's cookies in the order sent
// (cowboy_req:parse_cookies/1). A cookie without "=" has an empty name, as
// browsers have it. A malformed header, or more than [MaxKeys] cookies, is a
// [*StatusError] of 400; use [Request.FilterCookies] first to be safe from
// what other applications of the domain set.
func (r *Request) ParseCookies() (Pairs, error) {
	lines := r.r.Header["Cookie"]
	if len(lines) == 0 {
		return nil, nil
	}
	return parseCookies(r.Header("Cookie"))
}

// MatchCookies returns what the fields make of the cookies
// (cowboy_req:match_cookies/2). Errors are as of [Request.MatchQS].
func (r *Request) MatchCookies(fields ...Match) (Matches, error) {
	cookies, err := r.ParseCookies()
	if err != nil {
		return nil, err
	}
	return cookies.Match(fields...)
}

// FilterCookies drops all cookies but those of the names given from the
// request, malformed ones included (cowboy_req:filter_cookies/2).
func (r *Request) FilterCookies(names ...string) {
	if len(r.r.Header["Cookie"]) == 0 {
		return
	}
	var kept []string
	for item := range strings.SplitSeq(r.Header("Cookie"), ";") {
		name, _, _ := strings.Cut(strings.TrimLeft(item, " \t"), "=")
		if slices.Contains(names, name) {
			kept = append(kept, strings.TrimLeft(item, " \t"))
		}
	}
	r.r.Header["Cookie"] = []string{strings.Join(kept, "; ")}
}

// parseCookies reads a Cookie header as cow_cookie:parse_cookie/1 does: more
// leniently than RFC 6265, as browsers send what pages set.
func parseCookies(value string) (Pairs, error) {
	var cookies Pairs
	for rest := value; rest != ""; {
		rest = strings.TrimLeft(rest, " \t,;")
		if rest == "" {
			break
		}
		var item string
		item, rest, _ = strings.Cut(rest, ";")
		cookie, ok := parseCookie(item)
		if !ok {
			return nil, Errorf(http.StatusBadRequest, "handler: malformed header Cookie: %q", item)
		}
		if len(cookies) == MaxKeys {
			return nil, Errorf(http.StatusBadRequest, "handler: more than %d cookies", MaxKeys)
		}
		cookies = append(cookies, cookie)
	}
	return cookies, nil
}

func parseCookie(item string) (Pair, bool) {
	name, value, hasName := strings.Cut(item, "=")
	if !hasName {
		name, value = "", item
	}
	if hasName && name == "" || strings.ContainsAny(item, "\t\r\n\v\f") {
		return Pair{}, false
	}
	if before := item[:len(item)-len(value)]; strings.Contains(before, ",") || !hasName && strings.Contains(value, ",") {
		return Pair{}, false
	}
	return Pair{Name: name, Value: strings.TrimRight(value, " ")}, true
}

// SameSite says when browsers send a cookie with requests from other sites. It
// is the type of net/http.
type SameSite = http.SameSite

// The values of the attribute SameSite; the default sends none.
const (
	SameSiteDefault SameSite = 0
	SameSiteNone             = http.SameSiteNoneMode
	SameSiteLax              = http.SameSiteLaxMode
	SameSiteStrict           = http.SameSiteStrictMode
)

// Cookie has the attributes of a cookie to be set: cow_cookie:cookie_opts().
// The zero Cookie is a session cookie.
type Cookie struct {
	Domain string
	Path   string

	// MaxAge is for how long browsers keep the cookie, in whole seconds; 0
	// is until they end. See Delete.
	MaxAge time.Duration

	// Delete makes browsers forget the cookie: Cowboy's max_age 0.
	Delete bool

	Secure   bool // only over TLS
	HTTPOnly bool // out of the reach of scripts
	SameSite SameSite
}

// SetRespCookie sets a cookie with the reply to come, in place of one of the
// same name set before (cowboy_req:set_resp_cookie/4). It returns
// [ErrReplied] after the reply, and an error that names the culprit where the
// name, the value or an attribute has a character that it may not have: a
// value takes no comma, semicolon, space or control character, so encode it
// first.
func (r *Request) SetRespCookie(name, value string, cookie Cookie) error {
	if r.replied {
		return ErrReplied
	}
	line, err := cookie.line(name, value)
	if err != nil {
		return err
	}
	r.setCookie(name, line)
	return nil
}

// SetCookie sets a cookie of net/http, which may have attributes that Cookie
// has not, with the reply to come. It replaces and refuses as SetRespCookie
// does. To read one, use Cookie of [Request.HTTP].
func (r *Request) SetCookie(cookie *http.Cookie) error {
	if r.replied {
		return ErrReplied
	}
	if err := cookie.Valid(); err != nil {
		return fmt.Errorf("handler: %w", err)
	}
	r.setCookie(cookie.Name, cookie.String())
	return nil
}

// setCookie sets a line in place of the one of the same name.
func (r *Request) setCookie(name, line string) {
	h := r.w.Header()
	lines := slices.DeleteFunc(slices.Clone(h["Set-Cookie"]), func(other string) bool {
		return strings.HasPrefix(other, name+"=")
	})
	h["Set-Cookie"] = append(lines, line)
}

// line returns the value of the Set-Cookie header.
func (c Cookie) line(name, value string) (string, error) {
	if err := c.validate(name, value); err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(name + "=" + value)
	if c.Domain != "" {
		b.WriteString("; Domain=" + c.Domain)
	}
	if c.HTTPOnly {
		b.WriteString("; HttpOnly")
	}
	b.WriteString(c.age())
	if c.Path != "" {
		b.WriteString("; Path=" + c.Path)
	}
	b.WriteString(sameSite[c.SameSite])
	if c.Secure {
		b.WriteString("; Secure")
	}
	return b.String(), nil
}

// sameSite has the attribute for each value; [http.SameSiteDefaultMode] sends
// none, as the zero value does.
var sameSite = [...]string{
	http.SameSiteDefaultMode: "",
	http.SameSiteLaxMode:     "; SameSite=Lax",
	http.SameSiteStrictMode:  "; SameSite=Strict",
	http.SameSiteNoneMode:    "; SameSite=None",
}

// age returns the attributes Expires and Max-Age.
func (c Cookie) age() string {
	switch seconds := int64(c.MaxAge / time.Second); {
	case c.Delete:
		return "; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0"
	case seconds > 0:
		expires := time.Now().Add(c.MaxAge).UTC().Format("Mon, 02-Jan-2006 15:04:05 GMT")
		return "; Expires=" + expires + "; Max-Age=" + strconv.FormatInt(seconds, 10)
	}
	return ""
}

func (c Cookie) validate(name, value string) error {
	switch {
	case name == "" || hasByteOf(name, "=,; "):
		return fmt.Errorf("handler: the cookie name %q is empty or has a byte that may not be in one", name)
	case hasByteOf(value, ",; "):
		return fmt.Errorf("handler: the value %q of cookie %s has a byte that may not be in one", value, name)
	case hasByteOf(c.Domain, "; "):
		return fmt.Errorf("handler: the domain %q of cookie %s has a byte that may not be in one", c.Domain, name)
	case hasByteOf(c.Path, ";"):
		return fmt.Errorf("handler: the path %q of cookie %s has a byte that may not be in one", c.Path, name)
	case c.MaxAge < 0 || c.MaxAge > 0 && c.MaxAge < time.Second:
		return fmt.Errorf("handler: the max age %v of cookie %s is less than a second", c.MaxAge, name)
	case c.SameSite < 0 || int(c.SameSite) >= len(sameSite):
		return fmt.Errorf("handler: cookie %s has an unknown SameSite %d", name, c.SameSite)
	}
	return nil
}

// hasByteOf reports whether text has a byte of the set or a control byte.
func hasByteOf(text, set string) bool {
	return strings.IndexFunc(text, func(c rune) bool { return c < ' ' || c == 0x7f }) >= 0 || strings.ContainsAny(text, set)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
