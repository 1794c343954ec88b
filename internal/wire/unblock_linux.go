package wire

import (
	"sync"
	"syscall"

	"github.com/cowhand/cowhand/internal/rawio"
)

// unblocked is a connection whose reads and writes never wait.
type unblocked struct {
	feed

	mu     sync.Mutex // TLS may answer a key update while another goroutine writes
	fd     int
	kept   []byte // bytes for which the socket had no room
	sent   int    // bytes that the socket took, not those kept
	failed error  // of a write: nothing may follow it
}

// Unblock stops Read and Write from waiting. fd is the socket's descriptor.
// The caller sees to it that fd is open during each later call.
func (c *Conn) Unblock(fd int) { c.unblocked.Store(&unblocked{fd: fd}) }

// Move replaces the descriptor.
func (c *Conn) Move(fd int) {
	u := c.unblocked.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.fd = fd
}

// write writes b, and keeps what the socket doesn't take. TLS must believe that
// all was written: it can't resume a record.
func (u *unblocked) write(b []byte) (int, error) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed != nil {
		return 0, u.failed
	}
	n := 0
	if len(u.kept) == 0 {
		if n = u.try(b); u.failed != nil {
			return 0, u.failed
		}
	}
	if n < len(b) {
		u.kept = append(u.kept, b[n:]...)
	}
	return len(b), nil
}

// try returns how much of b the socket took. The caller holds mu.
func (u *unblocked) try(b []byte) (n int) {
	for {
		n, errno := rawio.WriteOne(u.fd, b)
		switch errno {
		case 0:
			u.sent += n
			return n
		case syscall.EAGAIN:
			return 0
		case syscall.EINTR:
		default:
			u.failed = errno
			return 0
		}
	}
}

// Flush writes the bytes that Write kept, and returns how many are left.
func (c *Conn) Flush() (left int, err error) {
	u := c.unblocked.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	for len(u.kept) > 0 && u.failed == nil {
		n := u.try(u.kept)
		if n == 0 {
			break
		}
		u.kept = u.kept[n:]
	}
	if len(u.kept) == 0 {
		u.kept = nil
	}
	return len(u.kept), u.failed
}

// Kept returns the number of bytes that wait for [Conn.Flush].
func (c *Conn) Kept() int {
	u := c.unblocked.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.kept)
}

// Sent returns the number of bytes that the socket took since Unblock.
func (c *Conn) Sent() int {
	u := c.unblocked.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.sent
}

// Abort makes every later Write fail: not even an alert may follow a record
// that was cut.
func (c *Conn) Abort(err error) {
	u := c.unblocked.Load()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.failed == nil {
		u.failed = err
	}
	u.kept = nil
}
