package websocket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/internal/wire"
)

// socket is the transport over a TCP or Unix socket, plain or with the
// listener's TLS. It reads and writes the descriptor itself: it takes a buffer
// only when there is something to read, reads once each time the socket
// becomes readable, and spares the scheduler calls that don't block.
type socket struct {
	layer *tlsLayer // nil: plain
	addr  netip.AddrPort
	fd    int32 // of the socket, while read runs; else -1: it may be another's
	wrote bool  // there was output since the last read

	mu     sync.Mutex
	open   *openSocket // nil: parked; only the loop changes it
	parked int32       // the descriptor while parked; else -1
}

func newSocket(conn net.Conn) transport {
	s := &socket{addr: addrPort(conn.RemoteAddr()), fd: -1, parked: -1}
	if over, ok := conn.(*tls.Conn); ok {
		under, ok := over.NetConn().(*wire.Conn)
		if !ok {
			return nil
		}
		conn = under.Socket()
		s.layer = &tlsLayer{tls: over, wire: under}
	}
	switch conn.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil
	}
	if s.open = newOpenSocket(conn.(pollable)); s.open == nil {
		return nil
	}
	return s
}

// socketBuffer is the size in bytes of the buffers that sockets are read into.
// No connection holds one while it waits.
const socketBuffer = 64 << 10

var socketBuffers = sync.Pool{New: func() any { return new([socketBuffer]byte) }}

// serve runs the loop inside RawConn.Read, which calls readable at once, and
// then whenever the socket becomes readable, until it returns true. interrupt
// ends it by an expired deadline.
func (s *socket) serve(c *Conn) outcome {
	s.prepare(c)
	step := func(fd uintptr) (done bool) { return s.readable(fd, c) } // not kept while the connection hibernates
	for {
		err := s.read(step)
		c.resume()
		switch {
		case c.stage >= closed:
			return over
		case err == nil: // it hibernates
			if outcome, left := s.park(c); left {
				return outcome
			}
		case os.IsTimeout(err):
			s.open.file.SetReadDeadline(time.Time{})
		default:
			s.begin(c)
			c.fail(err)
			return over
		}
	}
}

// prepare takes the socket over from HTTP, or from the parking lot.
func (s *socket) prepare(c *Conn) {
	switch {
	case s.open == nil:
		s.reopen()
	case c.stage == starting && s.layer != nil:
		s.layer.unblock(s.open)
	}
}

func (s *socket) read(step func(fd uintptr) (done bool)) error {
	defer func() { s.fd = -1 }()
	return s.open.raw.Read(step)
}

// readable handles what there is to read, and the connection's signals. It
// returns false to wait for more, and true if the loop leaves this goroutine.
func (s *socket) readable(fd uintptr, c *Conn) (done bool) {
	s.fd = int32(fd)
	c.resume()
	s.begin(c)
	for turn := 0; ; turn++ {
		if turn > 0 && c.yields(turn) {
			runtime.Gosched()
		}
		reads := c.active
		drained := !reads || s.receive(c)
		if c.handleSignals(); c.active && !reads {
			continue // the socket won't signal again what came meanwhile
		}
		switch {
		case c.stage >= closed:
			return true
		case drained && s.hibernates(c):
			return true
		case drained && c.prepareWait():
			return false
		}
	}
}

// readsInARow is the most reads of one large frame before others run.
const readsInARow = 4

// yields reports whether others run before the next read of a socket that
// hasn't run dry, and perhaps never does. A large frame is read to its end
// first: that costs little, and its memory is in the processor's cache.
func (c *Conn) yields(reads int) bool {
	return reads%readsInARow == 0 || c.parser.Tail() == nil
}

// hibernates reports whether the loop, which has nothing to do, is to leave
// this goroutine: it wants to, or it was woken for nothing.
func (s *socket) hibernates(c *Conn) bool {
	rest := c.timing.rest.Load()
	return rest == drowsy || rest == hibernated && c.active && c.signals.Load() == 0
}

// begin handles the bytes that HTTP's TLS had read already, too.
func (s *socket) begin(c *Conn) {
	if first := c.begin(); first && s.layer != nil {
		s.layer.receive(c, []byte{})
	}
}

// receive reads once and handles the bytes. It reports whether the socket is
// empty now.
//
// A read that fills less than its buffer has emptied the socket. But the end of
// the stream may have come together with the bytes, and the poller, which is
// edge-triggered, doesn't tell again. A second read would find the end, and
// costs a twentieth of a small echo. The loop does without it if there was
// output: if the client is gone, the write makes its system send a reset, which
// wakes the loop. If it only ended its side, parking the silent connection
// finds out.
func (s *socket) receive(c *Conn) (drained bool) {
	buffer := socketBuffers.Get().(*[socketBuffer]byte)
	drained = s.receiveInto(c, buffer)
	socketBuffers.Put(buffer) // not if a callback calls Goexit: the batch may refer to it
	return drained
}

