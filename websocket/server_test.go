package websocket_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/faultconn"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// patience bounds every wait for something that has to happen.
const patience = 20 * time.Second

// callbacks is a handler of functions; those that are nil do nothing. It
// keeps the reasons that Terminate was called with.
type callbacks struct {
	init      func(*websocket.Conn) websocket.Commands
	frame     func(*websocket.Conn, websocket.Frame) websocket.Commands
	info      func(*websocket.Conn, any) websocket.Commands
	terminate func(*websocket.Conn, websocket.Reason)

	mu      sync.Mutex
	conn    *websocket.Conn
	reasons []websocket.Reason
}

func (h *callbacks) Init(c *websocket.Conn) websocket.Commands {
	h.mu.Lock()
	h.conn = c
	h.mu.Unlock()
	if h.init == nil {
		return websocket.None
	}
	return h.init(c)
}

func (h *callbacks) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	if h.frame == nil {
		return websocket.None
	}
	return h.frame(c, f)
}

func (h *callbacks) HandleInfo(c *websocket.Conn, info any) websocket.Commands {
	if h.info == nil {
		return websocket.None
	}
	return h.info(c, info)
}

func (h *callbacks) Terminate(c *websocket.Conn, r websocket.Reason) {
	h.mu.Lock()
	h.reasons = append(h.reasons, r)
	h.mu.Unlock()
	if h.terminate != nil {
		h.terminate(c, r)
	}
}

// ended returns what Terminate was called with so far.
func (h *callbacks) ended() []websocket.Reason {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.reasons
}

// reason waits for the end of the connection.
func (h *callbacks) reason(t *testing.T) websocket.Reason {
	t.Helper()
	eventually(t, func() bool { return len(h.ended()) > 0 }, "Terminate was not called")
	return h.ended()[0]
}

// opened waits for Init and returns its connection.
func (h *callbacks) opened(t *testing.T) (c *websocket.Conn) {
	t.Helper()
	eventually(t, func() bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		c = h.conn
		return c != nil
	}, "Init was not called")
	return c
}

func eventually(t *testing.T, ready func() bool, message string) {
	t.Helper()
	for end := time.Now().Add(patience); !ready(); {
		if time.Now().After(end) {
			require.FailNow(t, message)
		}
		time.Sleep(time.Millisecond)
	}
}

// echo sends each message back.
func echo(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}

// server is a listener and the handlers that it served.
type server struct {
	*listener.Listener
	t        *testing.T
	dial     func() (net.Conn, error)
	logs     logs
	mu       sync.Mutex
	handlers []*callbacks
	stopped  bool
}

// setup is how to start a server. The zero value is a TCP listener.
type setup struct {
	opaque   bool // the connections hide that they are sockets
	tcp      bool // even if the run is on another transport
	unix     bool
	tls      bool
	wrap     func(net.Listener) net.Listener
	options  websocket.Options
	listener listener.Options
	protocol protocol.Options
	route    func(*handler.Request) error // before the upgrade
}

var serial atomic.Int64

// start serves a handler of its own to each connection, at every path.
func (s setup) start(t *testing.T, handlers func() *callbacks) *server {
	t.Helper()
	if !s.isNamed() {
		s = s.onTransport(runTransport)
	}
	server := &server{t: t}
	route := func(req *handler.Request) (*handler.Upgrade, error) {
		if s.route != nil {
			if err := s.route(req); err != nil || req.Replied() {
				return nil, err
			}
		}
		h := handlers()
		server.mu.Lock()
		server.handlers = append(server.handlers, h)
		server.mu.Unlock()
		return websocket.Upgrade(h, s.options), nil
	}
	s.protocol.Dispatch = router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(route))))
	s.protocol.Logger = testLogger(&server.logs)
	server.listen(&s)
	t.Cleanup(server.finish)
	return server
}

func (s *server) listen(how *setup) {
	network, addr := "tcp", "127.0.0.1:0"
	if how.unix {
		network, addr = "unix", s.t.TempDir()+"/socket"
	}
	socket, err := net.Listen(network, addr)
	require.NoError(s.t, err)
	address := socket.Addr().String()
	s.dial = func() (net.Conn, error) { return net.DialTimeout(network, address, patience) }
	switch {
	case how.opaque && runHarm != harmNone:
		socket = faultconn.Listener{Listener: socket, Fault: harmlessConn(runHarm, newChance(runSeed))}
	case how.opaque:
		socket = opaqueListener{socket}
	}
	if how.wrap != nil {
		socket = how.wrap(socket)
	}
	how.listener.Listener = socket
	start := listener.StartClear
	if how.tls {
		own, pool := certificate()
		how.listener.TLSConfig = &tls.Config{Certificates: []tls.Certificate{own}}
		s.dial = func() (net.Conn, error) {
			return tls.Dial(network, address, &tls.Config{RootCAs: pool, ServerName: "example.com"})
		}
		start = listener.StartTLS
	}
	name := s.t.Name() + "/" + time.Duration(serial.Add(1)).String()
	s.Listener, err = start(name, how.listener, how.protocol)
	require.NoError(s.t, err)
}

// stop stops the listener within a time.
func (s *server) stop(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	s.stopped = true
	return s.Stop(ctx)
}

// finish stops the listener unless the test did, and checks that each
// connection was told of its end exactly once.
func (s *server) finish() {
	if !s.stopped {
		assert.NoError(s.t, s.stop(patience))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.handlers {
		if h.conn != nil {
			assert.Len(s.t, h.ended(), 1, "calls of Terminate")
		}
	}
}

// serve starts a server whose only connection is h's.
func (s setup) serve(t *testing.T, h *callbacks) *server {
	t.Helper()
	return s.start(t, func() *callbacks { return h })
}

// eachTransport runs a test over the transport for sockets, over the one for
// any other connection, and over TLS; or only over the one of this run.
func eachTransport(t *testing.T, test func(t *testing.T, on setup)) {
	if runTransport != "" {
		t.Run(runTransport, func(t *testing.T) { test(t, setup{}.onTransport(runTransport)) })
		return
	}
	t.Run("socket", func(t *testing.T) { test(t, setup{}) })
	t.Run("stream", func(t *testing.T) { test(t, setup{opaque: true}) })
	t.Run("tls", func(t *testing.T) { test(t, setup{tls: true}) })
}

// opaqueListener hides the type of its connections.
type opaqueListener struct{ net.Listener }

func (l opaqueListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return opaqueConn{c}, nil
}

type opaqueConn struct{ net.Conn }

func (c opaqueConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func testLogger(to io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(to, nil)) }
