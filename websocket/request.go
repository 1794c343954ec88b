package websocket

import (
	"net/http"
	"net/netip"

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
