package websocket_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// TestMessagesAreOrder: what is written to memory before a message is sent can
// be read by who receives it, which the race detector has to know in the tests
// of users, too. Each way to write is tried: one frame, several pieces, and by
// a goroutine of the sender's.
func TestMessagesAreOrder(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		var asked, answered int
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			answered = asked
			return websocket.Reply(f)
		}}
		c := on.serve(t, h).connect(t)
		ask := func(f wireFrame) {
			t.Helper()
			asked++
			c.send(f)
			c.expect(f)
			require.Equal(t, asked, answered)
		}
		ask(text("small"))
		ask(binaryFrame(string(make([]byte, 9<<10))))
		ask(binaryFrame(string(make([]byte, 300<<10))))
		ask(text("small again"))

		sent, conn, p := 0, h.opened(t), prepare(t, websocket.Text("sent"))
		go func() {
			sent++
			assert.NoError(t, conn.Send(p))
		}()
		c.expect(text("sent"))
		assert.Equal(t, 1, sent)
		c.quit()
	})
}
