package middleware

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/httpgrammar"
	"github.com/cowhand/cowhand/protocol"
)

// CORS lets pages of other origins read responses (the CORS protocol of
// https://fetch.spec.whatwg.org). It answers preflight requests itself, and
// adds headers to all other responses, errors included. Put it in front of
// protocol.RouterMiddleware: then it needs no route for OPTIONS.
//
// It protects no resource: browsers alone obey it, and simple requests reach
// the handler whatever their origin.
type CORS struct {
	// Origins are the origins that may read responses, such as
	// "https://app.example.org" or "http://localhost:3000"; "*" is any.
	// Default none.
	Origins []string

	// Allow reports whether an origin that isn't in Origins may read
	// responses, for lists that change. Compare the whole origin: a suffix
	// such as "example.org" is that of evilexample.org, too.
	Allow func(origin string) bool

	// Methods are those that pages may use. Default GET, HEAD and POST, which
	// browsers let through in any case.
	Methods []string

	// Headers are the request headers that pages may set, besides the few
	// that browsers always let through. Content-Type for JSON is one to
	// list. Default none.
	Headers []string

	// Expose are the response headers that pages may read, besides the few
	// that browsers always show. Default none.
	Expose []string

	// Credentials lets requests carry cookies and the like. It can't be
	// combined with the origin "*". Default false.
	Credentials bool

	// MaxAge is for how long a browser may remember the answer to a
	// preflight request, in whole seconds. Default: the browser's, 5 s.
	MaxAge time.Duration
}

// Validate is for the protocol.
func (c CORS) Validate() error {
	if c.Credentials && slices.Contains(c.Origins, "*") {
		return fmt.Errorf(`CORS.Credentials is set and CORS.Origins has "*"; list the origins that may use credentials`)
	}
	for _, origin := range c.Origins {
		if origin != "*" && !isOrigin(origin) {
			return fmt.Errorf(`CORS.Origins has %q; scheme://host, scheme://host:port or "*" is allowed`, origin)
		}
	}
	for name, list := range map[string][]string{"Methods": c.Methods, "Headers": c.Headers, "Expose": c.Expose} {
		for _, item := range list {
			if !httpgrammar.IsToken(item) {
				return fmt.Errorf("CORS.%s has %q; a token is allowed", name, item)
			}
		}
	}
	if c.MaxAge < 0 {
		return fmt.Errorf("CORS.MaxAge is %v; 0 for the browser's, or more is allowed", c.MaxAge)
	}
	return nil
}

// isOrigin reports whether text is the serialization of an origin (RFC 6454,
// section 6.2). The opaque origin "null" isn't one to allow: any page can get
// it by a sandbox.
func isOrigin(text string) bool {
	scheme, authority, found := strings.Cut(text, "://")
	return found && httpgrammar.IsToken(scheme) && authority != "" && !strings.ContainsAny(authority, "/?#@*, ")
}

// Execute adds the headers, and answers a preflight request.
func (c CORS) Execute(req *handler.Request, _ *handler.Env) (protocol.Next, error) {
	header := req.RespHeaders()
	origin := req.Header("Origin")
	allowed := c.allowOrigin(header, origin)
	if req.Method() == http.MethodOptions && origin != "" && req.Header("Access-Control-Request-Method") != "" {
		return protocol.Stop, c.preflight(req, header, allowed)
	}
	if allowed && len(c.Expose) > 0 {
		header.Set("Access-Control-Expose-Headers", strings.Join(c.Expose, ", "))
	}
	return protocol.Continue, nil
}

// allowOrigin sets the headers that say whether origin may read the response,
// for which caches must know that it depends on the origin (RFC 9110, section
// 12.5.5).
func (c CORS) allowOrigin(header http.Header, origin string) bool {
	if slices.Contains(c.Origins, "*") {
		header.Set("Access-Control-Allow-Origin", "*")
		return true
	}
	header.Add("Vary", "Origin")
	if origin == "" || !c.allows(origin) {
		return false
	}
	header.Set("Access-Control-Allow-Origin", origin)
	if c.Credentials {
		header.Set("Access-Control-Allow-Credentials", "true")
	}
	return true
}

func (c CORS) allows(origin string) bool {
	listed := slices.ContainsFunc(c.Origins, func(o string) bool { return strings.EqualFold(o, origin) })
	return listed || c.Allow != nil && c.Allow(origin)
}

// preflight answers a request that asks whether another would be allowed; 403
// tells the developer of the page that its origin is not.
func (c CORS) preflight(req *handler.Request, header http.Header, allowed bool) error {
	if !allowed {
		return req.ReplyStatus(http.StatusForbidden)
	}
	methods := c.Methods
	if len(methods) == 0 {
		methods = []string{http.MethodGet, http.MethodHead, http.MethodPost}
	}
	header.Set("Access-Control-Allow-Methods", strings.Join(methods, ", "))
	if len(c.Headers) > 0 {
		header.Set("Access-Control-Allow-Headers", strings.Join(c.Headers, ", "))
	}
	if c.MaxAge > 0 {
		header.Set("Access-Control-Max-Age", strconv.Itoa(int(c.MaxAge/time.Second)))
	}
	return req.ReplyStatus(http.StatusNoContent)
}
