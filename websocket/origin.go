package websocket

import (
	"fmt"
	"net/url"
	"strconv"
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
	port := defaultPort(origin.Scheme)
	switch port {
	case "":
		return false
	case ":80":
		if req.Scheme() == "https" {
			return false
		}
	}
	return strings.EqualFold(strings.TrimSuffix(origin.Host, port), strings.TrimSuffix(req.HTTP().Host, port))
}

// defaultPort returns the port that an origin means if it names none, or "" for
// a scheme that isn't of the web. Schemes of patterns may be in capitals.
func defaultPort(scheme string) string {
	switch strings.ToLower(scheme) {
	case "https", "wss":
		return ":443"
	case "http", "ws":
		return ":80"
	}
	return ""
}

// matchOrigin matches an origin such as https://example.com. A host that
// begins with "*." matches all hosts below it. The default port is the same as
// none (RFC 6454, section 4).
func matchOrigin(pattern string, origin *url.URL) bool {
	scheme, wanted, _ := strings.Cut(pattern, "://")
	if !strings.EqualFold(scheme, origin.Scheme) {
		return false
	}
	port := defaultPort(scheme)
	wanted = strings.TrimSuffix(wanted, port)
	host := strings.TrimSuffix(origin.Host, port)
	if below, ok := strings.CutPrefix(wanted, "*"); ok {
		return len(host) > len(below) && strings.EqualFold(host[len(host)-len(below):], below)
	}
	return strings.EqualFold(wanted, host)
}

func checkOriginPattern(pattern string) error {
	scheme, host, ok := strings.Cut(pattern, "://")
	rest := strings.TrimPrefix(host, "*.")
	if !ok || scheme == "" || strings.ContainsAny(rest, "*/?#@ ") || !isHostPort(rest) {
		return fmt.Errorf("websocket: Options.Origins has %q; use the form https://example.com, https://example.com:8443 or https://*.example.com", pattern)
	}
	return nil
}

// isHostPort reports whether s is a host, with or without a port.
func isHostPort(s string) bool {
	u, err := url.Parse("//" + s)
	if err != nil || u.Hostname() == "" {
		return false
	}
	port := u.Port()
	if port == "" {
		return !strings.HasSuffix(s, ":")
	}
	_, err = strconv.ParseUint(port, 10, 16)
	return err == nil
}
