package websockettest

import (
	"strconv"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

// Accept opens the connection that a route's Init upgraded to, with the options
// and the request of the route: see Client.Init of package handlertest. An
// Upgrade to anything else fails the test.
func Accept(t testing.TB, upgrade *handler.Upgrade, req *handler.Request) *Client {
	c := tester(untested{})
	if t != nil {
		c = t
	}
	c.Helper()
	h, options, info, err := driven.Upgraded(upgrade, req)
	if err != nil {
		c.Fatalf("websockettest: %v", err)
	}
	request := Request{RequestInfo: info.(websocket.RequestInfo)}
	request.WebSocketVersion, _ = strconv.Atoi(req.Header("Sec-WebSocket-Version")) // 0 is the default
	for name := range strings.SplitSeq(req.Header("Sec-WebSocket-Protocol"), ",") {
		request.Subprotocols = append(request.Subprotocols, strings.TrimSpace(name))
	}
	return Connect(t, h.(websocket.Handler), options.(websocket.Options), request)
}
