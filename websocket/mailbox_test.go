package websocket_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// tell sends each info to the peer.
func tell(_ *websocket.Conn, info any) websocket.Commands {
	return websocket.Reply(websocket.Text(fmt.Sprint(info)))
}

// TestNotify from many goroutines: nothing is lost, and the infos of each
// goroutine keep their order.
func TestNotify(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.MailboxSize = -1
		h := &callbacks{info: tell}
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		const senders, each = 5, 300
		for s := range senders {
			go func() {
				for i := range each {
					_ = conn.Notify(fmt.Sprintf("%d %d", s, i))
				}
			}()
		}
		next := make([]int, senders)
		for range senders * each {
			var s, i int
			_, err := fmt.Sscanf(c.next().payload, "%d %d", &s, &i)
			require.NoError(t, err)
			require.Equal(t, next[s], i)
			next[s]++
		}
		c.quit()
	})
}

// TestNotifyAfter sends an info later, unless it is stopped.
func TestNotifyAfter(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		var stopped, fired *websocket.Timer
		h := &callbacks{
			init: func(c *websocket.Conn) websocket.Commands {
				stopped = c.NotifyAfter(20*time.Millisecond, "never")
				fired = c.NotifyAfter(0, "first")
				c.NotifyAfter(time.Hour, "the connection ends before")
				assert.True(t, stopped.Stop())
				assert.False(t, stopped.Stop())
				return websocket.None
			},
			info: func(c *websocket.Conn, info any) websocket.Commands {
				if info == "first" {
					assert.False(t, fired.Stop(), "it was sent")
					c.NotifyAfter(30*time.Millisecond, "second")
				}
				return tell(c, info)
			},
		}
		c := on.serve(t, h).connect(t)
		c.expect(text("first"), text("second"))
		c.quit()
		h.reason(t)
		assert.False(t, h.conn.NotifyAfter(0, "too late").Stop())
	})
}

// blocker is a handler whose frames wait until they are released.
type blocker struct {
	callbacks
	entered, release chan struct{}
}

func newBlocker() *blocker {
	b := &blocker{entered: make(chan struct{}), release: make(chan struct{})}
	b.frame = func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		if f.IsData() {
			b.entered <- struct{}{}
			<-b.release
		}
		return websocket.None
	}
	b.info = tell
	return b
}

// TestMailboxPolicies: what a connection does with infos for which there is
// no room; it tells of each, and counts.
func TestMailboxPolicies(t *testing.T) {
	for _, test := range []struct {
		policy websocket.MailboxPolicy
		errs   []error
		sent   []wireFrame
	}{
		{websocket.RefuseWhenFull, []error{nil, nil, nil, websocket.ErrMailboxFull, websocket.ErrMailboxFull}, []wireFrame{text("0"), text("1"), text("2")}},
		{websocket.DropOldest, []error{nil, nil, nil, nil, nil}, []wireFrame{text("2"), text("3"), text("4")}},
		{websocket.CloseWhenFull, []error{nil, nil, nil, websocket.ErrMailboxFull, websocket.ErrMailboxFull}, []wireFrame{text("0"), text("1"), text("2"), closing(1013, "")}},
	} {
		t.Run(fmt.Sprint(test.policy), func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				on.options.MailboxSize, on.options.MailboxPolicy = 3, test.policy
				h := newBlocker()
				c := on.serve(t, &h.callbacks).connect(t)
				c.send(text("block"))
				<-h.entered
				for i, want := range test.errs {
					assert.Equal(t, want, h.conn.Notify(i))
				}
				assert.EqualValues(t, 2, h.conn.Dropped())
				close(h.release)
				c.expect(test.sent...)
				if test.policy != websocket.CloseWhenFull {
					assert.NoError(t, h.conn.Notify("room again"))
					c.expect(text("room again"))
					c.quit()
					return
				}
				c.send(closing(1013, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonError, reason.Kind)
				assert.ErrorIs(t, reason.Err, websocket.ErrMailboxFull)
			})
		})
	}
}

