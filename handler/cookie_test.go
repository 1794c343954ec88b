package handler_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCookies(t *testing.T) {
	type pairs = handler.Pairs
	for _, test := range []struct {
		value string
		want  pairs // nil is for an error
	}{
		{"name=value; name2=value2", pairs{{Name: "name", Value: "value"}, {Name: "name2", Value: "value2"}}},
		{"foo=Thu Jul 11 2013 15:38:43 GMT+0400 (MSK)", pairs{{Name: "foo", Value: "Thu Jul 11 2013 15:38:43 GMT+0400 (MSK)"}}},
		{"a=b,c; d=e=f ", pairs{{Name: "a", Value: "b,c"}, {Name: "d", Value: "e=f"}}},
		{"a=; ;b=\"q\"", pairs{{Name: "a"}, {Name: "b", Value: `"q"`}}},
		{"bare", pairs{{Value: "bare"}}},
		{"a b=c", pairs{{Name: "a b", Value: "c"}}},
		{"é=ü", pairs{{Name: "é", Value: "ü"}}},
		{"", pairs{}},
		{"=value", nil},
		{"a,b=c", nil},
		{"x; a,b", nil},
		{"a=b\tc", nil},
		{"a\t=b", nil},
	} {
		req, _ := newRequest("/", "Cookie", test.value)
		got, err := req.ParseCookies()
		if test.want == nil {
			assert.Equal(t, 400, handler.StatusOf(err), "%q", test.value)
			continue
		}
		require.NoError(t, err, test.value)
		assert.Equal(t, test.want, append(pairs{}, got...), test.value)
	}
	req, _ := newRequest("/")
	cookies, err := req.ParseCookies()
	assert.NoError(t, err)
	assert.Empty(t, cookies)
}

func TestCookieLimit(t *testing.T) {
	req, _ := newRequest("/", "Cookie", strings.Repeat("a=b; ", 100))
	cookies, err := req.ParseCookies()
	require.NoError(t, err)
	assert.Len(t, cookies, 100)
	req, _ = newRequest("/", "Cookie", strings.Repeat("a=b; ", 101))
	_, err = req.ParseCookies()
	assert.EqualError(t, err, "handler: more than 100 cookies")
}

func TestMatchCookies(t *testing.T) {
	req, _ := newRequest("/", "Cookie", "n=7; s=x; s=y")
	matches, err := req.MatchCookies(
		handler.Match{Name: "n", Constraints: []handler.Constraint{small{}}},
		handler.Match{Name: "s"}, handler.Match{Name: "t", Default: "none"})
	require.NoError(t, err)
	assert.Equal(t, handler.Matches{"n": 7, "s": []string{"x", "y"}, "t": "none"}, matches)
	_, err = req.MatchCookies(handler.Match{Name: "u"})
	assert.Equal(t, 400, handler.StatusOf(err))
	req, _ = newRequest("/", "Cookie", "=")
	_, err = req.MatchCookies()
	assert.Equal(t, 400, handler.StatusOf(err))
}

func TestFilterCookies(t *testing.T) {
	req, _ := newRequest("/", "Cookie", "=garbage; keep=1; a,b=2; drop=3; keep=4; bare")
	req.FilterCookies("keep")
	assert.Equal(t, "keep=1; keep=4", req.Header("Cookie"))
	cookies, err := req.ParseCookies()
	require.NoError(t, err)
	assert.Len(t, cookies, 2)
	req, _ = newRequest("/")
	req.FilterCookies("keep")
	assert.False(t, req.HasHeader("Cookie"))
}

func TestSetRespCookie(t *testing.T) {
	for _, test := range []struct {
		cookie handler.Cookie
		want   string
	}{
		{handler.Cookie{}, "n=v"},
		{handler.Cookie{Domain: "acme.com", HTTPOnly: true}, "n=v; Domain=acme.com; HttpOnly"},
		{handler.Cookie{Path: "/acme", Secure: true}, "n=v; Path=/acme; Secure"},
		{handler.Cookie{SameSite: handler.SameSiteNone}, "n=v; SameSite=None"},
		{handler.Cookie{SameSite: handler.SameSiteLax}, "n=v; SameSite=Lax"},
		{handler.Cookie{SameSite: handler.SameSiteStrict}, "n=v; SameSite=Strict"},
		{handler.Cookie{Delete: true, MaxAge: time.Hour}, "n=v; Expires=Thu, 01-Jan-1970 00:00:01 GMT; Max-Age=0"},
	} {
		req, w := newRequest("/")
		require.NoError(t, req.SetRespCookie("n", "v", test.cookie))
		require.NoError(t, req.ReplyStatus(200))
		assert.Equal(t, []string{test.want}, w.Header()["Set-Cookie"])
	}
}

func TestSetRespCookieMaxAge(t *testing.T) {
	req, w := newRequest("/")
	require.NoError(t, req.SetRespCookie("n", "v", handler.Cookie{MaxAge: 111 * time.Second, Secure: true}))
	parts := strings.Split(w.Header().Get("Set-Cookie"), "; ")
	require.Len(t, parts, 4)
	expires, err := time.Parse("Expires=Mon, 02-Jan-2006 15:04:05 GMT", parts[1])
	require.NoError(t, err)
	assert.WithinDuration(t, time.Now().Add(111*time.Second), expires, 5*time.Second)
	assert.Equal(t, []string{"Max-Age=111", "Secure"}, parts[2:])
}

