package websocket_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
)

// TestEcho is the smallest server: it answers each message with the same.
func TestEcho(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		c.send(text("hello"), binaryFrame("\x00\xff"))
		c.expect(text("hello"), binaryFrame("\x00\xff"))
		c.quit()
	})
}

// TestInit: Init greets, and the infos that it sends to its own connection
// arrive before the first frame, in order, even one that came with the
// request.
func TestInit(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		const many = 200
		h := &callbacks{
			init: func(c *websocket.Conn) websocket.Commands {
				for i := range many {
					assert.NoError(t, c.Notify(i))
				}
				return websocket.Reply(websocket.Text("welcome"), websocket.Ping("here?"))
			},
			frame: echo,
			info: func(_ *websocket.Conn, info any) websocket.Commands {
				return websocket.Reply(websocket.Text(fmt.Sprint(info)))
			},
		}
		c := on.serve(t, h).dialRaw(t)
		c.handshake(request{}, masked(text("first"))...)
		c.expect(text("welcome"), ping("here?"))
		for i := range many {
			c.expect(text(fmt.Sprint(i)))
		}
		c.expect(text("first"))
		c.quit()
	})
}

// TestCommands: each kind does its work, in order.
func TestCommands(t *testing.T) {
	hi := websocket.Text("hi")
	for _, test := range []struct {
		name     string
		commands websocket.Commands
		sent     []wireFrame
	}{
		{"nothing", websocket.None, nil},
		{"one frame", websocket.Reply(hi), []wireFrame{text("hi")}},
		{"frames", websocket.Reply(hi, websocket.Binary("b"), websocket.Ping("?"), websocket.Pong("!")), []wireFrame{text("hi"), binaryFrame("b"), ping("?"), pong("!")}},
		{"a frame as a command", websocket.Do(hi), []wireFrame{text("hi")}},
		{"frames as commands", websocket.Do(hi, hi), []wireFrame{text("hi"), text("hi")}},
		{"commands without effect on the peer", websocket.Do(websocket.Active(true), websocket.Deflate(true), websocket.Hibernate, websocket.SetOptions{}, websocket.ShutdownReason(1), hi), []wireFrame{text("hi")}},
		{"empty frames", websocket.Reply(websocket.Text(""), websocket.Binary(""), websocket.Ping(""), websocket.Pong("")), []wireFrame{text(""), binaryFrame(""), ping(""), pong("")}},
		{"frames behind a close frame", websocket.Reply(hi, websocket.Close(1000, ""), hi), []wireFrame{text("hi"), closing(1000, "")}},
		{"commands behind Stop", websocket.Do(hi, websocket.Stop, hi), []wireFrame{text("hi"), closing(1000, "")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				h := &callbacks{info: func(*websocket.Conn, any) websocket.Commands { return test.commands }}
				c := on.serve(t, h).connect(t)
				require.NoError(t, h.opened(t).Notify("now"))
				c.expect(test.sent...)
				if n := len(test.sent); n > 0 && test.sent[n-1].opcode == opClose {
					c.send(closing(1000, ""))
					c.expectEnd()
					return
				}
				c.send(ping("alive"))
				c.expect(pong("alive"))
				c.quit()
			})
		})
	}
}

// countingListener counts the writes to its connections.
type countingListener struct {
	net.Listener
	writes chan int
}

type countingConn struct {
	net.Conn
	writes chan int
}

func (l countingListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countingConn{c, l.writes}, nil
}

func (c countingConn) Write(b []byte) (int, error) {
	c.writes <- len(b)
	return c.Conn.Write(b)
}

// TestBatch: what comes in one packet is handled before anything is written,
// and answered in one write. A batch that takes long is flushed in between, as
// it may on a busy machine, so one of several has to show it.
func TestBatch(t *testing.T) {
	writes := make(chan int, 100)
	on := setup{wrap: func(l net.Listener) net.Listener { return countingListener{l, writes} }}
	c := on.serve(t, &callbacks{frame: echo}).connect(t)
	<-writes // the response
	var batch, answers []wireFrame
	for i := range 25 { // small enough for one read
		batch = append(batch, text(fmt.Sprint(i)), ping(fmt.Sprint(i)))
		answers = append(answers, text(fmt.Sprint(i)), pong(fmt.Sprint(i)))
	}
	least := len(batch)
	for range 20 {
		c.send(batch...)
		c.expect(answers...)
		c.send(text("end")) // after all writes of the batch
		c.expect(text("end"))
		least = min(least, len(writes)-1)
		for len(writes) > 0 {
			<-writes
		}
	}
	assert.Equal(t, 1, least)
	c.quit()
}

