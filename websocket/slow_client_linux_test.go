package websocket_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// backlog is more than any socket takes at once.
var backlog = make([]byte, 64<<20)

// filling replies with a backlog.
func filling(*websocket.Conn, websocket.Frame) websocket.Commands {
	return websocket.Reply(websocket.Binary(backlog))
}

// take reads and drops what comes, until a time or the end of the connection.
func (c *client) take(until time.Time) (taken int, err error) {
	buffer := make([]byte, 64<<10)
	for err == nil && time.Now().Before(until) {
		var n int
		n, err = c.in.Read(buffer)
		taken += n
	}
	return taken, err
}

// steady has a client read at a pace, from a server that has more, and requires
// that it isn't cut. It tries again if the machine was too busy for the client
// to keep its pace. It returns the last attempt.
//
// A connection that isn't a socket doesn't tell what the client takes, so it
// isn't tried.
func (by carrier) steady(t *testing.T, speed *pace, timeouts time.Duration) (*callbacks, *throttle) {
	t.Helper()
	if by.opaque {
		t.Skip("nothing tells what the client takes")
	}
	timeout := by.options.WriteTimeout
	for range 10 {
		h := &callbacks{frame: filling}
		c, raw := by.connect(t, by.serve(t, h))
		raw.pace.Store(speed)
		c.send(text("fill"))
		_, err := c.take(time.Now().Add(timeouts * timeout))
		if !raw.kept(speed, timeout/2) {
			_ = c.conn.Close()
			continue
		}
		require.NoError(t, err)
		require.Empty(t, h.ended())
		return h, raw
	}
	require.FailNow(t, "the client was never steady")
	return nil, nil
}

// TestSteadyClient: a client that takes little at a time, but goes on, isn't
// cut; once it stops, it is.
//
// A Unix socket frees its memory only in pieces of 48 KiB, so there the client
// takes more.
func TestSteadyClient(t *testing.T) {
	together(t, func(t *testing.T, by carrier) {
		by.options.WriteTimeout = 250 * time.Millisecond
		speed := &pace{most: 2 << 10, every: 25 * time.Millisecond}
		if by.unix {
			speed.most = 12 << 10
		}
		h, raw := by.steady(t, speed, 4)
		raw.pace.Store(nil)
		assert.ErrorContains(t, h.reason(t).Err, "WriteTimeout")
	})
}

// TestStalledClient is cut after one WriteTimeout, not after another one for
// what waits behind the frame that it didn't take. A busy machine may take
// longer, so one of several clients has to show it.
func TestStalledClient(t *testing.T) {
	together(t, func(t *testing.T, by carrier) {
		const timeout = 200 * time.Millisecond
		by.options.WriteTimeout = timeout
		cut := func() time.Duration {
			h := &callbacks{frame: filling}
			c, _ := by.connect(t, by.serve(t, h))
			c.send(text("fill"))
			began := time.Now()
			_, err := c.in.ReadByte()
			require.NoError(t, err)
			require.NoError(t, h.opened(t).Send(prepare(t, websocket.Binary(backlog[:1<<20]))))
			assert.ErrorContains(t, h.reason(t).Err, "WriteTimeout")
			return time.Since(began)
		}
		least := cut()
		for tries := 1; tries < 5 && least >= 2*timeout; tries++ {
			least = min(least, cut())
		}
		assert.Less(t, least, 2*timeout)
	})
}

// crumbs is a pace at which a socket stays writable, but a backlog lasts for
// seconds.
var crumbs = &pace{most: 16 << 10, every: time.Millisecond}

// TestMinWriteRate: a client that takes something all the time, but too
// little, is cut soon after WriteTimeout. Without a minimum it is not.
func TestMinWriteRate(t *testing.T) {
	together(t, func(t *testing.T, by carrier) {
		const timeout = 100 * time.Millisecond
		by.options.WriteTimeout = timeout
		t.Run("minimum", func(t *testing.T) {
			by.options.MinWriteRate = 1 << 40
			h := &callbacks{frame: filling}
			c, raw := by.connect(t, by.serve(t, h))
			raw.pace.Store(crumbs)
			c.send(text("fill"))
			_, err := c.take(time.Now().Add(20 * timeout))
			require.Error(t, err, "it isn't cut")
			assert.ErrorContains(t, h.reason(t).Err, "MinWriteRate")
		})
		t.Run("none", func(t *testing.T) {
			by.options.MinWriteRate = -1
			by.steady(t, crumbs, 5)
		})
	})
}

