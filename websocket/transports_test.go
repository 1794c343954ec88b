package websocket_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// exercise has a connection do some of everything.
func exercise(t *testing.T, c *client, h *callbacks) {
	t.Helper()
	require.Equal(t, 101, c.response.StatusCode)
	conn := h.opened(t)
	for _, n := range []int{0, 10, 200, 10_000, 500_000} {
		f := binaryFrame(strings.Repeat("x", n))
		c.send(f, ping("p"), fragment(text("a")), continuation("b"))
		c.expect(f, pong("p"), text("ab"))
	}
	for range 20 {
		require.NoError(t, conn.Notify("info"))
		require.NoError(t, conn.Send(prepare(t, websocket.Text("sent"))))
		got := []string{c.next().payload, c.next().payload}
		require.ElementsMatch(t, []string{"info", "sent"}, got)
	}
	c.send(closing(1000, ""))
	c.expect(closing(1000, ""))
	_, err := c.in.ReadByte()
	require.Error(t, err)
	require.NoError(t, c.conn.Close())
	assert.Equal(t, websocket.ReasonRemote, h.reason(t).Kind)
}

func talker() *callbacks { return &callbacks{frame: echo, info: tell} }

// unhurried makes a closing handshake that waits for CloseTimeout fail the test.
var unhurried = websocket.Options{CloseTimeout: time.Hour}

func TestOverUnixSocket(t *testing.T) {
	h := talker()
	c := setup{unix: true, options: unhurried}.serve(t, h).connect(t)
	exercise(t, c, h)
}

// certificate is that of httptest, for example.com.
func certificate() (tls.Certificate, *x509.CertPool) {
	s := httptest.NewUnstartedServer(nil)
	s.StartTLS()
	defer s.Close()
	pool := x509.NewCertPool()
	pool.AddCert(s.Certificate())
	return s.TLS.Certificates[0], pool
}

func TestOverTLS(t *testing.T) {
	own, pool := certificate()
	h := talker()
	l, err := listener.StartTLS(t.Name(), listener.Options{Addr: "127.0.0.1:0", TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}}},
		protocol.Options{Dispatch: upgrading(h)})
	require.NoError(t, err)
	defer func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, l.Stop(ctx))
	}()
	conn, err := tls.Dial("tcp", l.Addr().String(), &tls.Config{RootCAs: pool, ServerName: "example.com"})
	require.NoError(t, err)
	c := newClient(t, conn)
	c.handshake(request{})
	assert.Equal(t, "https", h.opened(t).Request().Scheme)
	exercise(t, c, h)
}

// TestCutOverTLS is an error as it is without TLS.
func TestCutOverTLS(t *testing.T) {
	own, pool := certificate()
	h := talker()
	l, err := listener.StartTLS(t.Name(), listener.Options{Addr: "127.0.0.1:0", TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}}},
		protocol.Options{Dispatch: upgrading(h)})
	require.NoError(t, err)
	raw, err := net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	c := newClient(t, tls.Client(raw, &tls.Config{RootCAs: pool, ServerName: "example.com"}))
	c.handshake(request{})
	require.NoError(t, raw.Close()) // without an alert
	reason := h.reason(t)
	assert.Equal(t, websocket.ReasonError, reason.Kind)
	assert.ErrorIs(t, reason.Err, websocket.ErrClosed)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, l.Stop(ctx))
}

// upgrading is a table with one route, to h.
func upgrading(h websocket.Handler) handler.Dispatcher { return offering(h, unhurried) }

func offering(h websocket.Handler, options websocket.Options) handler.Dispatcher {
	route := func(*handler.Request) (*handler.Upgrade, error) { return websocket.Upgrade(h, options), nil }
	return router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(route))))
}

// inServer runs a test against a server that knows nothing of Cowhand.
func inServer(t *testing.T, wraps ...func(http.Handler) http.Handler) {
	h := talker()
	p, err := protocol.New(protocol.Options{Dispatch: upgrading(h)})
	require.NoError(t, err)
	var served http.Handler = p
	for _, wrap := range wraps {
		served = wrap(served)
	}
	server := httptest.NewServer(served)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	c := newClient(t, conn)
	c.handshake(request{})
	exercise(t, c, h)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, p.Shutdown(ctx))
}

func TestBehindHTTPServer(t *testing.T) { inServer(t) }

// TestBehindMiddleware: one that wraps the ResponseWriter, as
// http.ResponseController wants it.
func TestBehindMiddleware(t *testing.T) {
	inServer(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(unwrapper{w}, r)
		})
	})
}

type unwrapper struct{ http.ResponseWriter }

func (w unwrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// TestBehindMiddlewareOfConnections: one that hijacks by itself and gives out
// a connection of its own type, whose sides cannot be ended one by one.
func TestBehindMiddlewareOfConnections(t *testing.T) {
	inServer(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(hijacker{w}, r)
		})
	})
}