// TestMaxPending bounds the frames that wait for a connection.
func TestMaxPending(t *testing.T) {
	for _, policy := range []websocket.MailboxPolicy{websocket.RefuseWhenFull, websocket.CloseWhenFull} {
		eachTransport(t, func(t *testing.T, on setup) {
			on.options.MaxPending, on.options.MailboxPolicy = 1000, policy
			h := newBlocker()
			c := on.serve(t, &h.callbacks).connect(t)
			c.send(text("block"))
			<-h.entered
			p := prepare(t, websocket.Text(strings.Repeat("x", 400)))
			assert.NoError(t, h.conn.Send(p))
			assert.NoError(t, h.conn.Send(p))
			assert.ErrorIs(t, h.conn.Send(p), websocket.ErrMailboxFull)
			assert.EqualValues(t, 1, h.conn.Dropped())
			close(h.release)
			f := text(strings.Repeat("x", 400))
			c.expect(f, f)
			if policy == websocket.CloseWhenFull {
				c.expectClose(1013)
				return
			}
			c.send(ping("all is written"))
			c.expect(pong("all is written"))
			assert.NoError(t, h.conn.Send(p))
			c.expect(f)
			c.quit()
		})
	}
}

// TestMaxPendingDropsOldest makes room for the newest frames, and counts what
// it drops.
func TestMaxPendingDropsOldest(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.MaxPending, on.options.MailboxPolicy = 1000, websocket.DropOldest
		h := newBlocker()
		c := on.serve(t, &h.callbacks).connect(t)
		c.send(text("block"))
		<-h.entered
		for _, letter := range []string{"a", "b", "c", "d"} {
			assert.NoError(t, h.conn.Send(prepare(t, websocket.Text(strings.Repeat(letter, 400)))))
		}
		assert.EqualValues(t, 2, h.conn.Dropped(), "a and b")
		assert.NoError(t, h.conn.Send(prepare(t, websocket.Text(strings.Repeat("e", 1001)))), "all but it is dropped")
		assert.EqualValues(t, 4, h.conn.Dropped())
		close(h.release)
		c.expect(text(strings.Repeat("e", 1001)))
		c.quit()
	})
}

// TestSendMoreThanMaxPending sends a frame that is larger than what may wait,
// as long as nothing waits before it.
func TestSendMoreThanMaxPending(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.MaxPending = 1000
		h := newBlocker()
		c := on.serve(t, &h.callbacks).connect(t)
		c.send(text("block"))
		<-h.entered
		p := prepare(t, websocket.Text(strings.Repeat("x", 5000)))
		assert.NoError(t, h.conn.Send(p))
		two, err := websocket.Prepare(websocket.Text("y"), websocket.Text("z"))
		require.NoError(t, err)
		assert.ErrorIs(t, h.conn.Send(two), websocket.ErrMailboxFull)
		assert.EqualValues(t, 2, h.conn.Dropped())
		close(h.release)
		c.expect(text(strings.Repeat("x", 5000)))
		c.quit()
	})
}

// TestHundredThousandInfos at once neither block the senders nor stop the
// connection from reading.
func TestHundredThousandInfos(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		const many = 100_000
		on.options.MailboxSize = -1
		got := 0
		h := &callbacks{
			frame: echo,
			info: func(_ *websocket.Conn, info any) websocket.Commands {
				if assert.Equal(t, got, info); info == many-1 {
					return websocket.Reply(websocket.Text("all"))
				}
				got++
				return websocket.None
			},
		}
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		var sent sync.WaitGroup
		sent.Go(func() {
			for i := range many {
				_ = conn.Notify(i)
			}
		})
		c.send(text("meanwhile"))
		seen := []string{c.next().payload, c.next().payload}
		assert.ElementsMatch(t, []string{"meanwhile", "all"}, seen)
		sent.Wait()
		c.quit()
	})
}

// TestSelfNotifier: a handler that always has an info for itself does not
// keep its peer from being heard.
func TestSelfNotifier(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{
			init: func(c *websocket.Conn) websocket.Commands {
				assert.NoError(t, c.Notify(0))
				return websocket.None
			},
			frame: echo,
			info: func(c *websocket.Conn, info any) websocket.Commands {
				_ = c.Notify(info.(int) + 1)
				return websocket.None
			},
		}
		c := on.serve(t, h).connect(t)
		c.send(text("heard"))
		c.expect(text("heard"))
		c.quit()
	})
}

