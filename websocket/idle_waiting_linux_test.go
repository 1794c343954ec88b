package websocket_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// lateListener's connections look for bytes late: they are descheduled at the
// wrong time, as any may be on a busy machine.
func lateListener(l net.Listener) net.Listener { return lateConns{l} }

type lateConns struct{ net.Listener }

func (l lateConns) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return lateConn{c}, err
}

type lateConn struct{ net.Conn }

func (c lateConn) Read(b []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return c.Conn.Read(b)
}

const shortIdle = 50 * time.Millisecond

// outlast blocks for longer than the short IdleTimeout, until its tick has
// come for sure.
func outlast() { time.Sleep(4 * shortIdle) }

// busy is an echo. The frame "arm" sets the short IdleTimeout, and the callback
// of the frame "long" outlasts it.
type busy struct {
	callbacks
	entered, release chan struct{}
}

func newBusy() *busy {
	b := &busy{entered: make(chan struct{}), release: make(chan struct{})}
	b.frame = func(c *websocket.Conn, f websocket.Frame) websocket.Commands {
		switch string(f.Payload) {
		case "arm":
			return websocket.Do(websocket.SetOptions{IdleTimeout: shortIdle})
		case "long":
			b.entered <- struct{}{}
			<-b.release
			outlast()
		}
		return echo(c, f)
	}
	return b
}

// TestWaitingFramesKeepAConnection: if a callback takes longer than
// IdleTimeout and the client's next frame waits meanwhile, the client isn't
// silent.
func TestWaitingFramesKeepAConnection(t *testing.T) {
	ways := append(carriers(), carrier{name: "late", setup: setup{wrap: lateListener}})
	for _, by := range ways {
		t.Run(by.name, func(t *testing.T) {
			t.Parallel()
			var served []*busy
			s := by.start(t, func() *callbacks {
				b := newBusy()
				served = append(served, b)
				return &b.callbacks
			})
			for _, send := range []func(*testing.T, *client, *throttle, func()){longThenMore, longAndMore} {
				var clients []*client
				served = nil
				for i := range 50 {
					c, raw := by.dial(t, s)
					send(t, c, raw, func() { <-served[i].entered })
					clients = append(clients, c)
				}
				for _, b := range served {
					close(b.release)
				}
				for _, c := range clients {
					c.expect(text("long"), text("meanwhile"))
				}
			}
		})
	}
}

// longThenMore sends a frame while the callback of another one runs.
func longThenMore(t *testing.T, c *client, _ *throttle, entered func()) {
	c.handshake(request{}, masked(text("arm"), text("long"))...)
	entered()
	c.send(text("meanwhile"))
}

// longAndMore sends both frames in one segment and, with TLS, in a record
// each. The server's TLS may have read both before the callback runs.
func longAndMore(t *testing.T, c *client, raw *throttle, entered func()) {
	c.handshake(request{})
	raw.cork()
	c.send(text("arm"), text("long"))
	c.send(text("meanwhile"))
	raw.uncork(t)
	entered()
}

// TestSlowInitKeepsAConnection: frames that wait while Init takes longer than
// IdleTimeout are handled in order.
func TestSlowInitKeepsAConnection(t *testing.T) {
	together(t, func(t *testing.T, by carrier) {
		by.options.IdleTimeout = shortIdle
		for _, together := range []bool{true, false} {
			release := make(chan struct{})
			h := &callbacks{frame: echo, init: func(*websocket.Conn) websocket.Commands {
				<-release
				outlast()
				return websocket.None
			}}
			c, raw := by.dial(t, by.serve(t, h))
			raw.cork()
			c.write(append(request{}.bytes(), masked(text("with the request"))...))
			if together {
				c.send(text("later"))
			}
			raw.uncork(t)
			h.opened(t)
			if !together {
				c.send(text("later"))
			}
			close(release)
			c.readResponse()
			c.expect(text("with the request"), text("later"))
		}
	})
}

func (c *client) readResponse() {
	c.t.Helper()
	require.Equal(c.t, "HTTP/1.1 101 Switching Protocols\r\n", c.line())
	for c.line() != "\r\n" {
	}
}

func (c *client) line() string {
	c.t.Helper()
	line, err := c.in.ReadString('\n')
	require.NoError(c.t, err)
	return line
}
