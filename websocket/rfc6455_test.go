package websocket_test

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// fragment is a frame that is not the last of its message.
func fragment(f wireFrame) wireFrame {
	f.fin = false
	return f
}

func continuation(s string) wireFrame { return wireFrame{true, 0, opContinuation, s} }

func withRSV(rsv byte, f wireFrame) wireFrame {
	f.rsv = rsv
	return f
}

// TestFragments: a message in fragments, with control frames between them
// (section 5.4).
func TestFragments(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		parts := []wireFrame{fragment(text("a")), ping("1"), fragment(continuation("")), pong("2"), fragment(continuation("b")), ping(""), continuation("c")}
		c.send(parts...)
		c.expect(pong("1"), pong(""), text("abc"))
		for _, f := range parts { // and each in its own packet, byte by byte
			for _, b := range masked(f) {
				c.write([]byte{b})
			}
		}
		c.expect(pong("1"), pong(""), text("abc"))
		c.quit()
	})
}

// TestLengths: each form of the length, in both directions (section 5.2).
func TestLengths(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		for _, n := range []int{0, 1, 125, 126, 127, 8191, 8192, 8193, 65535, 65536, 65537, 1_000_000} {
			f := binaryFrame(strings.Repeat("x", n))
			c.send(f)
			c.expect(f)
		}
		c.quit()
	})
}

// TestPing: each ping is answered by a pong with its payload, in order, and
// delivered (section 5.5.2).
func TestPing(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			switch {
			case f.IsPing():
				return websocket.Reply(websocket.Text("ping " + string(f.Payload)))
			case f.IsPong():
				return websocket.Reply(websocket.Text("pong " + string(f.Payload)))
			}
			return websocket.None
		}}
		c := on.serve(t, h).connect(t)
		long := strings.Repeat("x", 125)
		c.send(ping("a"), ping(""), pong("unsolicited"), ping(long))
		c.expect(pong("a"), text("ping a"), pong(""), text("ping "), text("pong unsolicited"), pong(long), text("ping "+long))
		c.quit()
	})
}

// TestProtocolErrors: what breaks the protocol is answered by its close code
// and ends the connection (section 7.1.7).
func TestProtocolErrors(t *testing.T) {
	unmasked := masked(text("x"))
	unmasked[1] &^= 0x80
	limited := websocket.Options{MaxFrameSize: 10}
	for _, test := range []struct {
		name    string
		options websocket.Options
		bytes   []byte
		code    int
		err     error
	}{
		{"an unmasked frame, section 5.1", websocket.Options{}, unmasked, 1002, websocket.ErrBadFrame},
		{"RSV1 without an extension, section 5.2", websocket.Options{}, masked(withRSV(4, text("x"))), 1002, websocket.ErrBadFrame},
		{"RSV2, section 5.2", websocket.Options{}, masked(withRSV(2, text("x"))), 1002, websocket.ErrBadFrame},
		{"RSV3, section 5.2", websocket.Options{}, masked(withRSV(1, text("x"))), 1002, websocket.ErrBadFrame},
		{"RSV1 on a ping, section 5.2", websocket.Options{}, masked(withRSV(4, ping("x"))), 1002, websocket.ErrBadFrame},
		{"RSV1 on a continuation, section 5.2", websocket.Options{}, masked(fragment(text("x")), withRSV(4, continuation("y"))), 1002, websocket.ErrBadFrame},
		{"opcode 3, section 5.2", websocket.Options{}, masked(wireFrame{true, 0, 3, ""}), 1002, websocket.ErrBadFrame},
		{"opcode 11, section 5.2", websocket.Options{}, masked(wireFrame{true, 0, 11, ""}), 1002, websocket.ErrBadFrame},
		{"a length that is not the shortest, section 5.2", websocket.Options{}, []byte{0x81, 0xFE, 0, 1, 1, 2, 3, 4, 5}, 1002, websocket.ErrBadFrame},
		{"a continuation of nothing, section 5.4", websocket.Options{}, masked(continuation("x")), 1002, websocket.ErrBadFrame},
		{"a message in a message, section 5.4", websocket.Options{}, masked(fragment(text("x")), text("y")), 1002, websocket.ErrBadFrame},
		{"a ping in fragments, section 5.5", websocket.Options{}, masked(fragment(ping("x"))), 1002, websocket.ErrBadFrame},
		{"a ping of 126 bytes, section 5.5", websocket.Options{}, masked(ping(strings.Repeat("x", 126))), 1002, websocket.ErrBadFrame},
		{"half a close code, section 5.5.1", websocket.Options{}, masked(wireFrame{true, 0, opClose, "x"}), 1002, websocket.ErrBadFrame},
		{"close code 1005, section 7.4.1", websocket.Options{}, masked(closing(1005, "")), 1002, websocket.ErrBadFrame},
		{"close code 2999, section 7.4.2", websocket.Options{}, masked(closing(2999, "")), 1002, websocket.ErrBadFrame},
		{"close code 5000, section 7.4.2", websocket.Options{}, masked(closing(5000, "")), 1002, websocket.ErrBadFrame},
		{"text that is not UTF-8, section 8.1", websocket.Options{}, masked(text("\xff")), 1007, websocket.ErrBadEncoding},
		{"its first bad byte, section 8.1", websocket.Options{}, masked(text("\xff12345"))[:7], 1007, websocket.ErrBadEncoding},
		{"a close reason that is not UTF-8, section 8.1", websocket.Options{}, masked(closing(1000, "\xff")), 1007, websocket.ErrBadEncoding},
		{"a frame beyond the limit, section 10.4", limited, masked(text("12345678901")), 1009, websocket.ErrBadSize},
		{"fragments beyond the limit, section 10.4", limited, masked(fragment(text("123456")), continuation("78901")), 1009, websocket.ErrBadSize},
		{"a header that declares too much, section 10.4", limited, masked(text("12345678901"))[:2], 1009, websocket.ErrBadSize},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				on.options = test.options
				h := &callbacks{frame: echo}
				c := on.serve(t, h).connect(t)
				c.send(text("before"))
				c.expect(text("before"))
				c.write(test.bytes)
				c.expect(closing(test.code, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonError, reason.Kind)
				assert.ErrorIs(t, reason.Err, test.err)
				for _, other := range []error{websocket.ErrBadFrame, websocket.ErrBadEncoding, websocket.ErrBadSize} {
					assert.Equal(t, other == test.err, errors.Is(reason.Err, other))
				}
			})
		})
	}
}

