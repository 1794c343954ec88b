package websocket

import (
	"net"
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

// request is a RequestInfo, and what the handshake settled, in the form that
// connections keep: what many have in common is kept once for all of them.
type request struct {
	common unique.Handle[requestCommon]
	own    *requestOwn // nil: nothing but what the transport knows, too
}

type requestCommon struct {
	method, host, path, scheme, protocol string
	port                                 int
	version                              int // of WebSocket
	subprotocol                          string
}

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
			qs:     strings.Clone(info.QS), // alone, not with the rest of the request
			peer:   info.Peer,
			header: info.Header,
		}
	}
	return r
}

func (r *request) info(remote net.Addr) RequestInfo {
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
		info.Peer = addrPort(remote)
	} else {
		info.QS, info.Peer, info.Header = r.own.qs, r.own.peer, r.own.header
	}
	return info
}

// addrPort is the zero AddrPort for what is not a TCP address.
func addrPort(addr net.Addr) netip.AddrPort {
	if tcp, ok := addr.(*net.TCPAddr); ok {
		full := tcp.AddrPort()
		return netip.AddrPortFrom(full.Addr().Unmap(), full.Port())
	}
	return netip.AddrPort{}
}
