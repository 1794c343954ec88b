package cowhand_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/wsclient"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hello answers over HTTP.
type hello struct{}

func (hello) Init(req *handler.Request) (*handler.Upgrade, error) {
	return nil, req.ReplyText(200, "Hello, "+req.Binding("name")+"!")
}

// counters is the route of a WebSocket: each connection counts from the
// number in its path, and says at its end why it ended.
type counters struct{ ended chan websocket.Reason }

func (c counters) Init(req *handler.Request) (*handler.Upgrade, error) {
	from, _ := handler.BindingAs[int](req, "from")
	if from < 0 {
		return nil, req.ReplyText(403, "no counting from below zero")
	}
	return websocket.Upgrade(&counter{n: from, ended: c.ended}, websocket.Options{Subprotocols: []string{"count"}}), nil
}

type counter struct {
	n     int
	ended chan websocket.Reason
}

type add int

func (c *counter) Init(conn *websocket.Conn) websocket.Commands {
	return websocket.Reply(websocket.Text(conn.Request().Path))
}

func (c *counter) HandleFrame(conn *websocket.Conn, f websocket.Frame) websocket.Commands {
	switch text := string(f.Payload); {
	case text == "panic":
		panic("as told")
	case text == "stop":
		return websocket.Do(websocket.Text("bye"), websocket.ShutdownReason("told to"), websocket.Stop)
	case strings.HasPrefix(text, "add "):
		n, _ := strconv.Atoi(strings.TrimPrefix(text, "add "))
		conn.NotifyAfter(time.Millisecond, add(n))
		return websocket.None
	}
	return websocket.Reply(f)
}

func (c *counter) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	c.n += int(info.(add))
	return websocket.Reply(websocket.Text(strconv.Itoa(c.n)))
}

func (c *counter) Terminate(_ *websocket.Conn, reason websocket.Reason) { c.ended <- reason }

// server is a way to be reached.
type server struct {
	dial func() (net.Conn, error)
	stop func(context.Context) error
}

// servers are all the ways, each of which serves the same options.
var servers = map[string]func(*testing.T, protocol.Options) server{
	"TCP": func(t *testing.T, options protocol.Options) server {
		l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, options)
		require.NoError(t, err)
		return server{dialer(l.Addr()), l.Stop}
	},
	"Unix": func(t *testing.T, options protocol.Options) server {
		path := filepath.Join(t.TempDir(), "socket")
		l, err := listener.StartClear(t.Name(), listener.Options{Addr: "unix:" + path}, options)
		require.NoError(t, err)
		return server{dialer(l.Addr()), l.Stop}
	},
	"TLS": func(t *testing.T, options protocol.Options) server {
		config, roots := certificate(t)
		l, err := listener.StartTLS(t.Name(), listener.Options{Addr: "127.0.0.1:0", TLSConfig: config}, options)
		require.NoError(t, err)
		return server{func() (net.Conn, error) { return tls.Dial("tcp", l.Addr().String(), roots) }, l.Stop}
	},
	"a server of one's own": func(t *testing.T, options protocol.Options) server {
		p, err := protocol.New(options)
		require.NoError(t, err)
		s := httptest.NewServer(p)
		return server{dialer(s.Listener.Addr()), func(ctx context.Context) error {
			return errors.Join(s.Config.Shutdown(ctx), p.Shutdown(ctx))
		}}
	},
	"a wrapped ResponseWriter": func(t *testing.T, options protocol.Options) server {
		options.Wrap = append(options.Wrap, func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(&wrapped{w}, r) })
		})
		l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, options)
		require.NoError(t, err)
		return server{dialer(l.Addr()), l.Stop}
	},
}

func dialer(a net.Addr) func() (net.Conn, error) {
	return func() (net.Conn, error) { return net.Dial(a.Network(), a.String()) }
}

// wrapped hides all but the three methods of a ResponseWriter.
type wrapped struct{ inner http.ResponseWriter }

func (w *wrapped) Header() http.Header         { return w.inner.Header() }
func (w *wrapped) Write(b []byte) (int, error) { return w.inner.Write(b) }
func (w *wrapped) WriteHeader(status int)      { w.inner.WriteHeader(status) }
func (w *wrapped) Unwrap() http.ResponseWriter { return w.inner }

// certificate is that of net/http's test server, and the client's side of it.
func certificate(t *testing.T) (config, roots *tls.Config) {
	s := httptest.NewTLSServer(nil)
	defer s.Close()
	roots = s.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	roots.ServerName = "example.com"
	roots.NextProtos = []string{"http/1.1"}
	return &tls.Config{Certificates: s.TLS.Certificates}, roots
}

// each runs a test over every server, with and without compression.
func each(t *testing.T, test func(t *testing.T, s server, compress bool, ended chan websocket.Reason)) {
	for name, serve := range servers {
		for _, compress := range []bool{false, true} {
			t.Run(name+map[bool]string{true: ", compressed"}[compress], func(t *testing.T) {
				ended := make(chan websocket.Reason, 10)
				s := serve(t, protocol.Options{
					Dispatch: router.MustCompile(router.Host("_",
						router.Path("/hello/:name", hello{}),
						router.Path("/count/:from", counters{ended}).Where("from", router.Int),
					)),
					Compress: compress,
					Logger:   slog.New(slog.DiscardHandler),
				})
				defer func() { require.NoError(t, s.stop(limited(t))) }()
				test(t, s, compress, ended)
			})
		}
	}
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, s server, path string) *wsclient.Client {
	t.Helper()
	conn, err := s.dial()
	require.NoError(t, err)
	return wsclient.Over(t, conn, path, true)
}

