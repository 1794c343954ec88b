package websocket_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// TestSetOptions changes the limits of the live connection.
func TestSetOptions(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.IdleTimeout = time.Hour
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			switch string(f.Payload) {
			case "large":
				return websocket.Do(websocket.SetOptions{MaxFrameSize: -1}, f)
			case "small":
				return websocket.Do(websocket.SetOptions{MaxFrameSize: 10}, f)
			case "ping":
				return websocket.Do(websocket.SetOptions{PingInterval: 20 * time.Millisecond}, f)
			case "no ping":
				return websocket.Do(websocket.SetOptions{PingInterval: -1, IdleTimeout: 20 * time.Millisecond}, f)
			}
			return websocket.Reply(f)
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("large"))
		c.expect(text("large"))
		big := binaryFrame(strings.Repeat("x", websocket.DefaultMaxFrameSize+1))
		c.send(big)
		c.expect(big)
		c.send(text("ping"))
		c.expect(text("ping"), ping(""), ping(""))
		c.send(text("small"), text("no ping"))
		f := c.next()
		for f.opcode == opPing {
			f = c.next()
		}
		assert.Equal(t, text("small"), f)
		for f = c.next(); f.opcode == opPing; {
			f = c.next()
		}
		assert.Equal(t, text("no ping"), f)
		c.expectClose(1000)
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.ReasonTimeout, h.reason(t).Kind)
	})
}

// TestIdleTimeout ends a silent connection, and no other.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.IdleTimeout = 500 * time.Millisecond // far more than this test is ever kept waiting
		h := &callbacks{frame: echo}
		c := on.serve(t, h).connect(t)
		began := time.Now()
		for time.Since(began) < 1200*time.Millisecond {
			c.send(pong("")) // whatever is received counts
			c.send(ping("x"))
			f, err := readFrame(c.in)
			require.NoError(t, err)
			require.Equal(t, pong("x"), f)
		}
		c.expectClose(1000)
		require.NoError(t, c.conn.Close())
		assert.Equal(t, websocket.ReasonTimeout, h.reason(t).Kind)
	})
}

// TestIdleTimeoutOfABusyConnection: what the peer sends while a callback runs
// counts, however long that takes.
func TestIdleTimeoutOfABusyConnection(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.IdleTimeout = 100 * time.Millisecond
		entered := make(chan struct{}, 1)
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			if string(f.Payload) == "long" {
				entered <- struct{}{}
				<-time.After(300 * time.Millisecond)
			}
			return websocket.Reply(f)
		}}
		c := on.serve(t, h).connect(t)
		c.send(text("long"))
		<-entered
		c.send(text("meanwhile"))
		c.expect(text("long"), text("meanwhile"))
		c.expectClose(1000)
	})
}

// TestPingInterval keeps a peer that is there, though it is silent.
func TestPingInterval(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.IdleTimeout, on.options.PingInterval = 2*time.Second, 30*time.Millisecond
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		for range 5 {
			c.expect(ping(""))
			c.send(pong(""))
		}
		c.send(closing(1000, ""))
		f := c.next()
		for f.opcode == opPing {
			f = c.next()
		}
		assert.Equal(t, closing(1000, ""), f)
		c.expectEnd()
	})
}

// TestHibernate changes nothing that the handler or the peer can see.
func TestHibernate(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		h := &callbacks{
			frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
				if !f.IsData() {
					return websocket.Do(websocket.Hibernate)
				}
				return websocket.Do(websocket.Hibernate, f)
			},
			info: func(_ *websocket.Conn, info any) websocket.Commands {
				return websocket.Do(websocket.Text(info.(string)), websocket.Hibernate)
			},
			init: func(*websocket.Conn) websocket.Commands { return websocket.Do(websocket.Hibernate) },
		}
		c := on.serve(t, h).connect(t)
		conn := h.opened(t)
		p := prepare(t, websocket.Text("sent"))
		for i := range 500 {
			one, two := text(fmt.Sprint(i)), text(strings.Repeat("x", i))
			c.send(one, fragment(two))
			c.expect(one)
			c.send(ping("p"), continuation("end"))
			c.expect(pong("p"), text(two.payload+"end"))
			require.NoError(t, conn.Notify("info"))
			c.expect(text("info"))
			require.NoError(t, conn.Send(p))
			c.expect(text("sent"))
		}
		c.quit()
	})
}

// goroutine names the one that calls it.
func goroutine() string {
	stack := make([]byte, 64)
	name, _, _ := strings.Cut(string(stack[:runtime.Stack(stack, false)]), " [")
	return name
}

// onFreshGoroutines has a connection hibernate after each of its callbacks:
// whatever wakes it up, it is in another goroutine then, since the one before
// might have a large stack. What comes at once may find it awake still.
func onFreshGoroutines(t *testing.T, on setup) {
	awoken := func() websocket.Commands {
		return websocket.Do(websocket.Text(goroutine()), websocket.Hibernate)
	}
	h := &callbacks{
		frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { return awoken() },
		info:  func(*websocket.Conn, any) websocket.Commands { return awoken() },
	}
	c := on.serve(t, h).connect(t)
	by := map[string]func(){
		"frame": func() { c.send(text("x")) },
		"info":  func() { require.NoError(t, h.opened(t).Notify("x")) },
	}
	for name, wake := range by {
		seen := map[string]bool{}
		for tries := 0; len(seen) < 5 && tries < 10_000; tries++ {
			wake()
			seen[c.next().payload] = true
		}
		assert.Len(t, seen, 5, "goroutines that a %s found or began", name)
	}
	c.quit()
}

func TestHibernateIsFollowedByAFreshGoroutine(t *testing.T) {
	eachTransport(t, onFreshGoroutines)
}

// TestHibernateAfter hibernates by itself.
func TestHibernateAfter(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		on.options.HibernateAfter = 10 * time.Millisecond
		c := on.serve(t, &callbacks{frame: echo}).connect(t)
		for range 5 {
			c.expectQuiet()
			c.send(text("x"))
			c.expect(text("x"))
		}
		c.quit()
	})
}
