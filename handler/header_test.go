package handler_test

import (
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// headerCase is a value of a header and what it parses to; nil is malformed.
type headerCase struct {
	value string
	want  any
}

func testHeader[T any](t *testing.T, header handler.HeaderType[T], cases []headerCase) {
	t.Helper()
	for _, test := range cases {
		req, _ := newRequest("/", header.Name, test.value)
		got, err := handler.ParseHeader(req, header)
		if test.want == nil {
			assert.Equal(t, 400, handler.StatusOf(err), "%s: %s", header.Name, test.value)
			assert.ErrorContains(t, err, "malformed header", test.value)
			continue
		}
		if assert.NoError(t, err, "%s: %s", header.Name, test.value) {
			assert.Equal(t, test.want, any(got), "%s: %s", header.Name, test.value)
		}
	}
	req, _ := newRequest("/")
	got, err := handler.ParseHeader(req, header)
	require.NoError(t, err)
	assert.Zero(t, got, "%s absent", header.Name)
}

func mediaRange(typ, subtype string, quality int, params ...handler.Param) handler.MediaRange {
	return handler.MediaRange{MediaType: handler.MediaType{Type: typ, Subtype: subtype, Params: params}, Quality: quality}
}

// RFC 9110, section 12.5.1.
func TestAccept(t *testing.T) {
	type ranges = []handler.MediaRange
	ext := mediaRange("text", "html", 500)
	ext.Ext = []handler.Param{{Name: "a", Value: "b"}, {Name: "c"}}
	testHeader(t, handler.HeaderAccept, []headerCase{
		{"text/html", ranges{mediaRange("text", "html", 1000)}},
		{"*/*", ranges{mediaRange("*", "*", 1000)}},
		{"audio/*; q=0.2, audio/basic", ranges{mediaRange("audio", "*", 200), mediaRange("audio", "basic", 1000)}},
		{"Text/HTML;Level=1;q=0.75", ranges{mediaRange("text", "html", 750, handler.Param{Name: "level", Value: "1"})}},
		{`text/html;charset="UTF-8"`, ranges{mediaRange("text", "html", 1000, handler.Param{Name: "charset", Value: "utf-8"})}},
		{`text/html;a="b\"c"`, ranges{mediaRange("text", "html", 1000, handler.Param{Name: "a", Value: `b"c`})}},
		{"text/html;q=0.5;a=b;c", ranges{ext}},
		{"*;q=.2", ranges{mediaRange("*", "*", 200)}},
		{" , text/html ,,", ranges{mediaRange("text", "html", 1000)}},
		{"text/html;q=0", ranges{mediaRange("text", "html", 0)}},
		{"text/html;q=1.000", ranges{mediaRange("text", "html", 1000)}},
		{"", ranges{}},
		{"text", nil},
		{"text/", nil},
		{"/html", nil},
		{"*", nil},
		{"text/html;q=2", nil},
		{"text/html;q=1.1", nil},
		{"text/html;q=0.1234", nil},
		{"text/html;q=", nil},
		{"text/html;q=.", nil},
		{"text/html;", nil},
		{"text/html;a", nil},
		{`text/html;a="b`, nil},
		{"text/html text/plain", nil},
		{"text/html;q=0.5 x", nil},
	})
}

func TestWeightedHeaders(t *testing.T) {
	type list = []handler.Weighted
	testHeader(t, handler.HeaderAcceptCharset, []headerCase{
		{"iso-8859-5, Unicode-1-1;q=0.8", list{{"iso-8859-5", 1000}, {"unicode-1-1", 800}}},
		{"*", list{{"*", 1000}}},
		{"", nil},
		{"utf-8;x=1", nil},
		{"utf-8;q=a", nil},
		{"@", nil},
	})
	testHeader(t, handler.HeaderAcceptEncoding, []headerCase{
		{"gzip;q=1.0, identity; q=0.5, *;q=0", list{{"gzip", 1000}, {"identity", 500}, {"*", 0}}},
		{"", list{}},
		{"gzip;", nil},
	})
	testHeader(t, handler.HeaderAcceptLanguage, []headerCase{
		{"da, en-GB;q=0.8, en;q=0.7, *;q=.1", list{{"da", 1000}, {"en-gb", 800}, {"en", 700}, {"*", 100}}},
		{"zh-Hant-CN-x-private1-private2", list{{"zh-hant-cn-x-private1-private2", 1000}}},
		{"", nil},
		{"en-", nil},
		{"e1", nil},
		{"englishlanguage", nil},
	})
}

// RFC 9110, section 8.8.3.
func TestETagHeaders(t *testing.T) {
	cases := []headerCase{
		{"*", handler.ETags{Any: true}},
		{`"xyzzy"`, handler.ETags{List: []handler.ETag{{Tag: "xyzzy"}}}},
		{`"xyzzy", W/"r2d2xxxx",""`, handler.ETags{List: []handler.ETag{{Tag: "xyzzy"}, {Weak: true, Tag: "r2d2xxxx"}, {}}}},
		{"", nil}, {"xyzzy", nil}, {`"xyzzy`, nil}, {`w/"a"`, nil}, {`"a" "b"`, nil}, {`"a b"`, nil},
	}
	testHeader(t, handler.HeaderIfMatch, cases)
	testHeader(t, handler.HeaderIfNoneMatch, cases)
	date := time.Date(1994, 10, 29, 19, 43, 31, 0, time.UTC)
	testHeader(t, handler.HeaderIfRange, []headerCase{
		{`W/"a"`, handler.IfRange{ETag: handler.ETag{Weak: true, Tag: "a"}}},
		{"Sat, 29 Oct 1994 19:43:31 GMT", handler.IfRange{Date: date}},
		{`"a", "b"`, nil},
		{"yesterday", nil},
	})
	testHeader(t, handler.HeaderIfModifiedSince, []headerCase{
		{"Sat, 29 Oct 1994 19:43:31 GMT", date},
		{"Saturday, 29-Oct-94 19:43:31 GMT", date},
		{"Sat Oct 29 19:43:31 1994", date},
		{"29 Oct 1994", nil},
	})
}

func TestETagComparison(t *testing.T) {
	weak, strong := handler.ETag{Weak: true, Tag: "1"}, handler.ETag{Tag: "1"}
	for _, test := range []struct {
		list, tag    handler.ETag
		strong, weak bool
	}{ // the table of RFC 9110, section 8.8.3.2
		{weak, weak, false, true},
		{weak, handler.ETag{Weak: true, Tag: "2"}, false, false},
		{weak, strong, false, true},
		{strong, strong, true, true},
	} {
		tags := handler.ETags{List: []handler.ETag{test.list}}
		assert.Equal(t, test.strong, tags.MatchStrong(test.tag))
		assert.Equal(t, test.weak, tags.MatchWeak(test.tag))
	}
	assert.Equal(t, `W/"1"`, weak.String())
	tag, err := handler.ParseETag(`"1"`)
	require.NoError(t, err)
	assert.Equal(t, strong, tag)
	_, err = handler.ParseETag("1")
	assert.EqualError(t, err, `handler: "1" is not an entity tag`)
}

// RFC 9110, section 14.1.2.
func TestRange(t *testing.T) {
	bytes := func(spec string, r ...handler.ByteRange) handler.Range {
		return handler.Range{Unit: "bytes", Spec: spec, Bytes: append([]handler.ByteRange{}, r...)}
	}
	testHeader(t, handler.HeaderRange, []headerCase{
		{"bytes=0-499", bytes("0-499", handler.ByteRange{0, 499})},
		{"bytes=-500", bytes("-500", handler.ByteRange{-500, -1})},
		{"bytes=9500-", bytes("9500-", handler.ByteRange{9500, -1})},
		{"Bytes=0-0, -1", bytes("0-0, -1", handler.ByteRange{0, 0}, handler.ByteRange{-1, -1})},
		{"bytes=-0", bytes("-0", handler.ByteRange{1, 0})},
		{"bytes=", bytes("")},
		{"chapters=1-2", handler.Range{Unit: "chapters", Spec: "1-2"}},
		{"bytes", nil}, {"=1-2", nil}, {"chapters=", nil}, {"chapters=a b", nil},
		{"bytes=a-b", nil}, {"bytes=1", nil}, {"bytes=1-2-3", nil}, {"bytes=99999999999999999999-", nil},
	})
	for _, test := range []struct {
		r           handler.ByteRange
		size        int64
		first, last int64
		ok          bool
	}{
		{handler.ByteRange{0, 3}, 10, 0, 3, true},
		{handler.ByteRange{0, 99}, 10, 0, 9, true},
		{handler.ByteRange{9, -1}, 10, 9, 9, true},
		{handler.ByteRange{-3, -1}, 10, 7, 9, true},
		{handler.ByteRange{-30, -1}, 10, 0, 9, true},
		{handler.ByteRange{10, -1}, 10, 0, 0, false},
		{handler.ByteRange{4, 3}, 10, 0, 0, false},
		{handler.ByteRange{10, 11}, 10, 0, 0, false},
		{handler.ByteRange{-1, -1}, 0, 0, 0, false},
	} {
		first, last, ok := test.r.Resolve(test.size)
		assert.Equal(t, test.ok, ok, "%+v of %d", test.r, test.size)
		if ok {
			assert.Equal(t, []int64{test.first, test.last}, []int64{first, last}, "%+v of %d", test.r, test.size)
		}
	}
}

func TestCredentials(t *testing.T) {
	basic := handler.Credentials{Scheme: "basic", User: "Aladdin", Password: "open sesame"}
	digest := handler.Credentials{Scheme: "digest", Params: []handler.Param{{Name: "username", Value: "Mufasa"}, {Name: "qop", Value: "auth"}}}
	cases := []headerCase{
		{"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", basic}, // RFC 7617, section 2
		{"bASIC QWxhZGRpbjpvcGVuIHNlc2FtZQ==", basic},
		{"Bearer mF_9.B5f-4.1JqM", handler.Credentials{Scheme: "bearer", Token: "mF_9.B5f-4.1JqM"}}, // RFC 6750, section 2.1
		{`Digest username="Mufasa", qop=auth`, digest},
		{"Basic", nil}, {"Basic !", nil}, {"Basic QQ==", nil}, {"Bearer ", nil}, {"Bearer a b", nil},
		{"Digest ", nil}, {"Digest username", nil}, {"Negotiate abc", nil},
	}
	testHeader(t, handler.HeaderAuthorization, cases)
	testHeader(t, handler.HeaderProxyAuthorization, cases)
}

func TestOtherHeaders(t *testing.T) {
	type list = []string
	testHeader(t, handler.HeaderConnection, []headerCase{{"Keep-Alive, Upgrade", list{"keep-alive", "upgrade"}}, {"", nil}, {"a b", nil}})
	testHeader(t, handler.HeaderUpgrade, []headerCase{{"HTTP/2.0, WebSocket", list{"http/2.0", "websocket"}}, {"/1", nil}, {"h2/", nil}})
	testHeader(t, handler.HeaderTrailer, []headerCase{{"Expires", list{"expires"}}})
	testHeader(t, handler.HeaderContentEncoding, []headerCase{{"GZip", list{"gzip"}}})
	testHeader(t, handler.HeaderContentLanguage, []headerCase{{"mi, en-US", list{"mi", "en-us"}}, {"*", nil}})
	testHeader(t, handler.HeaderContentLength, []headerCase{{"0", int64(0)}, {"42", int64(42)}, {"-1", nil}, {"+1", nil}, {"4a", nil}})
	testHeader(t, handler.HeaderMaxForwards, []headerCase{{"3", int64(3)}, {"x", nil}})
	testHeader(t, handler.HeaderSecWebSocketVersion, []headerCase{{"13", int64(13)}, {"13, 8", nil}})
	testHeader(t, handler.HeaderSecWebSocketProtocol, []headerCase{{"chat, superChat", list{"chat", "superChat"}}})
	testHeader(t, handler.HeaderSecWebSocketExtensions, []headerCase{
		{`foo, bar; baz=2; quux="3"; x`, []handler.Extension{{Name: "foo"}, {Name: "bar", Params: []handler.Param{{Name: "baz", Value: "2"}, {Name: "quux", Value: "3"}, {Name: "x"}}}}},
		{`foo; BAR = "b\a\z"`, []handler.Extension{{Name: "foo", Params: []handler.Param{{Name: "bar", Value: "baz"}}}}},
		{strings.Repeat(", foo", 1001), nil},
		{"", nil}, {"foo;", nil}, {";foo", nil}, {`foo; bar="b c"`, nil}, {`foo; bar=""`, nil}, // RFC 6455, section 9.1: a token in quotes
	})
	testHeader(t, handler.HeaderExpect, []headerCase{{"100-Continue", "100-continue"}, {"200-ok", nil}})
	testHeader(t, handler.HeaderAccessControlRequestMethod, []headerCase{{"PUT", "PUT"}, {"", nil}, {"A B", nil}})
	testHeader(t, handler.HeaderAccessControlRequestHeaders, []headerCase{{"X-A, x-b", list{"x-a", "x-b"}}})
	testHeader(t, handler.HeaderXForwardedFor, []headerCase{{"203.0.113.1, [2001:db8::1]:80", list{"203.0.113.1", "[2001:db8::1]:80"}}, {"a/b", nil}})
	type origins = []handler.Origin
	testHeader(t, handler.HeaderOrigin, []headerCase{
		{"https://Example.org", origins{{"https", "example.org", 443}}},
		{"http://example.org:8080", origins{{"http", "example.org", 8080}}},
		{"http://[::1]:1", origins{{"http", "[::1]", 1}}},
		{"null", origins{{}}},
		{"http://a http://b", origins{{"http", "a", 80}, {"http", "b", 80}}},
		{"http://", nil}, {"http://a/path", nil}, {"http://a:99999", nil}, {"http://u@a", nil}, {"", nil},
	})
}

func TestContentType(t *testing.T) {
	testHeader(t, handler.HeaderContentType, []headerCase{
		{"text/plain", handler.MediaType{Type: "text", Subtype: "plain"}},
		{`Multipart/Form-Data; boundary="a b"; Charset=UTF-8`, handler.MediaType{Type: "multipart", Subtype: "form-data",
			Params: []handler.Param{{Name: "boundary", Value: "a b"}, {Name: "charset", Value: "utf-8"}}}},
		{"text", nil}, {"text/plain;", nil}, {"text/plain; charset", nil}, {"text/plain, text/html", nil}, {"", nil},
	})
	m, err := handler.ParseMediaType(`text/html; charset=utf-8; title="a \"b\""`)
	require.NoError(t, err)
	assert.Equal(t, `text/html;charset=utf-8;title="a \"b\""`, m.String())
	assert.Equal(t, `text/html;title="a \"b\""`, m.Without("charset").String())
	assert.Equal(t, "utf-8", m.Param("charset"), "Without leaves the original as it is")
	assert.True(t, m.Is("text", "html"))
}

// A header cannot make the server compare without end.
func TestListsAreBounded(t *testing.T) {
	for n, status := range map[int]int{1000: 0, 1001: 400, 100_000: 400} {
		req, _ := newRequest("/", "Accept", strings.Repeat("a/b,", n))
		_, err := handler.ParseHeader(req, handler.HeaderAccept)
		assert.Equal(t, status != 0, err != nil, n)
	}
}

func TestParsedHeaderIsCached(t *testing.T) {
	calls := 0
	counted := handler.HeaderType[string]{Name: "x-counted", Parse: func(value string) (string, bool) {
		calls++
		return strings.ToUpper(value), value != "bad"
	}}
	req, _ := newRequest("/", "X-Counted", "a")
	for range 3 {
		value, err := handler.ParseHeader(req, counted)
		require.NoError(t, err)
		assert.Equal(t, "A", value)
	}
	assert.Equal(t, 1, calls)
	other := handler.HeaderType[int]{Name: "X-Counted", Parse: func(string) (int, bool) { return 7, true }}
	n, err := handler.ParseHeader(req, other)
	require.NoError(t, err)
	assert.Equal(t, 7, n, "another type for the same header")
	req, _ = newRequest("/", "X-Counted", "bad")
	for range 2 {
		_, err = handler.ParseHeader(req, counted)
		assert.EqualError(t, err, "handler: malformed header X-Counted")
	}
	assert.Equal(t, 2, calls)
	assert.True(t, req.HasHeader("x-counted"))
	assert.False(t, req.HasHeader("x-none"))
}

func FuzzParseHeader(f *testing.F) {
	f.Add("text/html;q=0.5, */*", `"a", W/"b"`, "bytes=0-1,-2")
	f.Add(`text/x;a="\"";q=.5;b`, "Digest a=b", "da, en-gb;q=0.8")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		req, _ := newRequest("/")
		for i, value := range []string{a, b, c, a} {
			for _, name := range []string{"Accept", "If-Match", "Range", "Authorization", "Accept-Language", "Origin", "Content-Type", "If-Range"} {
				req.Headers()[name] = []string{value}
			}
			req = handler.NewRequest(nil, req.HTTP(), handler.Env{})
			if accept, err := handler.ParseHeader(req, handler.HeaderAccept); err == nil {
				for _, m := range accept {
					again, err := handler.ParseMediaType(m.MediaType.String())
					require.NoError(t, err, "%d: %q", i, value)
					require.Equal(t, m.MediaType, again)
				}
			}
			_, _ = handler.ParseHeader(req, handler.HeaderIfMatch)
			_, _ = handler.ParseHeader(req, handler.HeaderRange)
			_, _ = handler.ParseHeader(req, handler.HeaderAuthorization)
			_, _ = handler.ParseHeader(req, handler.HeaderAcceptLanguage)
			_, _ = handler.ParseHeader(req, handler.HeaderOrigin)
			_, _ = handler.ParseHeader(req, handler.HeaderIfRange)
			_, _ = handler.ParseHeader(req, handler.HeaderContentType)
		}
	})
}
