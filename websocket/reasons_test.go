package websocket_test

import (
	"crypto/tls"
	"errors"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
)

// TestCutCable: a connection that ends without a close frame.
func TestCutCable(t *testing.T) {
	for name, cut := range map[string]func(*client){
		"end":   func(c *client) { c.conn.Close() },
		"reset": func(c *client) { tcp(c).SetLinger(0); c.conn.Close() },
		"end within a frame": func(c *client) {
			c.write(masked(text("unfinished"))[:8])
			c.conn.Close()
		},
		"half closed": func(c *client) {
			c.conn.(interface{ CloseWrite() error }).CloseWrite()
			c.expectEnd()
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				if name == "reset" {
					notOn(t, "it has no resets", "unix")
				}
				if name == "half closed" && on.tls {
					notUnderFaults(t, "the last alert may be cut", harmShort)
				}
				h := &callbacks{}
				c := on.serve(t, h).connect(t)
				cut(c)
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonError, reason.Kind)
				assert.ErrorIs(t, reason.Err, websocket.ErrClosed)
			})
		})
	}
}

// tcp is what is under c, or under its TLS.
func tcp(c *client) *net.TCPConn {
	if over, ok := c.conn.(*tls.Conn); ok {
		return over.NetConn().(*net.TCPConn)
	}
	return c.conn.(*net.TCPConn)
}

// TestCallbacksThatPanic: the peer sees 1011, Terminate runs once with the
// value and its stack, it is logged once with the path, and other connections
// do not notice.
func TestCallbacksThatPanic(t *testing.T) {
	for name, arm := range map[string]func(*callbacks){
		"Init": func(h *callbacks) {
			h.init = func(*websocket.Conn) websocket.Commands { panic("oops") }
		},
		"HandleFrame": func(h *callbacks) {
			h.frame = func(*websocket.Conn, websocket.Frame) websocket.Commands { panic("oops") }
		},
		"HandleInfo": func(h *callbacks) {
			h.frame = func(c *websocket.Conn, _ websocket.Frame) websocket.Commands {
				_ = c.Notify("x")
				return websocket.None
			}
			h.info = func(*websocket.Conn, any) websocket.Commands { panic("oops") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				h, other := &callbacks{}, &callbacks{frame: echo}
				arm(h)
				handlers := []*callbacks{other, h}
				server := on.start(t, func() *callbacks {
					next := handlers[0]
					handlers = handlers[1:]
					return next
				})
				bystander := server.connect(t)
				c := server.connect(t)
				_, _ = c.conn.Write(masked(text("x")))
				c.expect(closing(1011, ""))
				c.send(closing(1011, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonCrash, reason.Kind)
				var crash *handler.PanicError
				require.ErrorAs(t, reason.Err, &crash)
				assert.Equal(t, "oops", crash.Value)
				assert.Contains(t, string(crash.Stack), "reasons_test.go")
				logged := server.logs.String()
				assert.Equal(t, 1, strings.Count(logged, "level=ERROR"), logged)
				assert.Contains(t, logged, "path=/chat")
				assert.Contains(t, logged, "oops")
				bystander.send(text("still here"))
				bystander.expect(text("still here"))
				bystander.quit()
			})
		})
	}
}

// TestFramesBehindAPanic: what came in the same packet is not mistaken for
// something else, so that the closing handshake ends as it should.
func TestFramesBehindAPanic(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.CloseTimeout = time.Hour
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { panic("oops") }}
		c := on.serve(t, h).connect(t)
		c.send(text("x"), text("y"), closing(1000, ""))
		c.expect(closing(1011, ""))
		c.expectEnd()
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.ReasonCrash, h.reason(t).Kind)
	})
}

// TestTerminateThatPanics is logged, and that is all.
func TestTerminateThatPanics(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{terminate: func(*websocket.Conn, websocket.Reason) { panic("oops") }}
		server := on.serve(t, h)
		c := server.connect(t)
		c.quit()
		h.reason(t)
		require.NoError(t, server.stop(patience))
		assert.Equal(t, 1, strings.Count(server.logs.String(), "level=ERROR"), server.logs.String())
	})
}

// TestOnEndThatPanics neither ends the process nor keeps Terminate from running.
func TestOnEndThatPanics(t *testing.T) {
	last := make(chan struct{})
	h := &callbacks{init: func(c *websocket.Conn) websocket.Commands {
		c.OnEnd(func() { panic("oops") })
		c.OnEnd(func() { close(last) })
		return websocket.None
	}}
	server := setup{}.serve(t, h)
	server.connect(t).quit()
	h.reason(t)
	<-last
	require.NoError(t, server.stop(patience))
	assert.Equal(t, 1, strings.Count(server.logs.String(), "level=ERROR"), server.logs.String())
}

