package websocket_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// TestParkingThatBreaks: if the epoll set fails, all connections in it wake up
// and work, and hibernate in a new set later.
func TestParkingThatBreaks(t *testing.T) {
	notOn(t, "it keeps its goroutine", "stream")
	notUnderFaults(t, "a read that is told to come back wakes a parked connection again", harmShort)
	for name, breakIt := range map[string]func() error{
		"closed":  websocket.BreakParking,
		"spoiled": websocket.SpoilParking,
	} {
		t.Run(name, func(t *testing.T) {
			const many = 20
			on := setup{options: websocket.Options{HibernateAfter: 10 * time.Millisecond}}
			s := on.start(t, func() *callbacks { return &callbacks{frame: echo, info: tell} })
			var clients []*client
			for range many {
				clients = append(clients, s.connect(t))
			}
			for range 3 {
				eventually(t, func() bool { return websocket.Parked() == many }, "they don't hibernate")
				require.NoError(t, breakIt())
				for i, c := range clients {
					c.send(text("frame"))
					c.expect(text("frame"))
					require.NoError(t, s.handlers[i].conn.Notify("info"))
					c.expect(text("info"))
				}
			}
			becomesAwake(t, 0)
			for _, c := range clients {
				c.quit()
			}
			eventually(t, func() bool { return websocket.Parked() == 0 }, "a count is left")
		})
	}
}

// TestParkingBreaksUnwatched: a set that failed while no connection was in it is
// replaced.
func TestParkingBreaksUnwatched(t *testing.T) {
	notOn(t, "it keeps its goroutine", "stream")
	for name, breakIt := range map[string]func() error{
		"closed":  websocket.BreakParking,
		"spoiled": websocket.SpoilParking,
	} {
		t.Run(name, func(t *testing.T) {
			websocket.EmptyParking()
			websocket.OpenParking()
			require.NoError(t, breakIt())
			_, c := hibernating(t)
			eventually(t, func() bool { return websocket.Parked() == 1 }, "it doesn't park")
			c.send(text("frame"))
			c.expect(text("frame"))
			c.quit()
		})
	}
}

// TestParkingLater: while there is no descriptor for an epoll set, a connection
// goes on in a goroutine and tries again. It parks once there is one.
func TestParkingLater(t *testing.T) {
	notOn(t, "it keeps its goroutine", "stream")
	failed, restore := websocket.FailParking()
	defer restore()
	_, c := hibernating(t)
	for range 2 {
		before := failed()
		eventually(t, func() bool { return failed() > before }, "it doesn't hibernate")
		assert.Zero(t, websocket.Parked())
		c.send(text("frame"))
		c.expect(text("frame"))
	}
	restore()
	becomesAwake(t, 0)
	assert.Equal(t, 1, websocket.Parked())
	c.send(text("frame"))
	c.expect(text("frame"))
	c.quit()
	eventually(t, func() bool { return websocket.Parked() == 0 }, "a count is left")
}

// TestParkingInAHurry: connections park and wake up by everything at once, and
// lose nothing. At the end none is counted as parked.
func TestParkingInAHurry(t *testing.T) {
	for _, by := range sockets() {
		t.Run(by.name, func(t *testing.T) {
			const many, messages = 8, 200
			awoken := func(f websocket.Frame) websocket.Commands { return websocket.Do(f, websocket.Hibernate) }
			s := by.start(t, func() *callbacks {
				return &callbacks{
					init:  func(*websocket.Conn) websocket.Commands { return websocket.Do(websocket.Hibernate) },
					frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands { return awoken(f) },
					info: func(_ *websocket.Conn, info any) websocket.Commands {
						return awoken(websocket.Text(info.(string)))
					},
				}
			})
			var clients []*client
			for range many {
				c, _ := by.connect(t, s)
				clients = append(clients, c)
			}
			var all sync.WaitGroup
			for i, c := range clients {
				conn := s.handlers[i].opened(t)
				all.Go(func() {
					for n := range messages {
						_ = conn.Notify(fmt.Sprint("info ", n))
					}
				})
				all.Go(func() {
					for n := range messages {
						p, _ := websocket.Prepare(websocket.Text(fmt.Sprint("sent ", n)))
						_ = conn.Send(p)
					}
				})
				all.Go(func() {
					for n := range messages {
						_, _ = c.conn.Write(masked(text(fmt.Sprint("frame ", n))))
					}
				})
			}
			for _, c := range clients {
				next := map[string]int{}
				for range 3 * messages {
					var kind string
					var n int
					_, err := fmt.Sscan(c.next().payload, &kind, &n)
					require.NoError(t, err)
					require.Equal(t, next[kind], n, kind)
					next[kind]++
				}
			}
			all.Wait()
			for _, c := range clients {
				c.quit()
			}
			eventually(t, func() bool { return websocket.Parked() == 0 }, "a count is left")
			becomesAwake(t, 0)
		})
	}
}
