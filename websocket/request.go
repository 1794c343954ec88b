package websocket

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
	"unique"

	"github.com/cowhand/cowhand/handler"
)

// RequestInfo holds the parts of the opening request that a connection keeps.
// The methods of [handler.Request] with the same names describe the fields.
type RequestInfo struct {
	Method  string
	Version string // "HTTP/1.1"
	Scheme  string // "http" or "https"
	Host    string
	Port    int
	Path    string
	QS      string
	Peer    netip.AddrPort

	// Header is nil unless [Options].RequestFilter sets it. See
	// [KeepHeaders].
	Header http.Header
}

// DefaultRequestFilter keeps all fields but Header. Cowboy: req_filter.
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

// KeepHeaders is an [Options].RequestFilter that keeps all fields. The headers
// stay in memory as long as the connection.
func KeepHeaders(req *handler.Request) RequestInfo {
	info := DefaultRequestFilter(req)
	info.Header = req.Headers()
	return info
}

// request is a RequestInfo and the result of the handshake. Connections with
// the same values share them, since there may be a million connections.
type request struct {
	common unique.Handle[requestCommon]
	own    *requestOwn // nil: the peer is the transport's, the rest is zero
}

// requestCommon holds the values that connections share.
type requestCommon struct {
	method, host, path, scheme, protocol string
	port                                 int
	version                              int // of WebSocket
	subprotocol                          string
}

// requestOwn holds the values that differ between connections.
type requestOwn struct {
	qs     string
	peer   netip.AddrPort
	header http.Header
}

func newRequest(info RequestInfo, agreed *handshake, remote net.Addr) request {
	r := request{common: unique.Make(requestCommon{
		method:      info.Method,
		host:        info.Host,
		path:        info.Path,
		scheme:      info.Scheme,
		protocol:    info.Version,
		port:        info.Port,
		version:     agreed.version,
		subprotocol: agreed.protocol,
	})}
	if info.QS != "" || info.Header != nil || info.Peer != addrPort(remote) {
		r.own = &requestOwn{
			qs:     strings.Clone(info.QS), // don't keep the whole request line
			peer:   info.Peer,
			header: info.Header,
		}
	}
	return r
}

func (r *request) info(remote netip.AddrPort) RequestInfo {
	common := r.common.Value()
	info := RequestInfo{
		Method:  common.method,
		Version: common.protocol,
		Scheme:  common.scheme,
		Host:    common.host,
		Port:    common.port,
		Path:    common.path,
	}
	if r.own == nil {
		info.Peer = remote
	} else {
		info.QS, info.Peer, info.Header = r.own.qs, r.own.peer, r.own.header
	}
	return info
}

// addrPort returns the zero AddrPort if addr is not a TCP address.
func addrPort(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		full := tcp.AddrPort()
		return netip.AddrPortFrom(full.Addr().Unmap(), full.Port())
	}
	return netip.AddrPort{}
}
