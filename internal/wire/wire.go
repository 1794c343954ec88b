package wire

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// Conn is a socket under a TLS connection.
type Conn struct {
	net.Conn
	unblocked atomic.Pointer[unblocked] // nil: Read and Write wait
}

// New returns the connection for TLS to use instead of conn.
func New(conn net.Conn) *Conn { return &Conn{Conn: conn} }

// Read reads from the socket. Once unblocked, it returns bytes of the last
// [Conn.Feed], or [ErrDrained].
func (c *Conn) Read(b []byte) (int, error) {
	if u := c.unblocked.Load(); u != nil {
		return u.read(b)
	}
	return c.Conn.Read(b)
}

// Write writes to the socket. Once unblocked, it keeps what the socket doesn't
// take, see [Conn.Flush].
func (c *Conn) Write(b []byte) (int, error) {
	if u := c.unblocked.Load(); u != nil {
		return u.write(b)
	}
	return c.Conn.Write(b)
}

// SetDeadline does nothing once c is unblocked: TLS sets deadlines by itself
// when it closes.
func (c *Conn) SetDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Conn.SetDeadline(t)
}

// SetReadDeadline does nothing once c is unblocked.
func (c *Conn) SetReadDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Conn.SetReadDeadline(t)
}

// SetWriteDeadline does nothing once c is unblocked.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	if c.unblocked.Load() != nil {
		return nil
	}
	return c.Conn.SetWriteDeadline(t)
}

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