// TestSlowBatch: what a batch was answered with does not wait for the slow
// callbacks behind it, whether they are of frames or of infos.
func TestSlowBatch(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		answered := make(chan struct{})
		number := 0
		next := func(answer websocket.Frame) websocket.Commands {
			switch number++; {
			case number == 60:
				<-answered
			case number > 30:
				time.Sleep(2 * time.Millisecond)
			}
			return websocket.Reply(answer)
		}
		h := &callbacks{
			frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands { return next(f) },
			info:  func(*websocket.Conn, any) websocket.Commands { return next(websocket.Text("info")) },
		}
		c := on.serve(t, h).connect(t)
		batch := slices.Repeat([]wireFrame{text("x")}, 60)
		c.send(batch...)
		c.expect(batch[0])
		answered <- struct{}{}
		c.expect(batch[1:]...)

		number = 0
		for range 60 {
			require.NoError(t, h.opened(t).Notify(1))
		}
		c.expect(text("info"))
		answered <- struct{}{}
		c.expect(slices.Repeat([]wireFrame{text("info")}, 59)...)
		c.quit()
	})
}

// TestSendAndReply: frames of Send and of callbacks go out in the order in
// which they were made.
func TestSendAndReply(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{frame: func(c *websocket.Conn, f websocket.Frame) websocket.Commands {
			assert.NoError(t, c.Send(prepare(t, websocket.Text("sent 1"))))
			assert.NoError(t, c.Send(prepare(t, websocket.Text("sent 2"))))
			return websocket.Reply(f)
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("a"), text("b"))
		c.expect(text("sent 1"), text("sent 2"), text("a"), text("sent 1"), text("sent 2"), text("b"))
		c.quit()
	})
}

func prepare(t *testing.T, f websocket.Frame) *websocket.Prepared {
	t.Helper()
	p, err := websocket.Prepare(f)
	require.NoError(t, err)
	return p
}

// TestSendFromOutside keeps the order of one sender, whether the connection
// is idle or busy, and frames stay whole.
func TestSendFromOutside(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{frame: echo}
		on.options.MaxPending = -1
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		const senders, each = 4, 500
		for s := range senders {
			go func() {
				for i := range each {
					_ = conn.Send(prepare(t, websocket.Text(fmt.Sprintf("%d %d %s", s, i, strings.Repeat("x", i)))))
				}
			}()
		}
		next := make([]int, senders)
		echoes := 0
		for i := range senders * each {
			if i%10 == 0 {
				c.send(text("echo"))
			}
			f := c.next()
			for f.payload == "echo" {
				echoes++
				f = c.next()
			}
			var s, n int
			_, err := fmt.Sscanf(f.payload, "%d %d", &s, &n)
			require.NoError(t, err)
			require.Equal(t, next[s], n)
			require.True(t, strings.HasSuffix(f.payload, " "+strings.Repeat("x", n)))
			next[s]++
		}
		for ; echoes < senders*each/10; echoes++ {
			c.expect(text("echo"))
		}
		c.quit()
	})
}

// TestCloseFromOutside ends the connection as Stop would.
func TestCloseFromOutside(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{}
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		conn.Close()
		conn.Close()
		c.expectClose(1000)
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.ReasonStop, h.reason(t).Kind)
		assert.ErrorIs(t, conn.Notify(1), websocket.ErrClosed)
		assert.ErrorIs(t, conn.Send(prepare(t, websocket.Text("late"))), websocket.ErrClosed)
		conn.Close()
	})
}

// TestActive: Active(false) stops the reading of the socket, but not infos;
// what was received before is still handled. Active(true) resumes.
func TestActive(t *testing.T) {
	notUnderFaults(t, "two frames may come in two reads", harmShort)
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{
			frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
				if string(f.Payload) == "pause" {
					return websocket.Do(websocket.Active(false), f)
				}
				return websocket.Reply(f)
			},
			info: func(_ *websocket.Conn, info any) websocket.Commands {
				if info == "resume" {
					return websocket.Do(websocket.Active(true), websocket.Text("resumed"))
				}
				return websocket.Reply(websocket.Text(info.(string)))
			},
		}
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		for range 3 {
			c.send(text("pause"), text("received before"))
			c.expect(text("pause"), text("received before"))
			c.send(text("not read yet"))
			for range 20 {
				require.NoError(t, conn.Notify("info"))
				c.expect(text("info"))
			}
			require.NoError(t, conn.Notify("resume"))
			c.expect(text("resumed"), text("not read yet"))
		}
		c.quit()
	})
}

