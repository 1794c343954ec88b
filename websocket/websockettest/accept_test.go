package websockettest_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

func TestAccept(t *testing.T) {
	r := httptest.NewRequest("GET", "/chat?room=1", nil)
	req := handler.NewRequest(httptest.NewRecorder(), r, handler.Env{})
	c := websockettest.Accept(t, websocket.Upgrade(&functions{frame: echo}), req)
	assert.Equal(t, "/chat", c.Conn().Request().Path)
	assert.Equal(t, "room=1", c.Conn().Request().QS)
	assert.Equal(t, 13, c.Conn().Version())
	assert.Empty(t, c.Conn().Subprotocol())
	c.SendText("moo")
	assert.Equal(t, []websocket.Frame{websocket.Text("moo")}, c.Frames())
}

func TestAcceptMisuse(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
	for want, upgrade := range map[string]*handler.Upgrade{
		"websockettest: websocket: the route returned no Upgrade":                                                         nil,
		"websockettest: websocket: the route upgraded to a *loop.upgrade":                                                 loop.Upgrade(nil),
		"websockettest: websocket: Upgrade was called with a nil Handler":                                                 websocket.Upgrade(nil),
		"websockettest: websocket: Upgrade takes at most one websocket.Options; it was given 2":                           websocket.Upgrade(&functions{}, websocket.Options{}, websocket.Options{}),
		"websockettest: websocket: Options.RequireSubprotocol is set, but Subprotocols is empty; no client could connect": websocket.Upgrade(&functions{}, websocket.Options{RequireSubprotocol: true}),
	} {
		assert.PanicsWithValue(t, want, func() { websockettest.Accept(nil, upgrade, req) })
	}
}
