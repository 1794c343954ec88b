package handlertest_test

import (
	"bufio"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

// shout is a protocol of its own.
type shout struct{}

func (shout) Upgrade(req *handler.Request, _ *handler.Env) error {
	conn, rw, err := req.Hijack()
	if err != nil {
		return err
	}
	go func() {
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nhello\n")
		rw.Flush()
		io.Copy(conn, rw.Reader)
	}()
	return nil
}

func TestUpgrade(t *testing.T) {
	c := handlertest.New(t, handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		if req.Header("Upgrade") != "shout" {
			return nil, handler.Errorf(426, "shout")
		}
		return &handler.Upgrade{Protocol: shout{}}, nil
	}))
	conn, r := c.Upgrade(handlertest.Request{Headers: handler.Headers{"connection": "upgrade", "upgrade": "shout"}})
	require.NotNil(t, conn) // the end of the test closes it
	assert.Equal(t, 101, r.Status)
	assert.Equal(t, "shout", r.Header.Get("Upgrade"))
	_, err := io.WriteString(conn, "moo\n")
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	for _, want := range []string{"hello\n", "moo\n"} {
		line, err := reader.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, want, line)
	}

	conn, r = c.Upgrade(handlertest.Request{})
	assert.Nil(t, conn)
	assert.Equal(t, 426, r.Status)
}

type echo struct {
	websocket.Base
	ended chan websocket.Reason
}

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	return websocket.Reply(f)
}

func (e echo) Terminate(_ *websocket.Conn, reason websocket.Reason) { e.ended <- reason }

func TestWebSocket(t *testing.T) {
	h := echo{ended: make(chan websocket.Reason, 1)}
	c := handlertest.New(t, handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return websocket.Upgrade(h), nil }))
	conn, r := c.Upgrade(handlertest.WebSocket("/ws"))
	require.NotNil(t, conn, r.Text())
	_, err := io.WriteString(conn, "\x81\x83\x00\x00\x00\x00moo")
	require.NoError(t, err)
	b := make([]byte, 5)
	_, err = io.ReadFull(conn, b)
	require.NoError(t, err)
	assert.Equal(t, "\x81\x03moo", string(b))
	require.NoError(t, conn.Close())
	assert.Equal(t, websocket.ReasonError, (<-h.ended).Kind)

	r = c.Do(handlertest.WebSocket("/ws"))
	assert.Equal(t, 101, r.Status)
	<-h.ended
	assert.Equal(t, 426, c.Get("/ws").Status)

	conn, _ = c.Upgrade(handlertest.WebSocket("/ws"))
	require.NotNil(t, conn)
}

// guarded upgrades if the request has a token, and counts its calls of
// Terminate.
type guarded struct {
	upgrade    *handler.Upgrade
	terminated *[]error
}

func (g guarded) Init(req *handler.Request) (*handler.Upgrade, error) {
	if req.Header("Authorization") == "" {
		return nil, handler.Errorf(401, "no token")
	}
	return g.upgrade, nil
}

func (g guarded) Terminate(_ *handler.Request, err error) { *g.terminated = append(*g.terminated, err) }

// never is a protocol that must not be spoken.
type never struct{ t *testing.T }

func (n never) Upgrade(*handler.Request, *handler.Env) error {
	n.t.Error("the Upgrade was carried out")
	return nil
}

func TestInit(t *testing.T) {
	var terminated []error
	g := guarded{&handler.Upgrade{Protocol: never{t}}, &terminated}
	c := handlertest.Serve(nil, protocol.Options{Dispatch: router.MustCompile(router.Host("_", router.Path("/ws/:id", g)))})
	defer c.Close()
	assert.Contains(t, failure(func() { c.Init(handlertest.WebSocket("/ws/7")) }),
		`handlertest: GET /ws/7 (route handlertest_test.guarded id="7"): there was no Upgrade, but a reply of status 401`)
	assert.Len(t, terminated, 1)

	c.Headers = handler.Headers{"authorization": "Bearer 1"}
	upgrade, req := c.Init(handlertest.WebSocket("/ws/7"))
	assert.Same(t, g.upgrade, upgrade)
	assert.Equal(t, "7", req.Binding("id"))
	assert.Equal(t, "Bearer 1", req.Header("Authorization"))
	assert.Len(t, terminated, 1, "an upgraded request has no Terminate")

	g.upgrade.Protocol = nil
	assert.Contains(t, failure(func() { c.Init(handlertest.WebSocket("/ws/7")) }), "there was no Upgrade, but a reply of status 500")
	assert.Contains(t, failure(func() { c.Init(handlertest.WebSocket("/none")) }), "there was no Upgrade, but a reply of status 404")
}

// TestAccept hands a WebSocket to websockettest, with its options and its
// request.
func TestAccept(t *testing.T) {
	h := echo{ended: make(chan websocket.Reason, 1)}
	c := handlertest.New(t, handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
		return websocket.Upgrade(h, websocket.Options{Subprotocols: []string{"v2"}, RequestFilter: websocket.KeepHeaders, IdleTimeout: time.Hour}), nil
	}))
	request := handlertest.WebSocket("/ws?room=1")
	request.Headers["sec-websocket-protocol"] = "v1, v2"
	request.Headers["sec-websocket-version"] = "8"
	upgrade, req := c.Init(request)
	ws := websockettest.Accept(t, upgrade, req)
	info := ws.Conn().Request()
	assert.Equal(t, "/ws", info.Path)
	assert.Equal(t, "room=1", info.QS)
	assert.Equal(t, "192.0.2.1:40000", info.Peer.String())
	assert.Equal(t, "websocket", info.Header.Get("Upgrade"))
	assert.Equal(t, "v2", ws.Conn().Subprotocol())
	assert.Equal(t, 8, ws.Conn().Version())
	ws.SendText("moo")
	assert.Equal(t, []websocket.Frame{websocket.Text("moo")}, ws.Frames())
	ws.Advance(time.Hour - 1)
	assert.False(t, ws.Ended())
	ws.Advance(1)
	assert.Equal(t, websocket.ReasonTimeout, (<-h.ended).Kind)
}
