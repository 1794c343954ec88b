package protocol

import (
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// limitError is why a request is refused before any handler.
type limitError struct {
	status int
	text   string
}

func (e *limitError) Error() string { return "protocol: " + e.text }

var (
	errVersion         = &limitError{http.StatusHTTPVersionNotSupported, "the version is not HTTP/1.0, HTTP/1.1 or HTTP/2"}
	errAsterisk        = &limitError{http.StatusBadRequest, `the target "*" is for OPTIONS (RFC 9112, section 3.2.4)`}
	errTarget          = &limitError{http.StatusBadRequest, "the target is a URI of another scheme than http and https, with a user, or without a host (RFC 9110, section 4.2)"}
	errHost            = &limitError{http.StatusBadRequest, "the host or its port is invalid (RFC 9110, section 7.2)"}
	errMethodLength    = &limitError{http.StatusNotImplemented, "the method is longer than MaxMethodLength"}
	errLineLength      = &limitError{http.StatusRequestURITooLong, "the request line is longer than MaxRequestLineLength"}
	errAuthorityLength = &limitError{http.StatusRequestURITooLong, "the host is longer than MaxAuthorityLength"}
	errFragment        = &limitError{http.StatusBadRequest, "the target has a fragment (RFC 9112, section 3.2)"}
	errNameLength      = &limitError{http.StatusRequestHeaderFieldsTooLarge, "a header's name is longer than MaxHeaderNameLength"}
	errValueLength     = &limitError{http.StatusRequestHeaderFieldsTooLarge, "a header's value is longer than MaxHeaderValueLength"}
	errHeaders         = &limitError{http.StatusRequestHeaderFieldsTooLarge, "there are more headers than MaxHeaders"}
)

// check returns what refuses a request beyond the limits, or nil.
func (p *Protocol) check(r *http.Request) *limitError {
	o := &p.options
	if r.ProtoMajor == 1 && r.ProtoMinor > 1 || isPreface(r) {
		return errVersion
	}
	if len(r.Method) > o.MaxMethodLength {
		return errMethodLength
	}
	if len(r.Method)+len(r.RequestURI)+len(r.Proto)+len("  ") > o.MaxRequestLineLength {
		return errLineLength
	}
	if len(r.Host) > o.MaxAuthorityLength {
		return errAuthorityLength
	}
	if strings.IndexByte(r.RequestURI, '#') >= 0 {
		return errFragment
	}
	if r.RequestURI == "*" && r.Method != http.MethodOptions {
		return errAsterisk
	}
	if !validTarget(r.URL) {
		return errTarget
	}
	if !validAuthority(r.Host) {
		return errHost
	}
	return p.checkHeaders(r.Header)
}

// isPreface reports whether r is the beginning of HTTP/2, which net/http hands
// on as a request of HTTP/1 unless the rest of the preface follows it.
func isPreface(r *http.Request) bool { return r.ProtoMajor == 2 && r.Method == "PRI" }

// validTarget is stricter about absolute URIs than net/http.
func validTarget(u *url.URL) bool {
	switch {
	case u.Opaque != "" || u.User != nil:
		return false
	case u.Scheme == "":
		return true
	}
	return (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.Host[0] != ':'
}

// validAuthority reports whether authority is a name or an address, perhaps
// with a port. net/http looks at its bytes only.
func validAuthority(authority string) bool {
	host := authority
	if colon := strings.LastIndexByte(authority, ':'); colon > strings.LastIndexByte(authority, ']') {
		host = authority[:colon]
		if !validPort(authority[colon+1:]) {
			return false
		}
	}
	if address, ok := strings.CutPrefix(host, "["); ok {
		address, ok = strings.CutSuffix(address, "]")
		ip, err := netip.ParseAddr(address)
		return ok && err == nil && ip.Is6()
	}
	return !strings.ContainsAny(host, "[]:@")
}

// validPort allows no digits, which stand for the scheme's port (RFC 3986,
// section 3.2.3).
func validPort(port string) bool {
	if port == "" {
		return true
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

func (p *Protocol) checkHeaders(header http.Header) *limitError {
	o := &p.options
	count := 1 // Host, which net/http took out
	for name, values := range header {
		if len(name) > o.MaxHeaderNameLength {
			return errNameLength
		}
		for _, value := range values {
			if len(value) > o.MaxHeaderValueLength {
				return errValueLength
			}
		}
		count += len(values)
	}
	if count > o.MaxHeaders {
		return errHeaders
	}
	return nil
}
