package websocket

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/cowhand/cowhand/handler"
)

// originAllowed checks which page a browser's request comes from (RFC 6455,
// section 10.2). Drafts 7 and 8 call the header Sec-WebSocket-Origin.
func originAllowed(req *handler.Request, version int, o *Options) bool {
	if o.AllowAnyOrigin {
		return true
	}
	header := req.Header("Origin")
	if header == "" && version < 13 {
		header = req.Header("Sec-WebSocket-Origin")
	}
	if header == "" {
		return true
	}
	origin, err := url.Parse(header)
	if err != nil || origin.Host == "" {
		return false
	}
	if isOwnOrigin(req, origin) {
		return true
	}
	for _, pattern := range o.Origins {
		if matchOrigin(pattern, origin) {
			return true
		}
	}
	return false
}

// isOwnOrigin reports whether the page came from the host that the request is
// for. A page over http doesn't count for a request over TLS: anyone on the
// network can put a script into it, and the browser would send that script's
// request with the user's cookies. In clear text both schemes count, because
// TLS may end at a proxy.
func isOwnOrigin(req *handler.Request, origin *url.URL) bool {
	var port string
	switch origin.Scheme {
	case "https", "wss":
		port = ":443"
	case "http", "ws":
		if req.Scheme() == "https" {
			return false
		}
		port = ":80"
	default:
		return false
	}
	return strings.EqualFold(strings.TrimSuffix(origin.Host, port), strings.TrimSuffix(req.HTTP().Host, port))
}

// matchOrigin matches an origin such as https://example.com. A host that
// begins with "*." matches all hosts below it.
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
		return fmt.Errorf("websocket: Options.Origins has %q; use the form https://example.com or https://*.example.com", pattern)
	}
	return nil
}
