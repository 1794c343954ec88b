package protocol

import (
	"net/http"
	"strings"
)

// check returns the status that refuses a request beyond the limits, or 0.
func (p *Protocol) check(r *http.Request) int {
	o := &p.options
	if len(r.Method) > o.MaxMethodLength {
		return http.StatusNotImplemented
	}
	if len(r.Method)+len(r.RequestURI)+len(r.Proto)+len("  ") > o.MaxRequestLineLength {
		return http.StatusRequestURITooLong
	}
	if len(r.Host) > o.MaxAuthorityLength {
		return http.StatusRequestURITooLong
	}
	if strings.IndexByte(r.RequestURI, '#') >= 0 {
		return http.StatusBadRequest // RFC 9112, section 3.2: no fragment
	}
	if !p.headersFit(r.Header) {
		return http.StatusRequestHeaderFieldsTooLarge
	}
	return 0
}

func (p *Protocol) headersFit(header http.Header) bool {
	o := &p.options
	count := 1 // Host, which net/http took out
	for name, values := range header {
		if len(name) > o.MaxHeaderNameLength {
			return false
		}
		for _, value := range values {
			if len(value) > o.MaxHeaderValueLength {
				return false
			}
		}
		count += len(values)
	}
	return count <= o.MaxHeaders
}
