package websocket_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/faultconn"
	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// transports are those that conversations are had over. A stream is any
// net.Conn behind an http.Server, and https is one under TLS of that server.
var transports = []string{"tcp", "unix", "tls", "stream", "https"}

func isTLS(transport string) bool    { return transport == "tls" || transport == "https" }
func isHidden(transport string) bool { return transport == "stream" || transport == "https" }

// ground is a server for conversations over one transport, one at a time.
type ground struct {
	transport string
	dial      func(wrap func(net.Conn) net.Conn) (net.Conn, error) // wrap is for the socket
	sessions  *handler.Sessions
	host      atomic.Pointer[host]
	fault     atomic.Pointer[faultconn.Fault]
	logs      logs
	at        usage  // while no connection is open
	atSleep   func() // see caller
}

// faults are the faults of a run, for descriptors and for other connections.
type faults struct {
	raw  rawio.Fault
	conn faultconn.Fault
}

// newGround starts a server. A narrow one has small socket buffers.
func newGround(t *testing.T, transport string, narrow bool) *ground {
	t.Helper()
	websocket.OpenParking() // its descriptor stays
	g := &ground{transport: transport, sessions: new(handler.Sessions), at: usage{math.MaxInt, math.MaxInt}}
	route := func(*handler.Request) (*handler.Upgrade, error) {
		h := g.host.Load()
		return websocket.Upgrade(h, h.script.options), nil
	}
	options := protocol.Options{
		Dispatch: router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(route)))),
		Sessions: g.sessions,
		Compress: true,
		Logger:   testLogger(&g.logs),
	}
	network, addr := "tcp", "127.0.0.1:0"
	if transport == "unix" {
		network, addr = "unix", t.TempDir()+"/socket"
	}
	socket, err := net.Listen(network, addr)
	require.NoError(t, err)
	g.dialTo(socket.Addr(), narrow)
	if narrow {
		socket = narrowListener{socket}
	}
	var config *tls.Config
	if isTLS(transport) {
		own, pool := certificate()
		config = &tls.Config{Certificates: []tls.Certificate{own}}
		g.dialOverTLS(&tls.Config{RootCAs: pool, ServerName: "example.com"})
	}
	stop := g.start(t, socket, config, options)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, stop(ctx))
	})
	return g
}

func (g *ground) dialTo(addr net.Addr, narrow bool) {
	dialer := net.Dialer{Timeout: patience}
	if narrow {
		dialer.Control = smallSegments
	}
	g.dial = func(wrap func(net.Conn) net.Conn) (net.Conn, error) {
		conn, err := dialer.Dial(addr.Network(), addr.String())
		if err != nil {
			return nil, err
		}
		if narrow {
			makeNarrow(conn)
		}
		return wrap(conn), nil
	}
}

func (g *ground) dialOverTLS(config *tls.Config) {
	plain := g.dial
	g.dial = func(wrap func(net.Conn) net.Conn) (net.Conn, error) {
		conn, err := plain(wrap)
		if err != nil {
			return nil, err
		}
		return tls.Client(conn, config), nil
	}
}

func (g *ground) start(t *testing.T, socket net.Listener, config *tls.Config, options protocol.Options) (stop func(context.Context) error) {
	t.Helper()
	name := fmt.Sprintf("%s %d", t.Name(), serial.Add(1))
	if isHidden(g.transport) {
		return g.startHTTP(t, socket, config, options)
	}
	start := listener.StartClear
	if config != nil {
		start = listener.StartTLS
	}
	l, err := start(name, listener.Options{Listener: socket, TLSConfig: config}, options)
	require.NoError(t, err)
	return l.Stop
}

// startHTTP starts a server that isn't ours.
func (g *ground) startHTTP(t *testing.T, socket net.Listener, config *tls.Config, options protocol.Options) (stop func(context.Context) error) {
	t.Helper()
	p, err := protocol.New(options)
	require.NoError(t, err)
	server := &http.Server{Handler: p, TLSConfig: config, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	socket = faultconn.Listener{Listener: socket, Fault: g.callConn}
	served := make(chan error, 1)
	go func() {
		if config == nil {
			served <- server.Serve(socket)
		} else {
			served <- server.ServeTLS(socket, "", "")
		}
	}()
	return func(ctx context.Context) error {
		err := errors.Join(p.Shutdown(ctx), server.Shutdown(ctx))
		<-served
		return err
	}
}

// callConn makes the calls of connections whose descriptors are hidden.
func (g *ground) callConn(c *faultconn.Conn, op faultconn.Op, b []byte) (int, error) {
	if f := g.fault.Load(); f != nil {
		return (*f)(c, op, b)
	}
	return c.Call(op, b)
}

// inject puts faults under the server's connections.
func (g *ground) inject(f faults) (restore func()) {
	switch {
	case f.raw == nil:
		return func() {}
	case isHidden(g.transport):
		g.fault.Store(&f.conn)
		return func() { g.fault.Store(nil) }
	default:
		return rawio.Inject(f.raw)
	}
}

// narrowListener gives its connections small buffers.
type narrowListener struct{ net.Listener }

func (l narrowListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err == nil {
		makeNarrow(conn)
	}
	return conn, err
}

func makeNarrow(conn net.Conn) {
	buffered := conn.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	})
	_ = buffered.SetReadBuffer(64 << 10)
	_ = buffered.SetWriteBuffer(16 << 10)
}

// smallSegments lets several segments fit into a small buffer. Otherwise TCP
// waits for 200 ms again and again before it sends less than a segment.
func smallSegments(network, _ string, raw syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var err error
	failed := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_MAXSEG, 1400)
	})
	return errors.Join(failed, err)
}

// usage is what connections must not leave behind.
type usage struct{ descriptors, goroutines int }

func currentUsage() (u usage) {
	dir, err := os.Open("/proc/self/fd")
	if err != nil {
		panic(err)
	}
	defer dir.Close()
	names, err := dir.Readdirnames(-1)
	if err != nil {
		panic(err)
	}
	return usage{descriptors: len(names), goroutines: runtime.NumGoroutine()}
}

// settle waits until nothing of a connection is left.
func (g *ground) settle() error {
	for tries, end := 0, time.Now().Add(patience); ; tries++ {
		if tries < 20 {
			runtime.Gosched()
		} else {
			time.Sleep(time.Millisecond)
		}
		present := currentUsage()
		sessions := g.sessions.Len()
		if sessions == 0 && present.descriptors <= g.at.descriptors && present.goroutines <= g.at.goroutines {
			return nil
		}
		if time.Now().After(end) {
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			return fmt.Errorf("left behind: %+v instead of %+v, and %d sessions\n%s", present, g.at, sessions, stacks)
		}
	}
}

// rest has a conversation, and notes what is in use once that stays the same.
func (g *ground) rest(t *testing.T) {
	t.Helper()
	_, err := g.have(conversations[0], faults{})
	require.NoError(t, err)
	for same := 0; same < 10; time.Sleep(time.Millisecond) {
		present := currentUsage()
		if same++; present != g.at {
			g.at, same = present, 0
		}
	}
}