// TestCallbacksThatExit: runtime.Goexit in a callback, as t.FailNow does, is
// a crash, too.
func TestCallbacksThatExit(t *testing.T) {
	exit := func(*websocket.Conn) websocket.Commands { runtime.Goexit(); return websocket.None }
	for name, arm := range map[string]func(*callbacks){
		"Init": func(h *callbacks) { h.init = exit },
		"HandleFrame": func(h *callbacks) {
			h.frame = func(c *websocket.Conn, _ websocket.Frame) websocket.Commands { return exit(c) }
		},
		"HandleInfo": func(h *callbacks) {
			h.init = func(c *websocket.Conn) websocket.Commands { _ = c.Notify(1); return websocket.None }
			h.info = func(c *websocket.Conn, _ any) websocket.Commands { return exit(c) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				h := &callbacks{}
				arm(h)
				c := on.serve(t, h).connect(t)
				if name == "HandleFrame" {
					c.send(text("x"))
				}
				c.expect(closing(1011, ""))
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonCrash, reason.Kind)
				assert.ErrorContains(t, reason.Err, "Goexit")
			})
		})
	}
	t.Run("Terminate", func(t *testing.T) {
		h := &callbacks{terminate: func(*websocket.Conn, websocket.Reason) { runtime.Goexit() }}
		server := setup{}.serve(t, h)
		server.connect(t).quit()
		h.reason(t)
		require.NoError(t, server.stop(patience))
	})
}

// TestBadCommandOfEachCallback ends its own connection and no other.
func TestBadCommandOfEachCallback(t *testing.T) {
	bad := websocket.Reply(websocket.Text("\xff"))
	for name, spoil := range map[string]func(*callbacks){
		"Init":        func(h *callbacks) { h.init = func(*websocket.Conn) websocket.Commands { return bad } },
		"HandleFrame": func(h *callbacks) { h.frame = func(*websocket.Conn, websocket.Frame) websocket.Commands { return bad } },
		"HandleInfo":  func(h *callbacks) { h.info = func(*websocket.Conn, any) websocket.Commands { return bad } },
	} {
		t.Run(name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				h, first := &callbacks{}, true
				spoil(h)
				server := on.start(t, func() *callbacks {
					if first {
						first = false
						return &callbacks{frame: echo}
					}
					return h
				})
				bystander := server.connect(t)
				c := server.connect(t)
				_ = h.opened(t).Notify("now")
				c.send(text("x"))
				c.expectClose(1011)
				require.NoError(t, c.conn.Close())
				assert.Equal(t, websocket.ReasonCrash, h.reason(t).Kind)
				bystander.send(text("unmoved"))
				bystander.expect(text("unmoved"))
				bystander.quit()
			})
		})
	}
}

// TestBadCommands: what cannot be carried out is the handler's fault: 1011,
// an error that names the command, and frames made before it still go out.
func TestBadCommands(t *testing.T) {
	before := websocket.Text("before")
	for _, test := range []struct {
		name string
		bad  websocket.Command
		text string
	}{
		{"a nil command", nil, "nil command"},
		{"a ping of 126 bytes", websocket.Ping(strings.Repeat("x", 126)), "126 bytes"},
		{"a pong of 126 bytes", websocket.Pong(strings.Repeat("x", 126)), "126 bytes"},
		{"text that is not UTF-8", websocket.Text("\xff"), "UTF-8"},
		{"a close code for which there is no frame", websocket.Close(1005, ""), "1005"},
		{"a close code out of range", websocket.Close(999, ""), "999"},
		{"a close reason without a code", websocket.Close(0, "why"), "why"},
		{"a close reason of 124 bytes", websocket.Close(1000, strings.Repeat("x", 124)), "124 bytes"},
		{"a close reason that is not UTF-8", websocket.Close(1000, "\xff"), "UTF-8"},
		{"a frame of no kind", websocket.Frame{}, "opcode 0"},
		{"a frame of a reserved kind", websocket.Frame{Opcode: 3}, "opcode 3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, commands := range []websocket.Commands{
				websocket.Do(test.bad),
				websocket.Do(before, test.bad, before),
			} {
				h := &callbacks{info: func(*websocket.Conn, any) websocket.Commands { return commands }}
				c := setup{}.serve(t, h).connect(t)
				require.NoError(t, h.opened(t).Notify("now"))
				if len(commands.List()) > 1 {
					c.expect(text("before"))
				}
				c.expectClose(1011)
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonCrash, reason.Kind)
				assert.ErrorContains(t, reason.Err, test.text)
			}
		})
	}
	t.Run("a reply of no kind", func(t *testing.T) {
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { return websocket.Reply(websocket.Frame{}) }}
		c := setup{}.serve(t, h).connect(t)
		c.send(text("x"))
		c.expectClose(1011)
		require.NoError(t, c.conn.Close())
		assert.ErrorContains(t, h.reason(t).Err, "opcode 0")
	})
}

