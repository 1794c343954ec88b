package protocol

import (
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
