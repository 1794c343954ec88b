package websocket_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// parked opens a connection that hibernates whenever it may.
func (by carrier) parked(t *testing.T) (*server, *callbacks, *client) {
	t.Helper()
	by.options.HibernateAfter = 10 * time.Millisecond
	h := &callbacks{frame: echo, info: tell}
	s := by.serve(t, h)
	c, _ := by.connect(t, s)
	becomesAwake(t, 0)
	return s, h, c
}

// TestParkingOfEachSocket: a connection that hibernates has no goroutine, over
// TLS as without.
func TestParkingOfEachSocket(t *testing.T) {
	notUnderFaults(t, "a frame that is written in part wakes the loop", harmShort)
	for _, by := range sockets() {
		t.Run(by.name, func(t *testing.T) {
			_, h, c := by.parked(t)
			conn := h.opened(t)
			for range 3 {
				require.NoError(t, conn.Notify("info"))
				c.expect(text("info"))
				becomesAwake(t, 0)
				c.send(text("frame"), ping("ping"))
				c.expect(text("frame"), pong("ping"))
				becomesAwake(t, 0)
				require.NoError(t, conn.Send(prepare(t, websocket.Text("sent without waking it"))))
				c.expect(text("sent without waking it"))
				assert.Zero(t, awake())
			}
			large := backlog[:4<<20] // more than the socket takes at once
			require.NoError(t, conn.Send(prepare(t, websocket.Binary(large))))
			c.expect(binaryFrame(string(large)))
			becomesAwake(t, 0)
			c.quit()
			h.reason(t)
			assert.Zero(t, websocket.Parked())
		})
	}
}

// TestEndOfParkedConnections: whatever ends a connection that has no goroutine
// is heard.
func TestEndOfParkedConnections(t *testing.T) {
	for _, by := range sockets() {
		t.Run(by.name, func(t *testing.T) {
			for name, end := range map[string]func(*server, *websocket.Conn, *client){
				"close": func(_ *server, conn *websocket.Conn, c *client) {
					conn.Close()
					c.expectClose(1000)
				},
				"drain": func(s *server, _ *websocket.Conn, c *client) {
					s.drain()
					c.expectClose(1001)
				},
				"cut":                  func(_ *server, conn *websocket.Conn, _ *client) { conn.Cut() },
				"closed by the client": func(_ *server, _ *websocket.Conn, c *client) { c.quit() },
				"gone": func(_ *server, _ *websocket.Conn, c *client) {
					require.NoError(t, c.conn.Close())
				},
			} {
				s, h, c := by.parked(t)
				end(s, h.opened(t), c)
				_ = c.conn.Close()
				assert.NotZero(t, h.reason(t).Kind, name)
				assert.Zero(t, websocket.Parked(), name)
			}
		})
	}
}
