package websocket

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// originAllowed checks where a browser's request comes from (RFC 6455,
// section 10.2): the page's host must be the request's, unless the options
// allow others. Drafts 7 and 8 name the header Sec-WebSocket-Origin.
func originAllowed(req *handler.Request, version int, o *Options) bool {
	if o.AllowAnyOrigin {
		return true
	}
	origin := req.Header("Origin")
	if origin == "" && version < 13 {
		origin = req.Header("Sec-WebSocket-Origin")
	}
	if origin == "" {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	if strings.EqualFold(withoutDefaultPort(u.Host, u.Scheme), withoutDefaultPort(req.HTTP().Host, u.Scheme)) {
		return true
	}
	for _, pattern := range o.Origins {
		if matchOrigin(pattern, u) {
			return true
		}
	}
	return false
}

// withoutDefaultPort is for hosts whose port need not be said.
func withoutDefaultPort(host, scheme string) string {
	switch scheme {
	case "http", "ws":
		return strings.TrimSuffix(host, ":80")
	case "https", "wss":
		return strings.TrimSuffix(host, ":443")
	}
	return host
}

// matchOrigin matches an origin such as https://example.com; a host that
// begins with "*." stands for all hosts below it.
func matchOrigin(pattern string, origin *url.URL) bool {
	scheme, host, _ := strings.Cut(pattern, "://")
	if !strings.EqualFold(scheme, origin.Scheme) {
		return false
	}
	if below, ok := strings.CutPrefix(host, "*"); ok {
		return len(origin.Host) > len(below) && strings.EqualFold(origin.Host[len(origin.Host)-len(below):], below)
	}
	return strings.EqualFold(host, origin.Host)
}

func checkOriginPattern(pattern string) error {
	scheme, host, ok := strings.Cut(pattern, "://")
	rest := strings.TrimPrefix(host, "*.")
	if !ok || scheme == "" || rest == "" || strings.ContainsAny(rest, "*/?#@ ") {
		return fmt.Errorf("websocket: Options.Origins has %q; it is to be like https://example.com or https://*.example.com", pattern)
	}
	return nil
}