func (s *socket) receiveInto(c *Conn, buffer *[socketBuffer]byte) (drained bool) {
	var tail []byte
	if s.layer == nil {
		tail = c.parser.Tail()
	}
	n, err := rawio.ReadInto(int(s.fd), tail, buffer[:])
	switch {
	case err == syscall.EAGAIN:
		return true
	case err == syscall.EINTR:
		return false
	case err != 0:
		c.fail(err)
		return true
	}
	s.wrote = false
	switch {
	case s.layer != nil:
		s.layer.receive(c, received(buffer, n))
	case n == 0:
		c.fail(io.EOF)
		return true
	default:
		s.handle(c, tail, buffer[:], n)
		c.endBatch()
	}
	return s.wrote && n < len(tail)+len(buffer) && c.stage == open && c.hibernatesSoon()
}

// received returns the n bytes of a read, or nil at the end of the stream.
func received(buffer *[socketBuffer]byte, n int) []byte {
	if n == 0 {
		return nil
	}
	return buffer[:n]
}

// handle handles n bytes that were read into tail and then into buffer.
func (s *socket) handle(c *Conn, tail, buffer []byte, n int) {
	c.recordReceipt()
	if len(tail) > 0 {
		c.inputTail(min(n, len(tail)))
	}
	if rest := n - len(tail); rest > 0 {
		c.input(buffer[:rest])
	}
}

// pending asks the socket. Bytes that TLS holds are of no complete record.
func (s *socket) pending(*Conn) (waiting bool) {
	s.open.raw.Control(func(fd uintptr) { waiting = bytesWait(int(fd)) })
	return waiting
}

func (s *socket) writeSome(pieces [][]byte) (rest [][]byte, err error) {
	if s.fd < 0 { // outside serve the descriptor may have been reused
		return pieces, nil
	}
	s.wrote = true
	return s.writeTo(int(s.fd), pieces)
}

func (s *socket) writeTo(fd int, pieces [][]byte) (rest [][]byte, err error) {
	if s.layer != nil {
		return s.layer.write(pieces)
	}
	for len(pieces) > 0 {
		n, errno := writeOnce(fd, pieces)
		switch errno {
		case 0:
			pieces = advance(pieces, n)
		case syscall.EAGAIN:
			return pieces, nil
		case syscall.EINTR:
		default:
			return pieces, errno
		}
	}
	return nil, nil
}

func writeOnce(fd int, pieces [][]byte) (int, syscall.Errno) {
	if len(pieces) == 1 {
		return rawio.WriteOne(fd, pieces[0])
	}
	return rawio.WriteVector(fd, pieces)
}

func (s *socket) writeAll(pieces [][]byte, p *patience) (rest [][]byte, err error) {
	size := total(pieces)
	for {
		wait, err := p.look(s.accepted(size-total(pieces)) - s.unacknowledged())
		if err != nil {
			return pieces, err
		}
		s.open.file.SetWriteDeadline(time.Now().Add(wait))
		if !p.conn.prepareWrite(p.heard) {
			continue
		}
		pieces, err = s.writeUntilDeadline(pieces)
		p.conn.resume()
		if len(pieces) == 0 || err != nil && !errors.Is(err, os.ErrDeadlineExceeded) { // ETIMEDOUT is for good
			return pieces, err
		}
	}
}

// accepted returns how many bytes the kernel took, from any start.
func (s *socket) accepted(written int) int {
	if s.layer != nil {
		return s.layer.wire.Sent()
	}
	return written
}

func (s *socket) unacknowledged() (n int) {
	s.open.raw.Control(func(fd uintptr) { n = unacknowledged(int(fd)) })
	return n
}

// writeUntilDeadline writes whenever the socket becomes writable.
func (s *socket) writeUntilDeadline(pieces [][]byte) (rest [][]byte, err error) {
	var failed error
	err = s.open.raw.Write(func(fd uintptr) (done bool) {
		pieces, failed = s.writeTo(int(fd), pieces)
		return failed != nil || len(pieces) == 0
	})
	if failed != nil {
		return pieces, failed
	}
	return pieces, err
}

func (s *socket) peer() netip.AddrPort { return s.addr }

func (s *socket) closeWrite(within time.Duration) (ok bool) {
	if !s.endTLS(within) {
		return false
	}
	s.open.raw.Control(func(fd uintptr) { ok = syscall.Shutdown(int(fd), syscall.SHUT_WR) == nil })
	return ok
}

// endTLS sends the end of the TLS stream, if there is one, once the socket has
// room for it.
func (s *socket) endTLS(within time.Duration) (sent bool) {
	if s.layer == nil {
		return true
	}
	s.open.file.SetWriteDeadline(time.Now().Add(within))
	s.open.raw.Write(func(uintptr) (done bool) {
		left, err := s.layer.closeWrite()
		sent = left == 0 && err == nil
		return sent || err != nil
	})
	return sent
}

// abort has close drop the bytes that the client hasn't taken: a client that
// takes nothing must not keep them in the kernel.
func (s *socket) abort() {
	if s.layer != nil {
		s.layer.wire.Abort(net.ErrClosed)
	}
	s.open.raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	})
}

func (s *socket) close() {
	if s.layer != nil {
		s.open.raw.Control(func(uintptr) { s.layer.closeWrite() })
	}
	s.open.file.Close()
}
