package protocol

import (
	"context"
	"net"
	"net/http"
)

// connection is what is known of a connection from request to request; a
// Protocol that is mounted in another server has none.
type connection struct {
	requests int          // of HTTP/1, which has one at a time
	proxy    *ProxyHeader // nil without one
}

type connectionKey struct{}

func withConnection(ctx context.Context, _ net.Conn) context.Context {
	return context.WithValue(ctx, connectionKey{}, new(connection))
}

func connectionOf(r *http.Request) *connection {
	c, _ := r.Context().Value(connectionKey{}).(*connection)
	return c
}

// count counts a request against the options of keep-alive.
func (c *connection) count(o *Options, w http.ResponseWriter, r *http.Request) {
	if r.ProtoMajor != 1 {
		return
	}
	c.requests++
	if c.requests >= o.MaxKeepalive || r.ProtoMinor == 0 && (o.DisableHTTP10Keepalive || r.Close) {
		w.Header()["Connection"] = connectionClose
	}
}

// serve answers a request of this connection. It never changes net/http's own:
// see upload.
func (c *connection) serve(p *Protocol, w http.ResponseWriter, r *http.Request) {
	c.count(&p.options, w, r)
	switch {
	case r.Body != http.NoBody:
		p.serveUpload(c, w, r)
	case c.proxy != nil:
		p.answer(w, c.withPeer(r))
	default:
		p.answer(w, r)
	}
}

// withPeer returns a copy of a request that has come by way of a proxy.
func (c *connection) withPeer(r *http.Request) *http.Request {
	request := *r
	request.RemoteAddr = c.proxy.remoteAddr(r.RemoteAddr)
	return &request
}
