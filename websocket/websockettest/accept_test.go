package websockettest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

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

// TestAcceptNoLimit: a limit that the route turned off stays off.
func TestAcceptNoLimit(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
	options := websocket.Options{IdleTimeout: -1, MaxFrameSize: -1, MailboxSize: -1, MaxPending: -1, MinWriteRate: -1, HibernateAfter: -1}
	c := websockettest.Accept(t, websocket.Upgrade(&functions{frame: echo}, options), req)
	c.SendText(strings.Repeat("x", 2*websocket.DefaultMaxFrameSize))
	assert.Len(t, c.Frames(), 1)
	for range 2 * websocket.DefaultMailboxSize {
		assert.NoError(t, c.Conn().Notify("x"))
	}
	c.Advance(1000 * time.Hour)
	assert.False(t, c.Ended())
}

func TestAcceptMisuse(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
	for want, upgrade := range map[string]*handler.Upgrade{
		"the route returned no Upgrade":       nil,
		`the route upgraded to a \*loop`:      loop.Upgrade(nil),
		"nil Handler|handler is nil":          websocket.Upgrade(nil),
		"Upgrade takes at most one":           websocket.Upgrade(&functions{}, websocket.Options{}, websocket.Options{}),
		"Options.Compress is 99; allowed are": websocket.Upgrade(&functions{}, websocket.Options{Compress: 99}),
	} {
		assert.Regexp(t, "^websockettest: websocket: .*("+want+")", acceptFailure(upgrade, req))
	}
}

func acceptFailure(upgrade *handler.Upgrade, req *handler.Request) (failure string) {
	defer func() { failure = fmt.Sprint(recover()) }()
	websockettest.Accept(nil, upgrade, req)
	return ""
}
