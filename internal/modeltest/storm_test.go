package modeltest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
)

// stormy is how many connections a storm has: few, for each to be woken all
// the time.
const stormy = 8

// TestStorm has connections hibernate after every frame and info, of which
// both come all the time, while goroutines lose their turn between any two
// steps. Each wake-up races with the other, and one that is meant for one
// sleep must not end the next: whoever watches the sleepers would lose count,
// and never end.
func TestStorm(t *testing.T) {
	for _, transport := range []string{"tcp", "tls"} {
		for _, count := range []int{2, 4, 8} {
			t.Run(fmt.Sprintf("%s/GOMAXPROCS=%d", transport, count), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(count))
				storm(t, transport, soakTime(t)/6)
				assert.NoError(t, leaked(), "goroutines are left")
			})
		}
	}
}

func storm(t *testing.T, transport string, duration time.Duration) {
	arrivals := make(chan *counter, 1)
	upgrade := func(*handler.Request) (websocket.Handler, websocket.Options) {
		return newCounter(arrivals), websocket.Options{HibernateAfter: -1}
	}
	s, err := serving{transport: transport, upgrade: upgrade}.start()
	require.NoError(t, err)
	defer s.close()
	var pesterers sync.WaitGroup
	var wakes atomic.Int64
	stop := disturb()
	end := time.Now().Add(duration)
	for range stormy {
		raw, client, err := s.dial()
		require.NoError(t, err)
		defer raw.Close()
		_, err = handshake(client, "/", "", nil)
		require.NoError(t, err)
		c := <-arrivals
		frame := appendFrame(nil, fin|opText, []byte("wake up"))
		pesterers.Go(func() {
			assert.NoError(t, pester(end, &wakes, c.frames, func() error { _, err := client.Write(frame); return err }))
		})
		pesterers.Go(func() {
			assert.NoError(t, pester(end, &wakes, c.infos, func() error { return c.conn.Notify("wake up") }))
		})
	}
	pesterers.Wait()
	stop()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	_ = s.stop(ctx) // it cuts them
	assert.True(t, eventually(patience, func() bool { return s.sessions.Len() == 0 }))
	t.Logf("%d wake-ups", wakes.Load())
}

// pester wakes a connection again and again, as soon as it has handled what
// woke it.
func pester(end time.Time, wakes *atomic.Int64, handled <-chan struct{}, wake func() error) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for time.Now().Before(end) {
		if err := wake(); err != nil {
			return err
		}
		timeout.Reset(patience)
		select {
		case <-handled:
			wakes.Add(1)
		case <-timeout.C:
			return errors.New("a wake-up was lost")
		}
	}
	return nil
}

// counter tells of each frame and info, and hibernates after it.
type counter struct {
	websocket.Base
	arrivals      chan<- *counter
	conn          *websocket.Conn
	frames, infos chan struct{}
}

func newCounter(arrivals chan<- *counter) *counter {
	return &counter{arrivals: arrivals, frames: make(chan struct{}, 1), infos: make(chan struct{}, 1)}
}

func (c *counter) Init(conn *websocket.Conn) websocket.Commands {
	c.conn = conn
	c.arrivals <- c
	return websocket.Do(websocket.Hibernate)
}

func (c *counter) HandleFrame(*websocket.Conn, websocket.Frame) websocket.Commands {
	c.frames <- struct{}{}
	return websocket.Do(websocket.Hibernate)
}

func (c *counter) HandleInfo(*websocket.Conn, any) websocket.Commands {
	c.infos <- struct{}{}
	return websocket.Do(websocket.Hibernate)
}
