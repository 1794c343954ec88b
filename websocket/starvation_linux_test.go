package websocket_test

import (
	"bytes"
	"runtime"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/websocket"
)

// TestSlowCallbacksAfterQuickOnes: in one segment come frames whose callbacks
// are quick, and then some whose callbacks are slow. A reply doesn't wait for
// more than the callback under way and the next one: each slow callback waits
// until the client has the reply to the third frame before it.
func TestSlowCallbacksAfterQuickOnes(t *testing.T) {
	eachCarrier(t, func(t *testing.T, by carrier) {
		const quick, slow = 17, 15
		arrived := make(chan int, quick+slow)
		defer close(arrived)
		h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
			number, _ := strconv.Atoi(string(f.Payload))
			if number >= quick {
				time.Sleep(5 * time.Millisecond)
				if number-3 >= quick {
					awaitReply(arrived, number-3)
				}
			}
			return websocket.Reply(f)
		}}
		c, _ := by.connect(t, by.serve(t, h))
		var burst []wireFrame
		for i := range quick + slow {
			burst = append(burst, text(strconv.Itoa(i)))
		}
		c.send(burst...)
		for i, f := range burst {
			c.expect(f)
			arrived <- i
		}
		c.quit()
	})
}

// awaitReply waits until the reply to a frame has arrived.
func awaitReply(arrived <-chan int, number int) {
	for last := range arrived {
		if last >= number {
			return
		}
	}
}

// TestFloodsLeaveRoom: a client that floods is served a buffer at a time, and
// then the others have their turn. So while a neighbour sends a message and
// gets its reply, each flooder gets no more than a few buffers' worth of frames
// handled, however fast or slow the machine is.
func TestFloodsLeaveRoom(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const (
		flooders, echoes = 10, 20
		few              = 10 // buffers
	)
	for _, by := range carriers() {
		// A Unix socket holds so little that a flooder soon waits. Others that
		// aren't sockets read more at once.
		if by.unix || by.opaque || by.wrap != nil {
			continue
		}
		t.Run(by.name, func(t *testing.T) {
			var handled atomic.Int64
			s := by.start(t, func() *callbacks {
				return &callbacks{frame: func(c *websocket.Conn, f websocket.Frame) websocket.Commands {
					handled.Add(1)
					return echo(c, f)
				}}
			})
			neighbour, _ := by.connect(t, s)
			var floods []*client
			for range flooders {
				c, _ := by.connect(t, s)
				floods = append(floods, c)
			}
			for _, c := range floods {
				go c.flood()
			}
			eventually(t, func() bool { return handled.Load() > flooders*inABuffer }, "there is no flood")
			before := handled.Load()
			for range echoes {
				neighbour.send(text("x"))
				neighbour.expect(text("x"))
			}
			buffers := (handled.Load() - before) / inABuffer
			assert.Less(t, buffers, int64(few*flooders*echoes), "buffers of the flood")
		})
	}
}

// inABuffer is how many empty frames the server reads at once.
const inABuffer = 64 << 10 / 6

// flood sends empty pongs until the end of the connection.
func (c *client) flood() {
	many := bytes.Repeat(masked(pong("")), inABuffer)
	for err := error(nil); err == nil; {
		_, err = c.conn.Write(many)
	}
}
