package modeltest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// patience bounds every wait for something that has to happen.
const patience = 15 * time.Second

// The sizes in bytes of the kernel's buffers for a case with stalls: some
// 160 KB fill them.
const (
	smallWriteBuffer = 64 << 10
	smallReadBuffer  = 32 << 10
)

// server serves WebSockets over one transport.
type server struct {
	sessions *handler.Sessions
	dial     func() (raw, conn net.Conn, err error)
	stop     func(context.Context) error // drains, then cuts when the context is done
	close    func()
}

// serving is how to make a server.
type serving struct {
	transport   string // "tcp", "unix", "tls" or "opaque"
	writeBuffer int    // of the server's sockets; 0: the default
	readBuffer  int    // of the client's
	hesitant    bool
	oneSided    bool
	upgrade     func(*handler.Request) (websocket.Handler, websocket.Options)
}

var serial atomic.Int64

func (how serving) start() (*server, error) {
	s := &server{sessions: new(handler.Sessions), close: func() {}}
	route := func(r *handler.Request) (*handler.Upgrade, error) {
		h, options := how.upgrade(r)
		return websocket.Upgrade(h, options), nil
	}
	options := protocol.Options{
		Dispatch: router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(route)))),
		Logger:   slog.New(slog.DiscardHandler),
		Sessions: s.sessions,
	}
	socket, err := how.listen(s)
	if err != nil {
		return nil, err
	}
	address := socket.Addr()
	s.dial = func() (raw, conn net.Conn, err error) {
		raw, err = net.DialTimeout(address.Network(), address.String(), patience)
		if err == nil && how.readBuffer > 0 {
			err = raw.(interface{ SetReadBuffer(int) error }).SetReadBuffer(how.readBuffer)
		}
		return raw, raw, err
	}
	return s, how.serve(s, socket, options)
}

func (how serving) listen(s *server) (net.Listener, error) {
	network, address := "tcp", "127.0.0.1:0"
	if how.transport == "unix" {
		folder, err := os.MkdirTemp("", "model")
		if err != nil {
			return nil, err
		}
		s.close = func() { _ = os.RemoveAll(folder) }
		network, address = "unix", filepath.Join(folder, "socket")
	}
	socket, err := net.Listen(network, address)
	if err == nil && (how.transport == "opaque" || how.hesitant) {
		socket = opaqueListener{socket, how}
	}
	return socket, err
}

func (how serving) serve(s *server, socket net.Listener, options protocol.Options) error {
	if how.transport == "opaque" {
		return s.serveHTTP(socket, options)
	}
	config := listener.Options{Listener: socket, Socket: listener.Socket{WriteBuffer: how.writeBuffer}}
	start := listener.StartClear
	if how.transport == "tls" {
		own, pool := certificate()
		config.TLSConfig = &tls.Config{Certificates: []tls.Certificate{own}}
		start = listener.StartTLS
		dial := s.dial
		s.dial = func() (raw, conn net.Conn, err error) {
			raw, _, err = dial()
			return raw, tls.Client(raw, &tls.Config{RootCAs: pool, ServerName: "example.com"}), err
		}
	}
	l, err := start(fmt.Sprint("model ", serial.Add(1)), config, options)
	if err != nil {
		return err
	}
	s.stop = l.Stop
	return nil
}

// serveHTTP mounts Cowhand in a server that knows nothing of it.
func (s *server) serveHTTP(socket net.Listener, options protocol.Options) error {
	p, err := protocol.New(options)
	if err != nil {
		return err
	}
	standard := &http.Server{Handler: p, ErrorLog: log.New(io.Discard, "", 0)}
	var served sync.WaitGroup
	served.Go(func() { _ = standard.Serve(socket) })
	s.stop = func(ctx context.Context) error {
		err := p.Shutdown(ctx)
		if closed := standard.Close(); closed != nil {
			err = errors.Join(err, closed)
		}
		served.Wait()
		return err
	}
	return nil
}

// certificate is that of httptest, for example.com.
var certificate = sync.OnceValues(func() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
})

// opaqueListener hides the type of its connections.
type opaqueListener struct {
	net.Listener
	how serving
}

func (l opaqueListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if l.how.writeBuffer > 0 {
		_ = conn.(interface{ SetWriteBuffer(int) error }).SetWriteBuffer(l.how.writeBuffer)
	}
	if l.how.hesitant {
		conn = hesitantConn{conn}
	}
	if l.how.oneSided {
		return struct{ net.Conn }{conn}, nil
	}
	return opaqueConn{conn}, nil
}

type opaqueConn struct{ net.Conn }

func (c opaqueConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// hesitantConn is a connection on a busy machine: between the call of Read
// and its first look at the socket some time passes.
type hesitantConn struct{ net.Conn }

func (c hesitantConn) Read(b []byte) (int, error) {
	time.Sleep(hesitation)
	return c.Conn.Read(b)
}

func (c hesitantConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// eventually waits until ready, and reports whether it is.
func eventually(within time.Duration, ready func() bool) bool {
	for end := time.Now().Add(within); !ready(); {
		if time.Now().After(end) {
			return false
		}
		time.Sleep(500 * time.Microsecond)
	}
	return true
}
