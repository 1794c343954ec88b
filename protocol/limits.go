package protocol

import (
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
	return p.checkHeaders(r.Header)
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