// endings are what ends a connection from outside, while it writes.
var endings = []struct {
	name string
	end  func(*server, *websocket.Conn)
	want websocket.ReasonKind
}{
	{"close", func(_ *server, c *websocket.Conn) { c.Close() }, websocket.ReasonStop},
	{"drain", func(s *server, _ *websocket.Conn) { s.drain() }, websocket.ReasonShutdown},
	{"cut", func(_ *server, c *websocket.Conn) { c.Cut() }, websocket.ReasonShutdown},
	{"overflow", func(_ *server, c *websocket.Conn) {
		for range 2 {
			_ = c.Notify("one too many")
		}
	}, websocket.ReasonError},
}

// drain stops the listener, and doesn't wait.
func (s *server) drain() {
	s.stopped = true
	go func() { _ = s.Stop(context.Background()) }()
}

// TestEndOfAConnectionThatWrites: a connection is closed within CloseTimeout
// even if its client takes nothing, or a little now and then.
func TestEndOfAConnectionThatWrites(t *testing.T) {
	eachCarrier(t, func(t *testing.T, by carrier) {
		by.options = websocket.Options{
			WriteTimeout: time.Hour, MinWriteRate: -1, CloseTimeout: 50 * time.Millisecond,
			MailboxSize: 1, MailboxPolicy: websocket.CloseWhenFull,
		}
		by.listener.Shutdown = time.Hour
		for _, ending := range endings {
			t.Run(ending.name, func(t *testing.T) {
				for _, speed := range []*pace{nil, crumbs} {
					h := &callbacks{frame: filling}
					s := by.serve(t, h)
					c, raw := by.connect(t, s)
					raw.pace.Store(speed)
					c.send(text("fill"))
					_, err := c.in.ReadByte()
					require.NoError(t, err)
					ending.end(s, h.opened(t))
					if speed != nil {
						_, err = c.take(time.Now().Add(2 * time.Second))
						require.Error(t, err, "it goes on")
					}
					assert.Equal(t, ending.want, h.reason(t).Kind, "%v", h.reason(t))
				}
			})
		}
	})
}

// TestDrainOfASlowClient: one that takes the rest in time gets its close frame.
func TestDrainOfASlowClient(t *testing.T) {
	eachCarrier(t, func(t *testing.T, by carrier) {
		by.options = websocket.Options{WriteTimeout: time.Hour, CloseTimeout: time.Hour}
		large := backlog[:4<<20] // more than a socket takes for a small receiver
		h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands {
			return websocket.Reply(websocket.Binary(large))
		}}
		s := by.serve(t, h)
		c, _ := by.connect(t, s)
		c.send(text("fill"))
		_, err := c.in.ReadByte()
		require.NoError(t, err)
		require.NoError(t, c.in.UnreadByte())
		stopped := make(chan error)
		go func() { stopped <- s.stop(patience) }()
		c.expect(binaryFrame(string(large)))
		c.expectClose(1001)
		require.NoError(t, c.conn.Close())
		require.NoError(t, <-stopped)
		assert.Equal(t, websocket.Reason{Kind: websocket.ReasonShutdown}, h.reason(t))
	})
}

// TestEndTogetherWithAnInfo: the end of a connection is heard although the
// loop found it together with an info, whose reply the client doesn't take.
func TestEndTogetherWithAnInfo(t *testing.T) {
	eachCarrier(t, func(t *testing.T, by carrier) {
		by.options = websocket.Options{
			WriteTimeout: time.Hour, CloseTimeout: 50 * time.Millisecond,
			MailboxSize: 1, MailboxPolicy: websocket.CloseWhenFull,
		}
		by.listener.Shutdown = time.Hour
		for _, ending := range endings {
			t.Run(ending.name, func(t *testing.T) {
				h := newBlocker()
				h.info = func(c *websocket.Conn, _ any) websocket.Commands { return filling(c, websocket.Frame{}) }
				s := by.serve(t, &h.callbacks)
				c, _ := by.connect(t, s)
				c.send(text("block"))
				<-h.entered
				require.NoError(t, h.conn.Notify("fill"))
				ending.end(s, h.conn)
				close(h.release)
				assert.Equal(t, ending.want, h.reason(t).Kind, "%v", h.reason(t))
			})
		}
	})
}
