package websocket

import (
	"net/http"
	"net/netip"
	"strings"
	"unique"

	"github.com/cowhand/cowhand/handler"
)

// RequestInfo is what a connection remembers of the request that it began
// with (cowboy_websocket: req_filter).
type RequestInfo struct {
	Method  string
	Version string // "HTTP/1.1"
	Scheme  string // "http" or "https"
	Host    string
	Port    int
	Path    string
	QS      string
	Peer    netip.AddrPort

	// Header is nil unless a filter keeps headers.
	Header http.Header
}

// DefaultRequestFilter keeps all but the headers, as Cowboy's does.
func DefaultRequestFilter(req *handler.Request) RequestInfo {
	return RequestInfo{
		Method:  req.Method(),
		Version: req.Version(),
		Scheme:  req.Scheme(),
		Host:    req.Host(),
		Port:    req.Port(),
		Path:    req.Path(),
		QS:      req.QS(),
		Peer:    req.Peer(),
	}
}

// KeepHeaders is a RequestFilter that keeps the headers, too; it costs their
// memory for as long as the connection lives.
func KeepHeaders(req *handler.Request) RequestInfo {
	info := DefaultRequestFilter(req)
	info.Header = req.Headers()
	return info
}

// request is a RequestInfo in the form that connections keep: what many of
// them have in common is kept once for all.
type request struct {
	common unique.Handle[requestCommon]
	qs     string
	peer   netip.AddrPort
	header http.Header
}

type requestCommon struct {
	method, version, scheme, host, path string
	port                                int
}

func newRequest(info RequestInfo) request {
	return request{
		common: unique.Make(requestCommon{info.Method, info.Version, info.Scheme, info.Host, info.Path, info.Port}),
		qs:     strings.Clone(info.QS), // alone, not with the rest of the request
		peer:   info.Peer,
		header: info.Header,
	}
}

func (r *request) info() RequestInfo {
	common := r.common.Value()
	return RequestInfo{
		Method:  common.method,
		Version: common.version,
		Scheme:  common.scheme,
		Host:    common.host,
		Port:    common.port,
		Path:    common.path,
		QS:      r.qs,
		Peer:    r.peer,
		Header:  r.header,
	}
}
