package protocol

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// Server returns a new [http.Server] that speaks this Protocol with its
// timeouts, header limits, HTTP versions and logger. What it lacks is where
// connections come from: give it to Serve or ServeTLS. Fields that Server
// leaves zero may be set before.
func (p *Protocol) Server() *http.Server {
	o := p.options
	s := &http.Server{
		Handler:                      p,
		DisableGeneralOptionsHandler: true, // OPTIONS * has a route like any other
		ReadHeaderTimeout:            timeout(o.RequestTimeout),
		IdleTimeout:                  timeout(o.IdleTimeout),
		MaxHeaderBytes:               o.maxHeaderBytes(),
		ErrorLog:                     slog.NewLogLogger(o.Logger.Handler(), slog.LevelWarn),
		ConnContext:                  withConnection,
		Protocols:                    &o.Protocols,
		HTTP2: &http.HTTP2Config{
			MaxConcurrentStreams:          o.MaxConcurrentStreams,
			MaxDecoderHeaderTableSize:     o.MaxDecodeTableSize,
			MaxEncoderHeaderTableSize:     o.MaxEncodeTableSize,
			MaxReadFrameSize:              o.MaxFrameSizeReceived,
			MaxReceiveBufferPerConnection: o.InitialConnectionWindowSize,
			MaxReceiveBufferPerStream:     o.InitialStreamWindowSize,
		},
	}
	// HTTP/2 takes IdleTimeout over when it is set up, which the first Serve
	// does; from then on the field is the one of HTTP/1, where Cowboy waits
	// RequestTimeout for the next request.
	_ = s.Serve(noListener{})
	s.IdleTimeout = timeout(o.RequestTimeout)
	return s
}

// timeout is d as [http.Server] has it, where a negative one is none.
func timeout(d time.Duration) time.Duration {
	if d == Infinity {
		return -1
	}
	return d
}

// maxHeaderBytes lets pass what the other limits allow, but no more than
// 1 MiB unless a single header may be larger, so that a request's headers
// cannot take all memory.
func (o *Options) maxHeaderBytes() int {
	line := o.MaxHeaderNameLength + len(": ") + o.MaxHeaderValueLength + len("\r\n")
	all := o.MaxRequestLineLength + o.MaxHeaders*line
	return min(all, max(http.DefaultMaxHeaderBytes, o.MaxRequestLineLength+line))
}

// noListener has no connections.
type noListener struct{}

func (noListener) Accept() (net.Conn, error) { return nil, io.EOF }
func (noListener) Close() error              { return nil }
func (noListener) Addr() net.Addr            { return &net.TCPAddr{} }

// connection is what is known of a connection from request to request; a
// Protocol that is mounted in another server has none.
type connection struct {
	requests int // of HTTP/1, which has one at a time
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

// idleBody is a request body that ends with a timeout when nothing of it
// arrives for too long.
type idleBody struct {
	io.ReadCloser
	control *http.ResponseController
	timeout time.Duration
	ended   bool
}

func newIdleBody(w http.ResponseWriter, r *http.Request, timeout time.Duration) *idleBody {
	b := &idleBody{ReadCloser: r.Body, control: http.NewResponseController(w), timeout: timeout}
	if r.ProtoMajor == 1 {
		b.rearm() // bounds what net/http skips of a body that nobody reads
	}
	return b
}

// Read does not touch the deadline of a body that has ended: from then on
// net/http reads the connection, to see the client go away.
func (b *idleBody) Read(p []byte) (int, error) {
	if !b.ended {
		b.rearm()
	}
	n, err := b.ReadCloser.Read(p)
	b.ended = b.ended || err != nil
	return n, err
}

func (b *idleBody) rearm() {
	_ = b.control.SetReadDeadline(time.Now().Add(b.timeout)) // fails only on a closed connection
}
