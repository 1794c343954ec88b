package websocket_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// serveRoute serves a handler at every path.
func serveRoute(t *testing.T, h handler.Handler) *server {
	t.Helper()
	server := &server{t: t}
	how := setup{protocol: protocol.Options{
		Dispatch: router.MustCompile(router.Host("_", router.Path("/[...]", h))),
		Logger:   testLogger(&server.logs),
	}}
	server.listen(&how)
	t.Cleanup(server.finish)
	return server
}

// TestHandle: each request has a handler of its own, and the options hold.
func TestHandle(t *testing.T) {
	subprotocols := []string{"v1"}
	route := websocket.Handle(func(req *handler.Request) (websocket.Handler, error) {
		path := req.Path()
		return &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
			return websocket.Reply(websocket.Text(path))
		}}, nil
	}, websocket.Options{Subprotocols: subprotocols, MaxFrameSize: 10})
	subprotocols[0] = "changed later"
	require.NoError(t, route.(handler.Validator).Validate())
	server := serveRoute(t, route)
	for _, path := range []string{"/one", "/two"} {
		c := server.dialRaw(t)
		c.handshake(request{path: path, headers: []string{"Sec-WebSocket-Protocol", "v1"}})
		require.Equal(t, 101, c.response.StatusCode)
		assert.Equal(t, "v1", c.response.Header.Get("Sec-WebSocket-Protocol"))
		c.send(text("x"))
		c.expect(text(path))
		c.send(text(strings.Repeat("x", 11)))
		c.expectClose(1009)
	}
}

// TestHandleRejects: f rejects a request by an error, or by a reply of its own.
func TestHandleRejects(t *testing.T) {
	server := serveRoute(t, websocket.Handle(func(req *handler.Request) (websocket.Handler, error) {
		switch req.Path() {
		case "/error":
			return &callbacks{}, handler.Errorf(403, "no")
		case "/broken":
			return nil, errors.New("no database")
		}
		return nil, req.ReplyText(402, "pay")
	}))
	for path, status := range map[string]int{"/error": 403, "/broken": 500, "/reply": 402} {
		c := server.dialRaw(t)
		c.handshake(request{path: path})
		assert.Equal(t, status, c.response.StatusCode, path)
	}
}

// TestHandleOfInvalidOptions: Validate tells before any request comes. If
// nobody asked it, the request gets a 500.
func TestHandleOfInvalidOptions(t *testing.T) {
	never := func(*handler.Request) (websocket.Handler, error) {
		t.Error("the handler was made")
		return nil, nil
	}
	for name, h := range map[string]handler.Handler{
		"Handle takes at most one websocket.Options": websocket.Handle(never, websocket.Options{}, websocket.Options{}),
		"Options.MailboxPolicy":                      websocket.Handle(never, websocket.Options{MailboxPolicy: 9}),
		"Options.Origins":                            websocket.Handle(never, websocket.Options{Origins: []string{"example.com"}}),
		"Level":                                      websocket.Handle(never, websocket.Options{Deflate: deflate.Options{Level: 77}}),
		"nil function":                               websocket.Handle(nil),
	} {
		t.Run(name, func(t *testing.T) {
			assert.ErrorContains(t, h.(handler.Validator).Validate(), name)
			_, err := h.Init(nil)
			assert.ErrorContains(t, err, name)
		})
	}
}

// BenchmarkRoute compares the two ways to make a request a WebSocket, up to the
// handshake: Upgrade copies and checks its options for each connection.
func BenchmarkRoute(b *testing.B) {
	options := websocket.Options{Origins: []string{"https://example.com"}, Subprotocols: []string{"v1"}}
	for name, h := range map[string]handler.Handler{
		"Handle":  websocket.Handle(func(*handler.Request) (websocket.Handler, error) { return stateless{}, nil }, options),
		"Upgrade": handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return websocket.Upgrade(stateless{}, options), nil }),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := h.Init(nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestHandleAllocates the upgrade alone, besides the handler.
func TestHandleAllocates(t *testing.T) {
	h := websocket.Handle(func(*handler.Request) (websocket.Handler, error) { return stateless{}, nil })
	assert.LessOrEqual(t, testing.AllocsPerRun(100, func() { _, _ = h.Init(nil) }), 1.0)
}
