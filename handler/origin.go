package handler

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Origin is an item of an Origin header (RFC 6454, section 7). One that is
// opaque, such as "null", has no scheme.
type Origin struct {
	Scheme string // "http" or "https"; "" of an opaque origin
	Host   string // in lower case
	Port   int    // by default that of the scheme
}

func parseOrigin(value string) ([]Origin, bool) {
	var origins []Origin
	for item := range strings.SplitSeq(value, " ") {
		o, ok := parseOneOrigin(item)
		if !ok {
			return nil, false
		}
		origins = append(origins, o)
	}
	return origins, len(origins) > 0
}

func parseOneOrigin(item string) (o Origin, ok bool) {
	scheme, _, found := strings.Cut(item, "://")
	if scheme != "http" && scheme != "https" {
		return o, httpgrammar.IsTokenByte((item + " ")[0]) // null, or a scheme that is none of ours
	}
	u, err := url.Parse(item)
	if !found || err != nil || u.Host == "" || u.User != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" {
		return o, false
	}
	host, port := splitHostPort(u.Host)
	o = Origin{scheme, strings.ToLower(host), 80}
	if scheme == "https" {
		o.Port = 443
	}
	if port != "" {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil {
			return o, false
		}
		o.Port = int(n)
	}
	return o, o.Host != ""
}
