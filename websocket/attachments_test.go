package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// TestContext: it lives as long as the connection, and has ended when OnEnd and
// Terminate run.
func TestContext(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		atEnd, atTerminate := make(chan error, 1), make(chan error, 1)
		h := &callbacks{
			init: func(c *websocket.Conn) websocket.Commands {
				ctx := c.Context()
				assert.NoError(t, ctx.Err())
				c.OnEnd(func() { atEnd <- ctx.Err() })
				return websocket.None
			},
			terminate: func(c *websocket.Conn, _ websocket.Reason) { atTerminate <- context.Cause(c.Context()) },
		}
		c := on.serve(t, h).connect(t)
		ctx := h.opened(t).Context()
		assert.Equal(t, ctx, h.opened(t).Context(), "each call returns the same")
		c.send(ping("alive"))
		c.expect(pong("alive"))
		assert.NoError(t, ctx.Err())
		c.quit()
		<-ctx.Done()
		assert.Equal(t, context.Canceled, <-atEnd)
		assert.Equal(t, websocket.ErrClosed, <-atTerminate)
	})
}

// TestContextOfAnEndedConnection: it has ended, even if nobody asked for it
// before.
func TestContextOfAnEndedConnection(t *testing.T) {
	var conn *websocket.Conn
	h := &callbacks{init: func(c *websocket.Conn) websocket.Commands { conn = c; return websocket.None }}
	server := setup{}.serve(t, h)
	server.connect(t).quit()
	h.reason(t)
	assert.Equal(t, websocket.ErrClosed, context.Cause(conn.Context()))
}

// TestCutEndsTheContext, so that a callback that waits for it returns. It does
// so too if the callback asks after the cut.
func TestCutEndsTheContext(t *testing.T) {
	for _, early := range []bool{true, false} {
		t.Run(fmt.Sprint("asked before: ", early), func(t *testing.T) {
			entered, cut := make(chan struct{}), make(chan struct{})
			h := &callbacks{frame: func(c *websocket.Conn, _ websocket.Frame) websocket.Commands {
				if early {
					_ = c.Context()
				}
				close(entered)
				<-cut
				<-c.Context().Done()
				return websocket.None
			}}
			c := setup{}.serve(t, h).connect(t)
			c.send(text("x"))
			<-entered
			h.opened(t).Cut()
			close(cut)
			assert.Equal(t, websocket.ReasonShutdown, h.reason(t).Kind)
		})
	}
}

// TestID: each connection has its own, which Terminate still sees.
func TestID(t *testing.T) {
	var mu sync.Mutex
	seen := make(map[uint64]int)
	note := func(c *websocket.Conn) {
		mu.Lock()
		defer mu.Unlock()
		seen[c.ID()]++
	}
	server := setup{}.start(t, func() *callbacks {
		return &callbacks{
			init:      func(c *websocket.Conn) websocket.Commands { note(c); return websocket.None },
			terminate: func(c *websocket.Conn, _ websocket.Reason) { note(c) },
		}
	})
	const connections = 5
	for range connections {
		server.connect(t).quit()
	}
	require.NoError(t, server.stop(patience))
	assert.Len(t, seen, connections)
	for id, times := range seen {
		assert.NotZero(t, id)
		assert.Equal(t, 2, times)
	}
}

// TestCloseWith: the client gets the code and the reason, after the frames that
// were sent before.
func TestCloseWith(t *testing.T) {
	for _, test := range []struct {
		name   string
		close  func(c *websocket.Conn) error
		client wireFrame
	}{
		{"a code and a reason", func(c *websocket.Conn) error { return c.CloseWith(4001, "signed out") }, closing(4001, "signed out")},
		{"a code", func(c *websocket.Conn) error { return c.CloseWith(websocket.CloseGoingAway, "") }, closing(1001, "")},
		{"no code", func(c *websocket.Conn) error { return c.CloseWith(0, "") }, wireFrame{fin: true, opcode: opClose}},
		{"a close frame", func(c *websocket.Conn) error { return c.SendFrame(websocket.Close(4002, "bye")) }, closing(4002, "bye")},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				h := &callbacks{}
				c := on.serve(t, h).connect(t)
				conn := h.opened(t)
				require.NoError(t, conn.SendFrame(websocket.Text("before")))
				require.NoError(t, test.close(conn))
				c.expect(text("before"), test.client)
				c.send(closing(1000, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				assert.Equal(t, websocket.Reason{Kind: websocket.ReasonStop}, h.reason(t))
				assert.Equal(t, websocket.ErrClosed, conn.CloseWith(1000, ""), "it has ended")
				assert.Equal(t, websocket.ErrClosed, conn.SendFrame(websocket.Text("late")))
			})
		})
	}
}

