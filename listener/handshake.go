package listener

import (
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"

	"github.com/cowhand/cowhand/internal/wire"
	"github.com/cowhand/cowhand/protocol"
)

// alpn returns a copy of config that offers the versions of HTTP in protocols,
// unless it has an offer of its own.
func alpn(config *tls.Config, protocols http.Protocols) *tls.Config {
	config = config.Clone()
	if config == nil || config.NextProtos != nil {
		return config
	}
	if protocols.HTTP2() {
		config.NextProtos = append(config.NextProtos, "h2")
	}
	if protocols.HTTP1() {
		config.NextProtos = append(config.NextProtos, "http/1.1")
	}
	return config
}

// handshake does the TLS handshake on c and gives it to the server.
func (g *generation) handshake(c net.Conn, h *protocol.ProxyHeader) {
	ctx, cancel := bound(g.listener.handshakes, g.listener.options.HandshakeTimeout)
	defer cancel()
	conn := tls.Server(underTLS(c), g.tls)
	if err := conn.HandshakeContext(ctx); err != nil {
		answerPlainHTTP(err)
		_ = c.Close()
		g.listener.release(g)
		g.listener.log(slog.LevelDebug, "TLS handshake failed", slog.String("peer", c.RemoteAddr().String()), slog.Any("error", err))
		return
	}
	g.hand(conn, h)
}

// underTLS lets WebSocket connections over TLS share their socket with other
// goroutines, and hibernate.
func underTLS(c net.Conn) net.Conn {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
		return wire.New(c)
	}
	return c
}

// answerPlainHTTP tells a client that speaks HTTP without TLS so.
func answerPlainHTTP(err error) {
	var header tls.RecordHeaderError
	if !errors.As(err, &header) || header.Conn == nil {
		return
	}
	switch string(header.RecordHeader[:]) {
	case "GET /", "HEAD ", "POST ", "PUT /", "OPTIO":
		_, _ = io.WriteString(header.Conn, "HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nThis is a TLS port: use https.\n")
	}
}

// rawConn returns what is under TLS: closing it does not wait for an alert
// to be sent.
func rawConn(c net.Conn) net.Conn {
	if t, ok := c.(*tls.Conn); ok {
		return t.NetConn()
	}
	return c
}
