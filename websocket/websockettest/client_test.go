package websockettest_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// functions is a handler made of functions. A nil function does nothing.
type functions struct {
	init  func(*websocket.Conn) websocket.Commands
	frame func(*websocket.Conn, websocket.Frame) websocket.Commands
	info  func(*websocket.Conn, any) websocket.Commands
	ended []websocket.Reason
}

func (h *functions) Init(c *websocket.Conn) websocket.Commands {
	if h.init == nil {
		return websocket.None
	}
	return h.init(c)
}

func (h *functions) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	if h.frame == nil {
		return websocket.None
	}
	return h.frame(c, f)
}

func (h *functions) HandleInfo(c *websocket.Conn, info any) websocket.Commands {
	if h.info == nil {
		return websocket.None
	}
	return h.info(c, info)
}

func (h *functions) Terminate(_ *websocket.Conn, r websocket.Reason) { h.ended = append(h.ended, r) }

func echo(_ *websocket.Conn, f websocket.Frame) websocket.Commands { return websocket.Reply(f) }

func tell(_ *websocket.Conn, info any) websocket.Commands {
	return websocket.Reply(websocket.Text(fmt.Sprint(info)))
}

func TestCommandsAndFrames(t *testing.T) {
	p, err := websocket.Prepare(websocket.Text("sent"))
	require.NoError(t, err)
	h := &functions{
		init: func(c *websocket.Conn) websocket.Commands {
			assert.NoError(t, c.Notify("first"))
			return websocket.Reply(websocket.Text("welcome"))
		},
		frame: func(c *websocket.Conn, f websocket.Frame) websocket.Commands {
			assert.NoError(t, c.Send(p))
			return websocket.Do(f, websocket.Deflate(false), websocket.Hibernate)
		},
		info: tell,
	}
	c := websockettest.New(t, h, websocket.Options{})
	assert.Equal(t, []websocket.Command{websocket.Text("welcome"), websocket.Text("first")}, c.Commands())
	assert.Nil(t, c.Commands())
	assert.Equal(t, []websocket.Frame{websocket.Text("welcome"), websocket.Text("first")}, c.Frames())
	assert.Nil(t, c.Frames())

	c.Send(websocket.Ping("p"), websocket.Binary("b"))
	assert.Equal(t, []websocket.Command{
		websocket.Ping("p"), websocket.Deflate(false), websocket.Hibernate,
		websocket.Binary("b"), websocket.Deflate(false), websocket.Hibernate,
	}, c.Commands())
	assert.Equal(t, []websocket.Frame{
		websocket.Pong("p"), websocket.Text("sent"), websocket.Ping("p"), websocket.Text("sent"), websocket.Binary("b"),
	}, c.Frames())

	c.Notify("news")
	assert.Equal(t, []websocket.Frame{websocket.Text("news")}, c.Frames())
	assert.False(t, c.Ended())
	assert.Zero(t, c.Reason())
}