// TestStop: a listener that stops closes each connection with 1001.
func TestStop(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		const many = 10
		var clients []*client
		server := on.start(t, func() *callbacks { return &callbacks{} })
		for range many {
			clients = append(clients, server.connect(t))
		}
		for _, h := range server.handlers {
			h.opened(t)
		}
		stopped := make(chan error)
		go func() { stopped <- server.stop(patience) }()
		for _, c := range clients {
			c.expectClose(1001)
			c.conn.Close()
		}
		require.NoError(t, <-stopped)
		for _, h := range server.handlers {
			require.Len(t, h.ended(), 1)
			assert.Equal(t, websocket.Reason{Kind: websocket.ReasonShutdown}, h.ended()[0])
		}
	})
}

// TestStopCuts those that do not end in time: a peer that does not answer, a
// peer that does not read, and a hibernating one. Terminate runs all the same.
func TestStopCuts(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.CloseTimeout, on.options.WriteTimeout = time.Hour, time.Hour
		server := on.start(t, func() *callbacks {
			return &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
				switch string(f.Payload) {
				case "fill":
					return websocket.Reply(websocket.Binary(make([]byte, 64<<20)))
				case "sleep":
					return websocket.Do(f, websocket.Hibernate)
				}
				return websocket.Reply(f)
			}}
		})
		silent, full, asleep := server.connect(t), server.connect(t), server.connect(t)
		silent.send(text("x"))
		silent.expect(text("x"))
		asleep.send(text("sleep"))
		asleep.expect(text("sleep"))
		full.send(text("fill"))
		_, err := full.in.ReadByte()
		require.NoError(t, err)
		assert.Error(t, server.stop(50*time.Millisecond))
		for _, h := range server.handlers {
			require.Len(t, h.ended(), 1)
			assert.Equal(t, websocket.ReasonShutdown, h.ended()[0].Kind, "%v", h.ended()[0])
		}
	})
}

// TestStopByDefault: with the default options a peer that does not answer the
// close frame ends by CloseTimeout, and is not cut.
func TestStopByDefault(t *testing.T) {
	if testing.Short() {
		t.Skip("takes the 4 seconds of the default CloseTimeout; not with -short")
	}
	t.Parallel()
	h := &callbacks{}
	server := setup{}.serve(t, h)
	c := server.connect(t)
	h.opened(t)
	require.NoError(t, server.stop(patience))
	c.expect(closing(1001, ""))
	assert.Equal(t, websocket.Reason{Kind: websocket.ReasonShutdown}, h.reason(t))
}

// TestStopWithABlockedHandler: it does not keep the others from ending.
func TestStopWithABlockedHandler(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.CloseTimeout = time.Hour
		const blocked = 3
		entered, release := make(chan struct{}), make(chan struct{})
		server := on.start(t, func() *callbacks {
			return &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
				if string(f.Payload) == "block" {
					entered <- struct{}{}
					<-release
				}
				return websocket.Reply(f)
			}}
		})
		for range blocked {
			server.connect(t).send(text("block"))
			<-entered
		}
		others := []*client{}
		for range 20 {
			c := server.connect(t)
			c.send(text("x"))
			c.expect(text("x"))
			others = append(others, c)
		}
		assert.Error(t, server.stop(50*time.Millisecond))
		for _, h := range server.handlers[blocked:] {
			require.Len(t, h.ended(), 1, "the others were cut")
		}
		for _, c := range others {
			c.expect(closing(1001, ""))
			c.expectEnd()
		}
		close(release)
		for _, h := range server.handlers[:blocked] {
			assert.Equal(t, websocket.ReasonShutdown, h.reason(t).Kind)
		}
	})
}

// TestWriteTimeout ends a connection whose peer does not read, and the others
// do not notice.
func TestWriteTimeout(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.WriteTimeout = 100 * time.Millisecond
		server := on.start(t, func() *callbacks {
			return &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
				if string(f.Payload) == "fill" {
					return websocket.Reply(websocket.Binary(make([]byte, 64<<20)))
				}
				return websocket.Reply(f)
			}}
		})
		deaf, other := server.connect(t), server.connect(t)
		deaf.send(text("fill"))
		other.send(text("x"))
		other.expect(text("x"))
		reason := server.handlers[0].reason(t)
		assert.Equal(t, websocket.ReasonError, reason.Kind)
		assert.ErrorContains(t, reason.Err, "WriteTimeout")
		other.quit()
	})
}

// TestReasonString is one line for logs.
func TestReasonString(t *testing.T) {
	for want, reason := range map[string]websocket.Reason{
		"stop":                        {Kind: websocket.ReasonStop},
		"stop: kicked":                {Kind: websocket.ReasonStop, Shutdown: "kicked"},
		`remote: 1001 "going"`:        {Kind: websocket.ReasonRemote, Code: 1001, Payload: []byte("going")},
		"remote":                      {Kind: websocket.ReasonRemote},
		"error: websocket: bad frame": {Kind: websocket.ReasonError, Err: websocket.ErrBadFrame},
		"crash: x":                    {Kind: websocket.ReasonCrash, Err: errors.New("x")},
		"none":                        {},
		"reason 99":                   {Kind: 99},
	} {
		assert.Equal(t, want, reason.String())
	}
}