type hijacker struct{ http.ResponseWriter }

func (w hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := w.ResponseWriter.(http.Hijacker).Hijack()
	return struct{ net.Conn }{conn}, buffered, err
}

// TestShutdownWhileACallbackBlocks: Protocol.Shutdown keeps to its context,
// and the callback that it leaves behind still comes to its end.
func TestShutdownWhileACallbackBlocks(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
		close(entered)
		<-release
		return websocket.None
	}}
	p, err := protocol.New(protocol.Options{Dispatch: upgrading(h)})
	require.NoError(t, err)
	server := httptest.NewServer(p)
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	c := newClient(t, conn)
	c.handshake(request{})
	c.send(text("x"))
	<-entered
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	done := make(chan error, 1)
	go func() { done <- p.Shutdown(ctx) }()
	select {
	case err := <-done:
		assert.ErrorIs(t, err, context.Canceled)
	case <-time.After(patience):
		assert.Fail(t, "Shutdown waits for the callback")
	}
	assert.Empty(t, h.ended())
	close(release)
	assert.Equal(t, websocket.ReasonShutdown, h.reason(t).Kind)
}

// TestBehindMiddlewareThatHides the ResponseWriter: the request is refused.
func TestBehindMiddlewareThatHides(t *testing.T) {
	h := &callbacks{}
	var logged logs
	p, err := protocol.New(protocol.Options{Dispatch: upgrading(h), Logger: testLogger(&logged)})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.ServeHTTP(struct{ http.ResponseWriter }{w}, r)
	}))
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	c := newClient(t, conn)
	c.handshake(request{})
	assert.Equal(t, 500, c.response.StatusCode)
	assert.Contains(t, logged.String(), "cannot be taken over from HTTP")
	assert.Empty(t, h.ended())
	require.NoError(t, conn.Close())
	assert.NoError(t, p.Shutdown(context.Background()), "nothing is left registered")
}

// TestUpgradeOfTheWrongUse answers 500: bad options, and no handler.
func TestUpgradeOfTheWrongUse(t *testing.T) {
	for name, up := range map[string]*handler.Upgrade{
		"nil Handler":           websocket.Upgrade(nil),
		"at most one":           websocket.Upgrade(&callbacks{}, websocket.Options{}, websocket.Options{}),
		"Options.Compress":      websocket.Upgrade(&callbacks{}, websocket.Options{Compress: 9}),
		"Options.MailboxPolicy": websocket.Upgrade(&callbacks{}, websocket.Options{MailboxPolicy: 9}),
		"Options.Subprotocols":  websocket.Upgrade(&callbacks{}, websocket.Options{Subprotocols: []string{"a b"}}),
		"Options.Origins":       websocket.Upgrade(&callbacks{}, websocket.Options{Origins: []string{"example.com"}}),
	} {
		t.Run(name, func(t *testing.T) {
			server := &server{t: t}
			how := setup{protocol: protocol.Options{
				Logger:   testLogger(&server.logs),
				Dispatch: router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return up, nil })))),
			}}
			server.listen(&how)
			c := server.dialRaw(t)
			c.handshake(request{})
			assert.Equal(t, 500, c.response.StatusCode)
			assert.Contains(t, server.logs.String(), name)
			require.NoError(t, server.stop(patience))
		})
	}
}

// TestRequestFilterThatPanics answers 500 and leaves nothing behind.
func TestRequestFilterThatPanics(t *testing.T) {
	h := &callbacks{}
	server := setup{options: websocket.Options{RequestFilter: func(*handler.Request) websocket.RequestInfo { panic("oops") }}}.serve(t, h)
	c := server.dialRaw(t)
	c.handshake(request{})
	assert.Equal(t, 500, c.response.StatusCode)
	require.NoError(t, server.stop(patience))
	assert.Empty(t, h.ended())
}

// TestSameUpgradeTwice: a route may keep one for a handler without state.
func TestSameUpgradeTwice(t *testing.T) {
	up := websocket.Upgrade(stateless{}, websocket.Options{MaxFrameSize: -1})
	server := &server{t: t}
	how := setup{protocol: protocol.Options{Dispatch: router.MustCompile(router.Host("_", router.Path("/[...]", handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return up, nil }))))}}
	server.listen(&how)
	t.Cleanup(server.finish)
	f := binaryFrame(strings.Repeat("x", websocket.DefaultMaxFrameSize+1))
	one, two := server.connect(t), server.connect(t)
	for _, c := range []*client{one, two} {
		c.send(f)
		c.expect(f)
		c.quit()
	}
}

type stateless struct{ websocket.Base }

func (stateless) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	return echo(c, f)
}
