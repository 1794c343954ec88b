package websocket_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/websocket"
)

// wholeListener's connections can't end one side alone.
type wholeListener struct{ net.Listener }

func (l wholeListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return struct{ net.Conn }{c}, err
}

// TestEndOfBothSidesAtOnce: a connection that can't end its side alone doesn't
// wait for the client's end: not for CloseTimeout, and not for a client that
// goes on. The client breaks the protocol before the close frame, behind the
// server's, or not at all.
func TestEndOfBothSidesAtOnce(t *testing.T) {
	bad := wireFrame{true, 0, 3, ""}
	for name, test := range map[string]struct {
		frames []wireFrame
		code   int
		kind   websocket.ReasonKind
	}{
		"refused":                 {[]wireFrame{bad}, 1002, websocket.ReasonError},
		"refused, not UTF-8":      {[]wireFrame{text("\xff")}, 1007, websocket.ReasonError},
		"refused while it closes": {[]wireFrame{text("stop"), bad}, 1000, websocket.ReasonStop},
		"closed by the client":    {[]wireFrame{closing(1000, "")}, 1000, websocket.ReasonRemote},
		"closed by the server":    {[]wireFrame{text("stop"), closing(1000, "")}, 1000, websocket.ReasonStop},
	} {
		t.Run(name, func(t *testing.T) {
			on := setup{
				wrap:    func(l net.Listener) net.Listener { return wholeListener{l} },
				options: websocket.Options{CloseTimeout: time.Hour},
			}
			h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
				return websocket.Do(websocket.Stop)
			}}
			c := on.serve(t, h).connect(t)
			c.send(test.frames...)
			c.expect(closing(test.code, ""))
			c.expectEnd()
			assert.Equal(t, test.kind, h.reason(t).Kind)
		})
	}
}