// TestBatchOfPrepared: of a batch for which there is no room, a connection
// takes those frames that fit, in order, and counts the others.
func TestBatchOfPrepared(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.MaxPending = 1000
		h := newBlocker()
		c := on.serve(t, &h.callbacks).connect(t)
		c.send(text("block"))
		<-h.entered
		sized := func(name string, n int) string { return name + strings.Repeat(".", n-1) }
		one, large, two := prepare(t, websocket.Text(sized("1", 300))), prepare(t, websocket.Text(sized("l", 700))), prepare(t, websocket.Text(sized("2", 300)))
		assert.NoError(t, h.conn.Send(websocket.Batch(one)))
		assert.ErrorIs(t, h.conn.Send(websocket.Batch(large, two, large)), websocket.ErrMailboxFull)
		assert.EqualValues(t, 2, h.conn.Dropped())
		close(h.release)
		c.expect(text(sized("1", 300)), text(sized("2", 300)))
		c.send(ping("all is written"))
		c.expect(pong("all is written"))
		assert.NoError(t, h.conn.Send(websocket.Batch(large, two)))
		c.expect(text(sized("l", 700)), text(sized("2", 300)))
		c.quit()
	})
}

// inUse is traffic of a connection that has nothing to do with another one's,
// until stop says that the latter is no more.
func (c *client) inUse(t *testing.T, until <-chan struct{}) {
	t.Helper()
	for n := 0; ; n++ {
		f := text(fmt.Sprint("bystander ", n))
		c.send(f)
		c.expect(f)
		select {
		case <-until:
			return
		default:
		}
	}
}

// flooded starts a server with the default limits, for a connection that is to
// be flooded and for a bystander.
func flooded(t *testing.T, on setup, h *callbacks) (c, bystander *client) {
	handlers := []*callbacks{h, {frame: echo}}
	server := on.start(t, func() (next *callbacks) {
		next, handlers = handlers[0], handlers[1:]
		return next
	})
	c = server.connect(t)
	h.opened(t)
	return c, server.connect(t)
}

const flood = 100_000

// TestFloodOfInfos at a connection whose handler is held up, and then at one
// whose handler keeps going: with the default mailbox each info is handled, in
// order, or its sender is told that it is not; other connections are served
// meanwhile.
func TestFloodOfInfos(t *testing.T) {
	for _, held := range []bool{true, false} {
		eachTransport(t, func(t *testing.T, on setup) {
			entered, release := make(chan struct{}), make(chan struct{})
			var handled []int
			h := &callbacks{frame: echo, info: func(_ *websocket.Conn, info any) websocket.Commands {
				switch info := info.(type) {
				case int:
					handled = append(handled, info)
				case chan struct{}:
					close(entered)
					<-info
				case string:
					return websocket.Reply(websocket.Text(info))
				}
				return websocket.None
			}}
			c, bystander := flooded(t, on, h)
			if held {
				require.NoError(t, h.conn.Notify(release))
				<-entered
			}
			var accepted []int
			over := make(chan struct{})
			go func() {
				defer close(over)
				for i := range flood {
					err := h.conn.Notify(i)
					if err == nil {
						accepted = append(accepted, i)
					} else if !assert.Equal(t, websocket.ErrMailboxFull, err) {
						return
					}
				}
			}()
			bystander.inUse(t, over)
			assert.EqualValues(t, flood-len(accepted), h.conn.Dropped())
			if held {
				assert.Len(t, accepted, websocket.DefaultMailboxSize)
				close(release)
			}
			eventually(t, func() bool { return h.conn.Notify("that was all") == nil }, "there is no room again")
			c.expect(text("that was all"))
			assert.Equal(t, accepted, handled)
			c.quit()
			bystander.quit()
		})
	}
}

// TestFloodOfFrames at a connection whose peer does not read, and then reads
// all: each frame that was accepted arrives, in order, and its sender is told
// of the others; other connections are served meanwhile.
func TestFloodOfFrames(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{frame: echo}
		c, bystander := flooded(t, on, h)
		payload := func(i int) string { return fmt.Sprintf("%0500d", i) }
		var accepted []int
		over := make(chan struct{})
		go func() {
			defer close(over)
			for i := range flood {
				p, err := websocket.Prepare(websocket.Binary(payload(i)))
				if !assert.NoError(t, err) {
					return
				}
				if err = h.conn.Send(p); err == nil {
					accepted = append(accepted, i)
				} else if !assert.Equal(t, websocket.ErrMailboxFull, err) {
					return
				}
			}
		}()
		bystander.inUse(t, over)
		assert.Less(t, len(accepted), flood, "the sockets and MaxPending hold everything")
		assert.EqualValues(t, flood-len(accepted), h.conn.Dropped())
		for _, i := range accepted {
			c.expect(binaryFrame(payload(i)))
		}
		c.quit()
		bystander.quit()
	})
}