// TestActiveFalseInInit handles what came with the request all the same.
func TestActiveFalseInInit(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{
			init:  func(*websocket.Conn) websocket.Commands { return websocket.Do(websocket.Active(false)) },
			frame: echo,
			info:  func(*websocket.Conn, any) websocket.Commands { return websocket.Do(websocket.Active(true)) },
		}
		c := on.serve(t, h).dialRaw(t)
		c.handshake(request{}, masked(text("early"))...)
		c.expect(text("early"))
		c.send(text("later"))
		c.expectQuiet()
		require.NoError(t, h.opened(t).Notify("resume"))
		c.expect(text("later"))
		c.quit()
	})
}

// TestShutdownReason puts a value of the handler's choice into the reason.
func TestShutdownReason(t *testing.T) {
	for name, end := range map[string]websocket.Command{"Stop": websocket.Stop, "close": websocket.Close(4000, "x")} {
		t.Run(name, func(t *testing.T) {
			h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
				return websocket.Do(websocket.ShutdownReason("other"), websocket.ShutdownReason("kicked"), end)
			}}
			c := setup{}.serve(t, h).connect(t)
			c.send(text("x"))
			c.next()
			require.NoError(t, c.conn.Close())
			assert.Equal(t, websocket.Reason{Kind: websocket.ReasonStop, Shutdown: "kicked"}, h.reason(t))
		})
	}
}

// TestRequest: the connection remembers what its filter keeps.
func TestRequest(t *testing.T) {
	t.Run("default", func(t *testing.T) {
		notOn(t, "it has no TCP address", "unix")
		notOn(t, "its scheme and port differ", "tls")
		h := &callbacks{}
		c := setup{}.serve(t, h).connect(t, "Cookie", "a=b")
		r := h.opened(t).Request()
		local := c.conn.LocalAddr().(*net.TCPAddr).AddrPort()
		assert.Equal(t, websocket.RequestInfo{Method: "GET", Version: "HTTP/1.1", Scheme: "http", Host: "example.com", Port: 80, Path: "/chat", QS: "room=1", Peer: local}, r)
		c.quit()
	})
	t.Run("with headers", func(t *testing.T) {
		h := &callbacks{}
		c := setup{options: websocket.Options{RequestFilter: websocket.KeepHeaders}}.serve(t, h).connect(t, "Cookie", "a=b")
		assert.Equal(t, "a=b", h.opened(t).Request().Header.Get("Cookie"))
		c.quit()
	})
	t.Run("own", func(t *testing.T) {
		h := &callbacks{}
		filter := func(req *handler.Request) websocket.RequestInfo { return websocket.RequestInfo{Path: req.Path()} }
		c := setup{options: websocket.Options{RequestFilter: filter}}.serve(t, h).connect(t)
		assert.Equal(t, websocket.RequestInfo{Path: "/chat"}, h.opened(t).Request())
		c.quit()
	})
}

// TestKeptPayloads: a payload is the handler's, to keep as long as it likes.
func TestKeptPayloads(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		var kept [][]byte
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			if f.IsPing() {
				var all []websocket.Frame
				for _, payload := range kept {
					all = append(all, websocket.Binary(payload))
				}
				return websocket.Reply(websocket.Text("kept"), all...)
			}
			if f.IsData() {
				kept = append(kept, f.Payload)
			}
			return websocket.None
		}}
		c := on.serve(t, h).connect(t)
		var sent []wireFrame
		for i, n := range []int{0, 1, 10, 125, 126, 1000, 5000, 70000, 300000, 3} {
			f := binaryFrame(strings.Repeat(string(rune('a'+i)), n))
			sent = append(sent, f)
			c.send(f)
			c.send(fragment(f), continuation("tail"))
			sent = append(sent, binaryFrame(f.payload+"tail"))
		}
		c.send(ping(""))
		c.expect(pong(""), text("kept"))
		c.expect(sent...)
		c.quit()
	})
}

// TestLendPayloads: lent ones are good until HandleFrame returns, and in what
// it returns.
func TestLendPayloads(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.LendPayloads = true
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		for _, n := range []int{1, 10, 1000, 8192, 8193, 70000, 300000} {
			var batch []wireFrame
			for i := range 5 {
				batch = append(batch, binaryFrame(strings.Repeat(string(rune('a'+i)), n)))
			}
			go func() { _, _ = c.conn.Write(masked(batch...)) }()
			c.expect(batch...)
		}
		c.quit()
	})
}
