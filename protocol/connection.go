package protocol

import (
	"context"
	"io"
	"net"
	"net/http"
	"sync"
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

// begin applies the options of keep-alive and of body timeouts to a request,
// and returns the body that has to be told of its end, if there is one.
func (c *connection) begin(p *Protocol, w http.ResponseWriter, r *http.Request) (body *idleBody) {
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
	if r.Body == http.NoBody || r.Method == http.MethodConnect || o.IdleTimeout == Infinity {
		return nil
	}
	body = newIdleBody(w, r, o.IdleTimeout)
	r.Body = body
	return body
}

// idleBody is a request body that ends with a timeout when a read of it waits
// for too long. Its clock is its own: a deadline that somebody else has set
// stays in force.
type idleBody struct {
	io.ReadCloser
	control *http.ResponseController
	http1   bool
	timeout time.Duration

	mu    sync.Mutex
	timer *time.Timer // nil before the first Read
	late  bool        // it expired after the last one
	ended bool        // the body is at its end, or has failed
	over  bool        // the request is, and control not to be used any more
}

func newIdleBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *idleBody {
	b := &idleBody{ReadCloser: r.Body, control: http.NewResponseController(w), http1: r.ProtoMajor == 1, timeout: timeout}
	b.boundSkip()
	return b
}

// boundSkip bounds the time for which net/http skips, over HTTP/1, what nobody
// read of a body.
func (b *idleBody) boundSkip() {
	if b.http1 {
		b.setDeadline(time.Now().Add(b.timeout))
	}
}

// Read leaves the clock alone after the end of the body: from then on
// net/http reads the connection, to see the client go away.
func (b *idleBody) Read(p []byte) (int, error) {
	b.begin()
	n, err := b.ReadCloser.Read(p)
	b.end(err)
	return n, err
}

// begin starts the clock.
func (b *idleBody) begin() {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended || b.over:
	case b.timer == nil:
		b.setDeadline(time.Time{})
		b.timer = time.AfterFunc(b.timeout, b.expire)
	default:
		b.timer.Reset(b.timeout)
		if b.late {
			b.late = false
			b.setDeadline(time.Time{})
		}
	}
}

// end stops the clock at the end of the body. Before, over HTTP/1, it starts
// it again: net/http skips the rest as a reply begins.
func (b *idleBody) end(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.ended || b.over:
	case err != nil:
		b.ended = true
		b.timer.Stop()
	case b.http1:
		b.timer.Reset(b.timeout)
	default:
		b.timer.Stop()
	}
}

func (b *idleBody) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.ended && !b.over {
		b.late = true
		b.setDeadline(time.Now())
	}
}

// finish is for the end of the request.
func (b *idleBody) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	if b.timer == nil {
		return
	}
	b.timer.Stop()
	if !b.ended {
		b.boundSkip()
	}
}

func (b *idleBody) setDeadline(t time.Time) {
	_ = b.control.SetReadDeadline(t) // fails only on a closed connection
}
