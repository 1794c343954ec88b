package websocket_test

import (
	"bytes"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/websocket"
)

// TestSendOvertakesCompression: a Send that compresses for long keeps nobody
// from sending to the same connection. A frame that is sent while another one
// is compressed arrives before it. If the compression is over too soon to see
// that, the test tries again.
func TestSendOvertakesCompression(t *testing.T) {
	on := setup{protocol: protocol.Options{Compress: true}}
	h := &callbacks{}
	c := on.serve(t, h).connect(t, "Sec-WebSocket-Extensions", "permessage-deflate; server_no_context_takeover")
	conn := h.opened(t)
	long := strings.Repeat(jsonMessage, 1<<20/len(jsonMessage)*8)
	small := text("small")
	overtakes := func() bool {
		slow, quick := prepare(t, websocket.Text(long)), prepare(t, websocket.Text("small"))
		sent := make(chan error, 1)
		go func() { sent <- conn.Send(slow) }()
		for !isCompressing() && len(sent) == 0 {
			runtime.Gosched()
		}
		require.NoError(t, conn.Send(quick))
		require.NoError(t, <-sent)
		first, second := c.next(), c.next()
		require.True(t, first == small || second == small)
		return first == small
	}
	for tries := 1; !overtakes(); tries++ {
		require.Less(t, tries, 20, "it never overtakes")
	}
	c.quit()
}

// isCompressing reports whether a goroutine is compressing a prepared frame.
func isCompressing() bool {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Contains(stacks, []byte("websocket.(*Frame).encode("))
}
