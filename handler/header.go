package handler

import (
	"net/http"
	"strings"
	"time"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// HeaderType is a request header and the parser of its value, for
// [ParseHeader]. Those of Cowboy are in this package, HeaderAccept and the
// others; an application adds its own by a variable of this type.
type HeaderType[T any] struct {
	Name string // of whatever case

	// Parse returns what value says, and false where it is malformed. The
	// value is as [Request.Header] returns it.
	Parse func(value string) (T, bool)
}

// The headers that Cowboy parses. Lists are not nil where the header is
// present; times are in UTC; tokens are in lower case where case makes no
// difference; a list of more than 1000 items is malformed.
var (
	HeaderAccept                      = HeaderType[[]MediaRange]{"Accept", parseAccept}
	HeaderAcceptCharset               = HeaderType[[]Weighted]{"Accept-Charset", parseWeighted}
	HeaderAcceptEncoding              = HeaderType[[]Weighted]{"Accept-Encoding", parseEncodings}
	HeaderAcceptLanguage              = HeaderType[[]Weighted]{"Accept-Language", parseLanguages}
	HeaderAccessControlRequestHeaders = HeaderType[[]string]{"Access-Control-Request-Headers", parseLowerTokens}
	HeaderAccessControlRequestMethod  = HeaderType[string]{"Access-Control-Request-Method", parseToken}
	HeaderAuthorization               = HeaderType[Credentials]{"Authorization", parseCredentials}
	HeaderConnection                  = HeaderType[[]string]{"Connection", parseLowerTokens}
	HeaderContentEncoding             = HeaderType[[]string]{"Content-Encoding", parseLowerTokens}
	HeaderContentLanguage             = HeaderType[[]string]{"Content-Language", parseLanguageTags}
	HeaderContentLength               = HeaderType[int64]{"Content-Length", parseLength}
	HeaderContentType                 = HeaderType[MediaType]{"Content-Type", parseContentType}
	HeaderExpect                      = HeaderType[string]{"Expect", parseExpect}
	HeaderIfMatch                     = HeaderType[ETags]{"If-Match", parseETags}
	HeaderIfModifiedSince             = HeaderType[time.Time]{"If-Modified-Since", parseDate}
	HeaderIfNoneMatch                 = HeaderType[ETags]{"If-None-Match", parseETags}
	HeaderIfRange                     = HeaderType[IfRange]{"If-Range", parseIfRange}
	HeaderIfUnmodifiedSince           = HeaderType[time.Time]{"If-Unmodified-Since", parseDate}
	HeaderMaxForwards                 = HeaderType[int64]{"Max-Forwards", parseLength}
	HeaderOrigin                      = HeaderType[[]Origin]{"Origin", parseOrigin}
	HeaderProxyAuthorization          = HeaderType[Credentials]{"Proxy-Authorization", parseCredentials}
	HeaderRange                       = HeaderType[Range]{"Range", parseRange}
	HeaderSecWebSocketExtensions      = HeaderType[[]Extension]{"Sec-WebSocket-Extensions", parseExtensions}
	HeaderSecWebSocketProtocol        = HeaderType[[]string]{"Sec-WebSocket-Protocol", parseTokens}
	HeaderSecWebSocketVersion         = HeaderType[int64]{"Sec-WebSocket-Version", parseLength}
	HeaderTrailer                     = HeaderType[[]string]{"Trailer", parseLowerTokens}
	HeaderUpgrade                     = HeaderType[[]string]{"Upgrade", parseProtocols}
	HeaderXForwardedFor               = HeaderType[[]string]{"X-Forwarded-For", parseForwardedFor}
)

// parsedHeader is a header in the cache of its request.
type parsedHeader struct {
	value any
	err   error
}

// ParseHeader returns what a header of the request says, or the zero value
// where the request has none (cowboy_req:parse_header/2). A malformed header
// is a [*StatusError] of 400. The first call for a header parses it; later
// ones return the same value, which is not to be changed.
func ParseHeader[T any](req *Request, header HeaderType[T]) (T, error) {
	var none T
	name := http.CanonicalHeaderKey(header.Name)
	if len(req.r.Header[name]) == 0 && (name != "Host" || req.r.Host == "") {
		return none, nil
	}
	lazy := req.more()
	if cached, ok := lazy.headers[name]; ok {
		if value, same := cached.value.(T); same {
			return value, cached.err
		}
	}
	value, ok := header.Parse(req.Header(name))
	var err error
	if !ok {
		value, err = none, Errorf(http.StatusBadRequest, "handler: malformed header %s", name)
	}
	if lazy.headers == nil {
		lazy.headers = make(map[string]parsedHeader)
	}
	lazy.headers[name] = parsedHeader{value, err}
	return value, err
}

// HasHeader reports whether the request has a header, even an empty one.
func (r *Request) HasHeader(name string) bool {
	return len(r.r.Header.Values(name)) > 0 || r.r.Host != "" && strings.EqualFold(name, "Host")
}

func parseToken(value string) (string, bool) {
	return value, httpgrammar.IsToken(value)
}

func parseTokens(value string) ([]string, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (string, bool) {
		token := s.Token()
		return token, token != ""
	})
}

func parseLowerTokens(value string) ([]string, bool) {
	tokens, ok := parseTokens(value)
	for i, token := range tokens {
		tokens[i] = strings.ToLower(token)
	}
	return tokens, ok
}

// parseProtocols reads tokens that may have a version, as websocket or h2/1.
func parseProtocols(value string) ([]string, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (string, bool) {
		name := s.LowerToken()
		if s.Skip('/') {
			version := s.LowerToken()
			return name + "/" + version, name != "" && version != ""
		}
		return name, name != ""
	})
}

// Extension is an item of a Sec-WebSocket-Extensions header (RFC 6455,
// section 9.1).
type Extension struct {
	Name   string
	Params []Param // with names in lower case; of those without "=", the value is empty
}

func parseExtensions(value string) ([]Extension, bool) {
	parsed, err := httpgrammar.Extensions([]string{value})
	if err != nil || len(parsed) > httpgrammar.MaxItems {
		return nil, false
	}
	extensions := make([]Extension, len(parsed))
	for i, e := range parsed {
		extensions[i].Name = e.Name
		for _, p := range e.Params {
			extensions[i].Params = append(extensions[i].Params, Param{strings.ToLower(p.Name), p.Value})
		}
	}
	return extensions, true
}

func parseLanguageTags(value string) ([]string, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (string, bool) {
		tag := languageRange(s)
		return tag, tag != "" && tag != "*"
	})
}

func parseForwardedFor(value string) ([]string, bool) {
	return httpgrammar.NonEmptyList(value, func(s *httpgrammar.Scanner) (string, bool) {
		node := s.While(func(c byte) bool { return httpgrammar.IsTokenByte(c) || c == ':' || c == '[' || c == ']' })
		return node, node != ""
	})
}

func parseLength(value string) (int64, bool) { return httpgrammar.Decimal(value) }

func parseContentType(value string) (MediaType, bool) {
	m, err := ParseMediaType(value)
	return m, err == nil
}

func parseExpect(value string) (string, bool) {
	return "100-continue", strings.EqualFold(value, "100-continue")
}
