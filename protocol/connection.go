package protocol

import (
	"context"
	"io"
	"net"
	"net/http"
	"time"
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

// begin applies the options of keep-alive and of body timeouts to a request.
func (c *connection) begin(p *Protocol, w http.ResponseWriter, r *http.Request) {
	o := &p.options
	if c.proxy != nil {
		r.RemoteAddr = c.proxy.remoteAddr(r.RemoteAddr)
	}
	if r.ProtoMajor == 1 {
		c.requests++
		if c.requests >= o.MaxKeepalive || (r.ProtoMinor == 0 && o.DisableHTTP10Keepalive) {
			w.Header()["Connection"] = connectionClose
		}
	}
	if r.Body != http.NoBody && r.Method != http.MethodConnect && o.IdleTimeout != Infinity {
		r.Body = newIdleBody(w, r, o.IdleTimeout)
	}
}

// idleBody is a request body that ends with a timeout when a read of it waits
// for too long. Its clock is its own: a deadline that somebody else has set
// stays in force.
type idleBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
	timer   *time.Timer // runs during a Read; nil before the first
	ended   bool
}

func newIdleBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *idleBody {
	b := &idleBody{ReadCloser: r.Body, control: http.NewResponseController(w), timeout: timeout}
	if r.ProtoMajor == 1 {
		b.setDeadline(time.Now().Add(timeout)) // bounds what net/http skips of a body that nobody reads
	}
	return b
}

// Read leaves the clock alone after the end of the body: from then on
// net/http reads the connection, to see the client go away.
func (b *idleBody) Read(p []byte) (int, error) {
	if b.ended {
		return b.ReadCloser.Read(p)
	}
	if b.timer == nil {
		b.setDeadline(time.Time{})
		b.timer = time.AfterFunc(b.timeout, func() { b.setDeadline(time.Now()) })
	} else {
		b.timer.Reset(b.timeout)
	}
	n, err := b.ReadCloser.Read(p)
	b.timer.Stop()
	b.ended = err != nil
	return n, err
}

func (b *idleBody) setDeadline(t time.Time) {
	_ = b.control.SetReadDeadline(t) // fails only on a closed connection
}