func TestReasons(t *testing.T) {
	for _, test := range []struct {
		name   string
		h      functions
		do     func(*websockettest.Client)
		reason websocket.Reason
		frames []websocket.Frame
	}{
		{"the client closes", functions{}, func(c *websockettest.Client) { c.SendClose(1001, "bye") },
			websocket.Reason{Kind: websocket.ReasonRemote, Code: 1001, Payload: []byte("bye")}, []websocket.Frame{websocket.Close(1001, "")}},
		{"the client closes without a code", functions{}, func(c *websockettest.Client) { c.SendClose(0, "") },
			websocket.Reason{Kind: websocket.ReasonRemote}, []websocket.Frame{websocket.Close(0, "")}},
		{"the client vanishes", functions{}, (*websockettest.Client).Disconnect,
			websocket.Reason{Kind: websocket.ReasonError, Err: websocket.ErrClosed}, nil},
		{"the listener stops", functions{}, (*websockettest.Client).Drain,
			websocket.Reason{Kind: websocket.ReasonShutdown}, []websocket.Frame{websocket.Close(1001, "")}},
		{"given by the test", functions{}, func(c *websockettest.Client) { c.Terminate(websocket.Reason{Kind: websocket.ReasonTimeout}) },
			websocket.Reason{Kind: websocket.ReasonTimeout}, nil},
		{"Stop", functions{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { return websocket.Do(websocket.Stop) }},
			func(c *websockettest.Client) { c.SendText("x") },
			websocket.Reason{Kind: websocket.ReasonStop}, []websocket.Frame{websocket.Close(1000, "")}},
		{"Stop in Init", functions{init: func(*websocket.Conn) websocket.Commands { return websocket.Do(websocket.Stop) }},
			func(*websockettest.Client) {},
			websocket.Reason{Kind: websocket.ReasonStop}, []websocket.Frame{websocket.Close(1000, "")}},
		{"Conn.Close", functions{}, func(c *websockettest.Client) { c.Conn().Close(); c.Run() },
			websocket.Reason{Kind: websocket.ReasonStop}, []websocket.Frame{websocket.Close(1000, "")}},
		{"Conn.Cut", functions{}, func(c *websockettest.Client) { c.Conn().Cut(); c.Run() },
			websocket.Reason{Kind: websocket.ReasonShutdown}, nil},
		{"IdleTimeout", functions{}, func(c *websockettest.Client) { c.Advance(61 * time.Second) },
			websocket.Reason{Kind: websocket.ReasonTimeout}, []websocket.Frame{websocket.Close(1000, "")}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := websockettest.New(t, &test.h, websocket.Options{})
			test.do(c)
			assert.True(t, c.Ended())
			assert.Equal(t, test.reason, c.Reason())
			assert.Equal(t, []websocket.Reason{test.reason}, test.h.ended)
			assert.Equal(t, test.frames, c.Frames())
			c.SendText("not read")
			c.Advance(time.Hour)
			c.Disconnect()
			assert.Len(t, test.h.ended, 1)
		})
	}
}

func TestErrors(t *testing.T) {
	t.Run("a panic", func(t *testing.T) {
		c := websockettest.New(t, &functions{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { panic("oops") }}, websocket.Options{})
		c.SendText("x")
		assert.Equal(t, []websocket.Frame{websocket.Close(1011, "")}, c.Frames())
		var crash *handler.PanicError
		require.ErrorAs(t, c.Reason().Err, &crash)
		assert.Equal(t, "oops", crash.Value)
	})
	t.Run("an invalid command", func(t *testing.T) {
		c := websockettest.New(t, &functions{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { return websocket.Do(nil) }}, websocket.Options{})
		c.SendText("x")
		assert.Equal(t, websocket.ReasonCrash, c.Reason().Kind)
		assert.ErrorContains(t, c.Reason().Err, "nil command")
	})
	t.Run("text that is not UTF-8", func(t *testing.T) {
		c := websockettest.New(t, &functions{frame: echo}, websocket.Options{})
		c.Send(websocket.Text("fine"), websocket.Text("\xff"))
		assert.ErrorIs(t, c.Reason().Err, websocket.ErrBadEncoding)
	})
	t.Run("a message that is too large", func(t *testing.T) {
		c := websockettest.New(t, &functions{}, websocket.Options{MaxFrameSize: 10})
		c.SendText(strings.Repeat("x", 11))
		assert.ErrorIs(t, c.Reason().Err, websocket.ErrBadSize)
		assert.Equal(t, []websocket.Frame{websocket.Close(1009, "")}, c.Frames())
	})
}

func TestClock(t *testing.T) {
	var stopped *websocket.Timer
	h := &functions{
		init: func(c *websocket.Conn) websocket.Commands {
			c.NotifyAfter(3*time.Second, "3 s")
			c.NotifyAfter(time.Second, "1 s")
			c.NotifyAfter(time.Second, "also 1 s")
			stopped = c.NotifyAfter(2*time.Second, "2 s")
			c.NotifyAfter(0, "now")
			return websocket.None
		},
		info: func(c *websocket.Conn, info any) websocket.Commands {
			if info == "1 s" {
				c.NotifyAfter(time.Second, "1 s + 1 s")
			}
			return tell(c, info)
		},
	}
	c := websockettest.New(t, h, websocket.Options{IdleTimeout: -1})
	assert.Empty(t, c.Frames(), "the clock stands still")
	c.Advance(0)
	assert.Equal(t, []websocket.Frame{websocket.Text("now")}, c.Frames())
	c.Advance(time.Second - 1)
	assert.Empty(t, c.Frames())
	assert.True(t, stopped.Stop())
	assert.False(t, stopped.Stop())
	c.Advance(time.Minute)
	assert.Equal(t, []websocket.Frame{websocket.Text("1 s"), websocket.Text("also 1 s"), websocket.Text("1 s + 1 s"), websocket.Text("3 s")}, c.Frames())
	c.Advance(1000 * time.Hour)
	assert.False(t, c.Ended())
}

