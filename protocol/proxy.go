package protocol

import (
	"context"
	"net/netip"

	"github.com/cowhand/cowhand/handler"
)

// ProxyHeader is what a load balancer said of a connection by the PROXY
// protocol, version 1 or 2 (ranch_proxy_header:proxy_info()).
type ProxyHeader struct {
	Version int // 1 or 2

	// Local says that the connection is the balancer's own, such as a health
	// check (the command local, and in version 1 "UNKNOWN"). Then, and for
	// transports without addresses that are known here, there are none.
	Local bool

	// Network is "tcp", "udp" or "unix"; "" where there are no addresses.
	Network string

	// Source is the client's address, Destination the one that it connected
	// to.
	Source, Destination netip.AddrPort

	// SourcePath and DestinationPath are those of Unix sockets.
	SourcePath, DestinationPath string

	// TLVs are what else version 2 said, by type, undecoded: TLS, the host
	// name, a connection's ID, a cloud's own.
	TLVs []TLV
}

// TLV is an extension of a PROXY header of version 2.
type TLV struct {
	Type  byte
	Value []byte
}

// TLV returns the value of the first extension of a type.
func (h *ProxyHeader) TLV(kind byte) (value []byte, ok bool) {
	for _, tlv := range h.TLVs {
		if tlv.Type == kind {
			return tlv.Value, true
		}
	}
	return nil, false
}

// ProxyHeaderOf returns the PROXY header that the request's connection began
// with, or nil (cowboy_req: proxy_header).
func ProxyHeaderOf(req *handler.Request) *ProxyHeader {
	if c := connectionOf(req.HTTP()); c != nil {
		return c.proxy
	}
	return nil
}

// WithProxyHeader gives the context of a connection, as the ConnContext of
// [Protocol.Server] makes it, a PROXY header: the header's source becomes the
// RemoteAddr of each request. It is for those who accept connections
// themselves; a listener does it with its option ProxyHeader.
func WithProxyHeader(ctx context.Context, h *ProxyHeader) context.Context {
	if c, ok := ctx.Value(connectionKey{}).(*connection); ok {
		c.proxy = h
	}
	return ctx
}

// remoteAddr is what becomes of a request's RemoteAddr.
func (h *ProxyHeader) remoteAddr(addr string) string {
	switch {
	case h.Source.IsValid():
		return h.Source.String()
	case h.SourcePath != "":
		return h.SourcePath
	}
	return addr
}
