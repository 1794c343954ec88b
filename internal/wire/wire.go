package wire

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Conn is a socket under a TLS connection.
type Conn struct {
	socket    atomic.Pointer[net.Conn]  // nil: released
	unblocked atomic.Pointer[unblocked] // nil: Read and Write wait
}

// New returns the connection for TLS to use instead of conn.
func New(conn net.Conn) *Conn {
	c := new(Conn)
	c.socket.Store(&conn)
	return c
}

// Socket returns the connection that [New] got, or a closed one once it was
// released.
func (c *Conn) Socket() net.Conn {
	if conn := c.socket.Load(); conn != nil {
		return *conn
	}
	return released{}
}

// Release forgets the socket, which its caller has closed or replaced, see
// [Conn.Move].
func (c *Conn) Release() { c.socket.Store(nil) }

// Read reads from the socket. Once unblocked, it returns bytes of the last
// [Conn.Feed], or [ErrDrained].
func (c *Conn) Read(b []byte) (int, error) {
	if u := c.unblocked.Load(); u != nil {
		return u.read(b)
	}
	return c.Socket().Read(b)
}

// Write writes to the socket. Once unblocked, it keeps what the socket doesn't
// take, see [Conn.Flush].
func (c *Conn) Write(b []byte) (int, error) {
	if u := c.unblocked.Load(); u != nil {
		return u.write(b)
	}
	return c.Socket().Write(b)
}

// Close closes the socket.
func (c *Conn) Close() error { return c.Socket().Close() }

// LocalAddr returns the socket's address.
func (c *Conn) LocalAddr() net.Addr { return c.Socket().LocalAddr() }

// RemoteAddr returns the client's address.
func (c *Conn) RemoteAddr() net.Addr { return c.Socket().RemoteAddr() }

// SetDeadline does nothing once c is unblocked: TLS sets deadlines by itself
// when it closes.
func (c *Conn) SetDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Socket().SetDeadline(t)
}

// SetReadDeadline does nothing once c is unblocked.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Socket().SetReadDeadline(t)
}

// SetWriteDeadline does nothing once c is unblocked.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Socket().SetWriteDeadline(t)
}

// released is the socket of a connection that was released.
type released struct{}

func (released) Read([]byte) (int, error)         { return 0, net.ErrClosed }
func (released) Write([]byte) (int, error)        { return 0, net.ErrClosed }
func (released) Close() error                     { return net.ErrClosed }
func (released) LocalAddr() net.Addr              { return nil }
func (released) RemoteAddr() net.Addr             { return nil }
func (released) SetDeadline(time.Time) error      { return net.ErrClosed }
func (released) SetReadDeadline(time.Time) error  { return net.ErrClosed }
func (released) SetWriteDeadline(time.Time) error { return net.ErrClosed }

// ErrDrained is what TLS gets when there is nothing to read. crypto/tls takes
// a temporary error for a reason to read again later.
var ErrDrained net.Error = drained{}

type drained struct{}

func (drained) Error() string   { return "wire: nothing to read" }
func (drained) Timeout() bool   { return true }
func (drained) Temporary() bool { return true }

// feed is the input of an unblocked connection; its reader owns it.
type feed struct {
	input []byte
	err   error // after input; nil: ErrDrained
}

func (f *feed) read(b []byte) (int, error) {
	if len(f.input) > 0 {
		n := copy(b, f.input)
		if f.input = f.input[n:]; len(f.input) == 0 {
			f.input = nil // an empty slice would keep the caller's buffer
		}
		return n, nil
	}
	if f.err != nil {
		return 0, f.err
	}
	return 0, ErrDrained
}

// Feed gives TLS the bytes that were read from the socket. It refers to them
// until they are read. Nil is the end of the stream. Only the reader may call
// it.
func (c *Conn) Feed(input []byte) {
	u := c.unblocked.Load()
	u.input = input
	if input == nil {
		u.err = io.EOF
	}
}
