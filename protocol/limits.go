package protocol

import (
	"math"
	"net/http"
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
	errPort            = &limitError{http.StatusBadRequest, "the host has a port that is none (RFC 9110, section 7.2)"}
	errTarget          = &limitError{http.StatusBadRequest, "the target is no URI of HTTP (RFC 9110, section 4.2)"}
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
	if r.ProtoMajor == 1 && r.ProtoMinor > 1 {
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
	if u := r.URL; u.Scheme != "" && (u.Host == "" || u.Scheme != "http" && u.Scheme != "https") {
		return errTarget
	}
	if !validPort(r.Host) {
		return errPort
	}
	return p.checkHeaders(r.Header)
}

// validPort reports whether an authority has a port of 16 bits, an empty one,
// or none.
func validPort(authority string) bool {
	colon := strings.LastIndexByte(authority, ':')
	if colon < 0 || strings.IndexByte(authority[colon:], ']') >= 0 {
		return true
	}
	port := 0
	for _, digit := range []byte(authority[colon+1:]) {
		port = 10*port + int(digit-'0')
		if digit < '0' || digit > '9' || port > math.MaxUint16 {
			return false
		}
	}
	return true
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
