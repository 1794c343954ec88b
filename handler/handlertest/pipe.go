package handlertest

import (
	"context"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// pipeSize is how many bytes wait for a reader before writes block, as the
// buffers of a socket.
const pipeSize = 64 << 10

// conn is one end of a connection in memory. Unlike [net.Pipe] it has a buffer,
// so that both sides can write before they read.
type conn struct {
	in, out       *half
	local, remote net.Addr
	exchange      *exchange // of the request that the connection is for, or nil
}

func newConns(client, server net.Addr, x *exchange) (clientEnd, serverEnd *conn) {
	up, down := newHalf(), newHalf()
	return &conn{down, up, client, server, x}, &conn{up, down, server, client, x}
}

func (c *conn) Read(p []byte) (int, error)  { return c.in.read(p) }
func (c *conn) Write(p []byte) (int, error) { return c.out.write(p) }
func (c *conn) LocalAddr() net.Addr         { return c.local }
func (c *conn) RemoteAddr() net.Addr        { return c.remote }

func (c *conn) Close() error {
	c.in.close()
	c.out.close()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	c.out.writing.set(c.out, t)
	return nil
}

func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.reading.set(c.in, t)
	return nil
}

func (c *conn) SetWriteDeadline(t time.Time) error {
	c.out.writing.set(c.out, t)
	return nil
}

// half is one direction of a connection. It waits on a channel, not on a
// sync.Cond, since a wait needs a deadline.
type half struct {
	mu               sync.Mutex
	changed          chan struct{} // closed and replaced at each change
	data             []byte
	closed           bool
	reading, writing deadline
}

// deadline is of the lock of its half.
type deadline struct {
	timer   *time.Timer
	expired bool
}

func newHalf() *half { return &half{changed: make(chan struct{})} }

// set changes the deadline; the zero time is none.
func (d *deadline) set(h *half, t time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if d.timer != nil {
		d.timer.Stop()
		d.timer = nil
	}
	after := time.Until(t)
	d.expired = !t.IsZero() && after <= 0
	if !t.IsZero() && after > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(after, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			if d.timer == timer {
				d.expired = true
				h.wake()
			}
		})
		d.timer = timer
	}
	h.wake()
}

// wake makes those who wait look again. The caller holds the lock.
func (h *half) wake() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// wait releases the lock until something changes.
func (h *half) wait() {
	changed := h.changed
	h.mu.Unlock()
	<-changed
	h.mu.Lock()
}

func (h *half) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.reading.expired:
			return 0, os.ErrDeadlineExceeded
		case len(h.data) > 0:
			n := copy(p, h.data)
			h.data = h.data[n:]
			h.wake()
			return n, nil
		case h.closed:
			return 0, io.EOF
		case len(p) == 0:
			return 0, nil
		}
		h.wait()
	}
}

func (h *half) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for {
		switch {
		case h.closed:
			return n, io.ErrClosedPipe
		case h.writing.expired:
			return n, os.ErrDeadlineExceeded
		case n == len(p):
			return n, nil
		case len(h.data) < pipeSize:
			room := min(pipeSize-len(h.data), len(p)-n)
			h.data = append(h.data, p[n:n+room]...)
			n += room
			h.wake()
		default:
			h.wait()
		}
	}
}

// close ends both the writing and the reading; the reader gets the data first.
func (h *half) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return
	}
	h.closed = true
	for _, d := range [...]*deadline{&h.reading, &h.writing} {
		if d.timer != nil {
			d.timer.Stop()
		}
	}
	h.wake()
}

// network is a listener in memory.
type network struct {
	accepted chan net.Conn
	once     sync.Once
	closed   chan struct{}
}

func newNetwork() *network {
	return &network{accepted: make(chan net.Conn), closed: make(chan struct{})}
}

func (n *network) Accept() (net.Conn, error) {
	select {
	case c := <-n.accepted:
		return c, nil
	case <-n.closed:
		return nil, net.ErrClosed
	}
}

func (n *network) Close() error {
	n.once.Do(func() { close(n.closed) })
	return nil
}

func (n *network) Addr() net.Addr { return serverAddr }

// dial connects a client of an address. The exchange may be nil.
func (n *network) dial(ctx context.Context, client net.Addr, x *exchange) (*conn, error) {
	clientEnd, serverEnd := newConns(client, serverAddr, x)
	select {
	case n.accepted <- serverEnd:
		return clientEnd, nil
	case <-n.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Addresses for documentation (RFC 5737), which no machine has.
var (
	serverAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 80), Port: 80}
	clientAddr = &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 40000}
)