func TestMaxFrameSizeItselfIsAllowed(t *testing.T) {
	c := setup{options: websocket.Options{MaxFrameSize: 10}}.serve(t, &callbacks{frame: echo}).connect(t)
	c.send(text("1234567890"), fragment(text("12345")), continuation("67890"))
	c.expect(text("1234567890"), text("1234567890"))
	c.quit()
}

// TestPeerCloses: the answer has the same code and no reason, and the server
// is the one to end TCP (section 7.1.1).
func TestPeerCloses(t *testing.T) {
	for _, code := range []int{0, 1000, 1001, 1003, 1007, 1011, 1012, 1013, 1014, 3000, 4999} {
		eachTransport(t, func(t *testing.T, on setup) {
			h := &callbacks{frame: echo}
			c := on.serve(t, h).connect(t)
			reason := ""
			if code != 0 {
				reason = "so long"
			}
			c.send(text("last"), closing(code, reason), text("too late"), ping("too late"))
			c.expect(text("last"), closing(code, ""))
			c.expectEnd()
			require.NoError(t, c.conn.Close())
			got := h.reason(t)
			assert.Equal(t, websocket.ReasonRemote, got.Kind)
			assert.EqualValues(t, code, got.Code)
			assert.Equal(t, reason, string(got.Payload))
		})
	}
}

// TestServerCloses: after its close frame the server waits for the peer's and
// drops what else it sends (section 7.1.2).
func TestServerCloses(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.CloseTimeout = patience
		frames := 0
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
			frames++
			return websocket.Do(websocket.Text("bye"), websocket.Close(4001, "enough"), websocket.Text("never"))
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("one"), text("two"))
		c.expect(text("bye"), closing(4001, "enough"))
		c.send(text("three"), ping("four"), fragment(text("five")))
		c.expectQuiet()
		assert.Empty(t, h.ended())
		c.send(continuation(""), closing(4001, ""))
		c.expectEnd()
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.Reason{Kind: websocket.ReasonStop}, h.reason(t))
		assert.Equal(t, 1, frames)
	})
}

// expectQuiet holds that the server neither says anything nor ends the
// connection for now.
func (c *client) expectQuiet() {
	c.t.Helper()
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(50*time.Millisecond)))
	_, err := c.in.Peek(1)
	require.ErrorIs(c.t, err, os.ErrDeadlineExceeded)
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(patience)))
}

// TestCloseTimeout: a peer that does not answer is not waited for any longer.
func TestCloseTimeout(t *testing.T) {
	for name, last := range map[string][]wireFrame{
		"no answer":           nil,
		"other frames":        {text("x"), text("y")},
		"an answer, TCP open": {closing(1000, "")},
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				on.options.CloseTimeout = 50 * time.Millisecond
				h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
					return websocket.Do(websocket.Stop)
				}}
				c := on.serve(t, h).connect(t)
				c.send(text("stop"))
				c.expect(closing(1000, ""))
				c.send(last...)
				_, err := io.Copy(io.Discard, c.in)
				assert.NotErrorIs(t, err, os.ErrDeadlineExceeded)
				assert.Equal(t, websocket.ReasonStop, h.reason(t).Kind)
			})
		})
	}
}

// TestCloseCodesSent are those of Cowboy's table.
func TestCloseCodesSent(t *testing.T) {
	for _, test := range []struct {
		name    string
		command websocket.Command
		sent    wireFrame
	}{
		{"Stop", websocket.Stop, closing(1000, "")},
		{"close without a code", websocket.Close(0, ""), closing(0, "")},
		{"close with a code", websocket.Close(1008, ""), closing(1008, "")},
		{"close with a reason", websocket.Close(3000, "moved"), closing(3000, "moved")},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &callbacks{init: func(*websocket.Conn) websocket.Commands { return websocket.Do(test.command) }}
			c := setup{}.serve(t, h).connect(t)
			c.expect(test.sent)
			c.send(test.sent)
			c.expectEnd()
			require.NoError(t, c.conn.Close())
			assert.Equal(t, websocket.ReasonStop, h.reason(t).Kind)
		})
	}
}

// TestBothClose: close frames that cross are one closing handshake.
func TestBothClose(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.CloseTimeout = patience
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
			return websocket.Do(websocket.Stop)
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("stop"), closing(1001, "leaving"))
		c.expect(closing(1000, ""))
		c.expectEnd()
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.Reason{Kind: websocket.ReasonStop}, h.reason(t))
	})
}
