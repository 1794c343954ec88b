package loop

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// patience bounds every wait.
const patience = 30 * time.Second

// server is a listener whose connections go through one of the transports:
// tcp, unix, tls, pipe (net.Pipe, which costs no system call), or stream: TCP
// in a net.Conn of another type, which is treated as any byte stream.
type server struct {
	*listener.Listener
	dial func() (net.Conn, error)
}

func startServer(tb testing.TB, transport string, dispatch handler.Dispatcher, compress bool) *server {
	tb.Helper()
	options := listener.Options{Addr: "127.0.0.1:0", MaxConnections: listener.Unlimited}
	protocolOptions := protocol.Options{Dispatch: dispatch, Compress: compress, Logger: slog.New(slog.DiscardHandler)}
	s := new(server)
	s.dial = func() (net.Conn, error) { return net.Dial(s.Addr().Network(), s.Addr().String()) }
	start := listener.StartClear
	switch transport {
	case "unix":
		options.Addr = "unix:" + filepath.Join(tb.TempDir(), "socket")
	case "pipe":
		pipes := newPipeListener()
		options = listener.Options{Listener: pipes, MaxConnections: listener.Unlimited}
		s.dial = pipes.dial
	case "stream":
		inner, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(tb, err)
		options = listener.Options{Listener: streamListener{inner}, MaxConnections: listener.Unlimited}
	case "tls":
		start = listener.StartTLS
		options.TLSConfig = certificate()
		s.dial = func() (net.Conn, error) {
			return tls.Dial("tcp", s.Addr().String(), &tls.Config{InsecureSkipVerify: true})
		}
	}
	var err error
	s.Listener, err = start(tb.Name(), options, protocolOptions)
	require.NoError(tb, err)
	tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = s.Stop(ctx)
	})
	return s
}

// certificate is net/http/httptest's.
func certificate() *tls.Config {
	test := httptest.NewUnstartedServer(nil)
	test.StartTLS()
	defer test.Close()
	return &tls.Config{Certificates: test.TLS.Certificates}
}

// pipeListener accepts the other ends of pipes.
type pipeListener struct {
	pipes  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newPipeListener() *pipeListener {
	return &pipeListener{pipes: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *pipeListener) dial() (net.Conn, error) {
	client, server := net.Pipe()
	select {
	case l.pipes <- server:
		return client, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.pipes:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }

// streamListener hides that its connections are TCP.
type streamListener struct{ net.Listener }

func (l streamListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return struct{ net.Conn }{conn}, nil
}

// serving dispatches every request to one WebSocket handler.
func serving(h websocket.Handler, options websocket.Options) handler.Dispatcher {
	return router.MustCompile(router.Host("_", router.Path("/", handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
		return websocket.Upgrade(h, options), nil
	}))))
}

// echo sends each message back.
type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}

// sink takes binary messages and does nothing; it sends text back.
type sink struct{ websocket.Base }

func (sink) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsText() {
		return websocket.Reply(f)
	}
	return websocket.None
}