// TestFirstCloseCounts: in a callback, so that the loop obeys none before the
// others.
func TestFirstCloseCounts(t *testing.T) {
	for name, test := range map[string]struct {
		close func(c *websocket.Conn)
		code  int
	}{
		"CloseWith first": {func(c *websocket.Conn) {
			assert.NoError(t, c.CloseWith(4001, ""))
			assert.NoError(t, c.CloseWith(4002, ""))
			c.Close()
		}, 4001},
		"Close first": {func(c *websocket.Conn) {
			c.Close()
			assert.NoError(t, c.CloseWith(4001, ""))
		}, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			h := &callbacks{frame: func(c *websocket.Conn, _ websocket.Frame) websocket.Commands {
				test.close(c)
				return websocket.None
			}}
			c := setup{}.serve(t, h).connect(t)
			c.send(text("x"))
			c.expectClose(test.code)
		})
	}
}

// TestCloseWithRefuses what a close frame must not contain. The connection goes
// on.
func TestCloseWithRefuses(t *testing.T) {
	h := &callbacks{frame: echo}
	c := setup{}.serve(t, h).connect(t)
	conn := h.opened(t)
	assert.ErrorContains(t, conn.CloseWith(1005, ""), "close code 1005")
	assert.ErrorContains(t, conn.CloseWith(0, "why"), "no code")
	assert.ErrorContains(t, conn.CloseWith(1000, string(make([]byte, 124))), "at most 123")
	assert.ErrorContains(t, conn.CloseWith(1000, "\xff"), "UTF-8")
	c.send(text("still there"))
	c.expect(text("still there"))
	c.quit()
}

// TestSendFrame: from many goroutines, frames stay whole and each sender's in
// order; those of a callback keep their place.
func TestSendFrame(t *testing.T) {
	const senders, perSender = 4, 100
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{frame: func(c *websocket.Conn, f websocket.Frame) websocket.Commands {
			assert.NoError(t, c.SendFrame(websocket.Text("first")))
			return websocket.Reply(websocket.Text("second"))
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("x"))
		c.expect(text("first"), text("second"))
		conn := h.opened(t)
		sent := make(chan error, senders)
		for sender := range senders {
			go func() {
				var failed error
				for i := range perSender {
					failed = errors.Join(failed, conn.SendFrame(websocket.Text(fmt.Sprint(sender, " ", i))))
				}
				sent <- failed
			}()
		}
		var next [senders]int
		for range senders * perSender {
			var sender, i int
			_, err := fmt.Sscan(c.next().payload, &sender, &i)
			require.NoError(t, err)
			require.Equal(t, next[sender], i)
			next[sender]++
		}
		for range senders {
			assert.NoError(t, <-sent)
		}
		c.quit()
	})
}

// TestSendFrameRefuses what a callback must not send either.
func TestSendFrameRefuses(t *testing.T) {
	h := &callbacks{frame: echo}
	c := setup{}.serve(t, h).connect(t)
	conn := h.opened(t)
	assert.ErrorContains(t, conn.SendFrame(websocket.Text("\xff")), "UTF-8")
	assert.ErrorContains(t, conn.SendFrame(websocket.Ping(make([]byte, 126))), "126 bytes")
	assert.ErrorContains(t, conn.SendFrame(websocket.Frame{}), "opcode 0")
	c.send(text("still there"))
	c.expect(text("still there"))
	c.quit()

	h = &callbacks{}
	c = setup{options: websocket.Options{SkipUTF8Validation: true}}.serve(t, h).connect(t)
	assert.NoError(t, h.opened(t).SendFrame(websocket.Text("\xff")))
	c.expect(text("\xff"))
	c.quit()
}

// TestNamesOfCodes: a program that handles frames and close codes needs no
// other package.
func TestNamesOfCodes(t *testing.T) {
	assert.Equal(t, websocket.OpcodeText, websocket.Text("").Opcode)
	assert.Equal(t, websocket.OpcodeBinary, websocket.Binary("").Opcode)
	assert.Equal(t, websocket.OpcodePing, websocket.Ping("").Opcode)
	assert.Equal(t, websocket.OpcodePong, websocket.Pong("").Opcode)
	assert.Equal(t, websocket.OpcodeClose, websocket.Close(0, "").Opcode)
	for code, name := range map[int]websocket.CloseCode{
		1000: websocket.CloseNormalClosure, 1001: websocket.CloseGoingAway, 1002: websocket.CloseProtocolError,
		1003: websocket.CloseUnsupportedData, 1007: websocket.CloseInvalidPayload, 1008: websocket.ClosePolicyViolation,
		1009: websocket.CloseMessageTooBig, 1010: websocket.CloseMandatoryExtension, 1011: websocket.CloseInternalError,
		1012: websocket.CloseServiceRestart, 1013: websocket.CloseTryAgainLater, 1014: websocket.CloseBadGateway,
	} {
		assert.Equal(t, websocket.CloseCode(code), name)
	}
}