func TestSetRespCookieReplacesItsName(t *testing.T) {
	req, w := newRequest("/")
	require.NoError(t, req.SetRespCookie("a", "1", handler.Cookie{}))
	require.NoError(t, req.SetRespCookie("ab", "2", handler.Cookie{}))
	require.NoError(t, req.SetRespCookie("a", "3", handler.Cookie{}))
	assert.Equal(t, []string{"ab=2", "a=3"}, w.Header()["Set-Cookie"])
}

func TestSetRespCookieRefuses(t *testing.T) {
	for _, test := range []struct {
		name, value string
		cookie      handler.Cookie
		culprit     string
	}{
		{"Na=me", "v", handler.Cookie{}, "the cookie name"},
		{"", "v", handler.Cookie{}, "the cookie name"},
		{"N;", "v", handler.Cookie{}, "the cookie name"},
		{"\rn", "v", handler.Cookie{}, "the cookie name"},
		{"n", "v;", handler.Cookie{}, "the value"},
		{"n", "v w", handler.Cookie{}, "the value"},
		{"n", "v\x7f", handler.Cookie{}, "the value"},
		{"n", "v", handler.Cookie{Domain: "a; Secure"}, "the domain"},
		{"n", "v", handler.Cookie{Path: "/\n"}, "the path"},
		{"n", "v", handler.Cookie{MaxAge: -time.Second}, "the max age"},
		{"n", "v", handler.Cookie{MaxAge: time.Millisecond}, "the max age"},
		{"n", "v", handler.Cookie{SameSite: 5}, "SameSite"},
		{"n", "v", handler.Cookie{SameSite: -1}, "SameSite"},
	} {
		req, w := newRequest("/")
		assert.ErrorContains(t, req.SetRespCookie(test.name, test.value, test.cookie), test.culprit)
		assert.Empty(t, w.Header())
	}
	req, _ := newRequest("/")
	require.NoError(t, req.ReplyStatus(200))
	assert.ErrorIs(t, req.SetRespCookie("n", "v", handler.Cookie{}), handler.ErrReplied)
}

// A cookie of net/http stands beside one of Cowhand's, and replaces it.
func TestSetCookie(t *testing.T) {
	req, w := newRequest("/", "Cookie", "a=1")
	require.NoError(t, req.SetRespCookie("a", "1", handler.Cookie{SameSite: http.SameSiteLaxMode}))
	require.NoError(t, req.SetRespCookie("b", "2", handler.Cookie{SameSite: http.SameSiteDefaultMode}))
	require.NoError(t, req.SetCookie(&http.Cookie{Name: "a", Value: "x y", Secure: true, Partitioned: true}))
	assert.Equal(t, []string{"b=2", `a="x y"; Secure; Partitioned`}, w.Header()["Set-Cookie"])
	for _, bad := range []*http.Cookie{nil, {Name: "a b"}, {Name: "a", Value: "é"}, {Name: "a", Path: "/;"}, {Name: "a", Partitioned: true}} {
		assert.ErrorContains(t, req.SetCookie(bad), "handler: http: ")
	}
	assert.Len(t, w.Header()["Set-Cookie"], 2)
	cookie, err := req.HTTP().Cookie("a")
	require.NoError(t, err)
	assert.Equal(t, "1", cookie.Value)
	require.NoError(t, req.ReplyStatus(200))
	assert.ErrorIs(t, req.SetCookie(cookie), handler.ErrReplied)
}

func TestSetCookieAsHeaderIsRefused(t *testing.T) {
	req, w := newRequest("/")
	const want = "handler: set cookies by SetRespCookie, not by the header Set-Cookie"
	assert.EqualError(t, req.SetRespHeader("set-cookie", "a=b"), want)
	assert.EqualError(t, req.SetRespHeaders(handler.Headers{"Set-Cookie": "a=b", "X": "y"}), want)
	assert.EqualError(t, req.Reply(200, handler.Headers{"set-cookie": "a=b"}, nil), want)
	assert.EqualError(t, req.Inform(103, handler.Headers{"set-cookie": "a=b"}), want)
	assert.Empty(t, w.Header())
	assert.False(t, req.Replied())
}

func FuzzParseCookies(f *testing.F) {
	f.Add("a=b; c; d=e f")
	f.Add("=; ,")
	f.Fuzz(func(t *testing.T, value string) {
		req, _ := newRequest("/", "Cookie", value)
		cookies, err := req.ParseCookies()
		if err != nil {
			require.Equal(t, 400, handler.StatusOf(err))
		}
		require.LessOrEqual(t, len(cookies), 100)
		req.FilterCookies("a")
		kept, _ := req.ParseCookies()
		for _, cookie := range kept {
			require.True(t, cookie.Name == "a" || cookie.Name == "" && cookie.Value == "a", "%+v", cookie)
		}
	})
}