func TestIdleTimeoutAndPings(t *testing.T) {
	c := websockettest.New(t, &functions{}, websocket.Options{IdleTimeout: time.Minute, PingInterval: 25 * time.Second})
	c.Advance(59 * time.Second)
	assert.Equal(t, []websocket.Frame{websocket.Ping(""), websocket.Ping("")}, c.Frames())
	c.Send(websocket.Pong(""))
	c.Advance(time.Minute - 1)
	assert.False(t, c.Ended())
	c.Advance(1)
	assert.Equal(t, websocket.ReasonTimeout, c.Reason().Kind)
}

func TestActive(t *testing.T) {
	h := &functions{
		frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			if string(f.Payload) == "pause" {
				return websocket.Do(websocket.Active(false))
			}
			return websocket.Reply(f)
		},
		info: func(*websocket.Conn, any) websocket.Commands { return websocket.Do(websocket.Active(true)) },
	}
	c := websockettest.New(t, h, websocket.Options{})
	c.Send(websocket.Text("pause"), websocket.Text("in the same packet"))
	c.SendText("later")
	assert.Equal(t, []websocket.Frame{websocket.Text("in the same packet")}, c.Frames())
	c.Notify("resume")
	assert.Equal(t, []websocket.Frame{websocket.Text("later")}, c.Frames())
}

func TestConnect(t *testing.T) {
	c := websockettest.Connect(t, &functions{}, websocket.Options{Subprotocols: []string{"v2", "v1"}}, websockettest.Request{
		RequestInfo:      websocket.RequestInfo{Path: "/chat", QS: "room=1"},
		Subprotocols:     []string{"v1", "v2"},
		WebSocketVersion: 8,
	})
	assert.Equal(t, websocket.RequestInfo{Method: "GET", Version: "HTTP/1.1", Scheme: "http", Host: "localhost", Port: 80, Path: "/chat", QS: "room=1"}, c.Conn().Request())
	assert.Equal(t, "v2", c.Conn().Subprotocol())
	assert.Equal(t, 8, c.Conn().Version())
	assert.Nil(t, c.Conn().Compression())
}

func TestOtherGoroutines(t *testing.T) {
	c := websockettest.New(t, &functions{info: tell}, websocket.Options{})
	var senders sync.WaitGroup
	for range 10 {
		senders.Go(func() {
			_ = c.Conn().Notify("x")
			c.Conn().NotifyAfter(time.Second, "y")
		})
	}
	senders.Wait()
	c.Run()
	assert.Len(t, c.Frames(), 10)
	c.Advance(time.Second)
	assert.Len(t, c.Frames(), 10)
}

func TestEndOfTheTestDisconnects(t *testing.T) {
	h := &functions{}
	onEnd := 0
	t.Run("inner", func(t *testing.T) {
		websockettest.New(t, h, websocket.Options{}).Conn().OnEnd(func() { onEnd++ })
	})
	assert.Equal(t, []websocket.Reason{{Kind: websocket.ReasonError, Err: websocket.ErrClosed}}, h.ended)
	assert.Equal(t, 1, onEnd)
}

func TestMisuse(t *testing.T) {
	assert.PanicsWithValue(t, "websockettest: the handler is nil", func() { websockettest.New(nil, nil, websocket.Options{}) })
	assert.PanicsWithValue(t, "websockettest: websocket: Options.MailboxPolicy is 9; allowed are RefuseWhenFull, DropOldest and CloseWhenFull", func() {
		websockettest.New(nil, &functions{}, websocket.Options{MailboxPolicy: 9})
	})
	c := websockettest.New(nil, &functions{}, websocket.Options{})
	c.Disconnect()
	assert.PanicsWithValue(t, "websockettest: Notify(x): websocket: connection closed", func() { c.Notify("x") })
	assert.Panics(t, func() {
		websockettest.New(nil, &functions{
			init: func(c *websocket.Conn) websocket.Commands { _ = c.Notify(0); return websocket.None },
			info: func(c *websocket.Conn, _ any) websocket.Commands { _ = c.Notify(0); return websocket.None },
		}, websocket.Options{})
	}, "a handler that never stops sending infos to itself")
}