// get makes a plain request and returns its status and body.
func get(t *testing.T, s server, path string) (status int, body string) {
	t.Helper()
	conn, err := s.dial()
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	return response.StatusCode, string(content)
}

func TestRequests(t *testing.T) {
	each(t, func(t *testing.T, s server, _ bool, ended chan websocket.Reason) {
		tests := []struct {
			path   string
			status int
			body   string
		}{
			{"/hello/world", 200, "Hello, world!"},
			{"/hello/a%2Fb", 200, "Hello, a/b!"},
			{"/nowhere", 404, ""},
			{"/count/many", 404, ""},
			{"/hello/%zz", 400, ""},
			{"/count/-1", 403, "no counting from below zero"},
			{"/count/1", 426, "the header Connection lacks the token upgrade\n"},
		}
		for _, test := range tests {
			status, body := get(t, s, test.path)
			assert.Equal(t, test.status, status, test.path)
			assert.Contains(t, body, test.body, test.path)
		}
		assert.Empty(t, ended, "Terminate is not for what was never upgraded")
	})
}

func TestConversation(t *testing.T) {
	each(t, func(t *testing.T, s server, compress bool, ended chan websocket.Reason) {
		client := connect(t, s, "/count/7")
		assert.Equal(t, compress, client.Response.Header.Get("Sec-WebSocket-Extensions") != "")
		assert.Equal(t, "/count/7", client.Receive(), "from Init")
		long := strings.Repeat("the cow says moo, ", 20_000)
		client.Send(long)
		assert.True(t, long == client.Receive(), "a long message comes back as it was")
		client.Send("add 5")
		assert.Equal(t, "12", client.Receive(), "a timer reached HandleInfo")
		client.Write(wsclient.Ping, []byte("are you there?"))
		opcode, payload := client.Read()
		assert.EqualValues(t, wsclient.Pong, opcode)
		assert.Equal(t, "are you there?", string(payload))
		opcode, _ = client.Read()
		assert.EqualValues(t, wsclient.Ping, opcode, "HandleFrame had the ping, too, and sent it back")

		client.Close(4321)
		reason := <-ended
		assert.Equal(t, websocket.ReasonRemote, reason.Kind)
		assert.EqualValues(t, 4321, reason.Code)
	})
}

func TestStopByHandler(t *testing.T) {
	each(t, func(t *testing.T, s server, _ bool, ended chan websocket.Reason) {
		client := connect(t, s, "/count/0")
		client.Receive()
		client.Send("stop")
		assert.Equal(t, "bye", client.Receive())
		assert.EqualValues(t, 1000, client.WaitClosed())
		reason := <-ended
		assert.Equal(t, websocket.ReasonStop, reason.Kind)
		assert.Equal(t, "told to", reason.Shutdown)
	})
}

func TestPanicEndsItsOwnConnectionOnly(t *testing.T) {
	each(t, func(t *testing.T, s server, _ bool, ended chan websocket.Reason) {
		other := connect(t, s, "/count/0")
		client := connect(t, s, "/count/1")
		client.Send("panic")
		assert.EqualValues(t, 1011, client.WaitClosed())
		reason := <-ended
		assert.Equal(t, websocket.ReasonCrash, reason.Kind)
		crash := new(handler.PanicError)
		require.ErrorAs(t, reason.Err, &crash)
		assert.Equal(t, "as told", crash.Value)

		assert.Equal(t, "/count/0", other.Receive())
		other.Send("add 1")
		assert.Equal(t, "1", other.Receive())
		other.Close(1000)
	})
}

func TestStopOfTheListener(t *testing.T) {
	each(t, func(t *testing.T, s server, _ bool, ended chan websocket.Reason) {
		clients := []*wsclient.Client{connect(t, s, "/count/1"), connect(t, s, "/count/2"), connect(t, s, "/count/3")}
		stopped := make(chan error, 1)
		go func() { stopped <- s.stop(limited(t)) }()
		for _, client := range clients {
			assert.EqualValues(t, 1001, client.WaitClosed())
		}
		require.NoError(t, <-stopped)
		require.Len(t, ended, len(clients), "Terminate ran once for each")
		for range clients {
			assert.Equal(t, websocket.ReasonShutdown, (<-ended).Kind)
		}
		_, err := s.dial()
		assert.Error(t, err)
	})
}

func TestNewRoutesForNewConnections(t *testing.T) {
	greet := func(text string) protocol.Options {
		return protocol.Options{Dispatch: router.MustCompile(router.Host("_", router.Path("/", handler.Func(
			func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyText(200, text) }))))}
	}
	l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, greet("before"))
	require.NoError(t, err)
	s := server{dialer(l.Addr()), l.Stop}
	defer func() { require.NoError(t, s.stop(limited(t))) }()
	_, body := get(t, s, "/")
	assert.Equal(t, "before", body)
	require.NoError(t, l.SetProtocolOptions(greet("after")))
	_, body = get(t, s, "/")
	assert.Equal(t, "after", body)
}
