package websocket

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
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
	conn   pollable
	raw    syscall.RawConn
	layer  *tlsLayer // nil: plain
	direct *directWrite
	fd     int32 // during serve; else -1
	wrote  bool  // the batch under way was answered
}

// pollable is a *net.TCPConn or *net.UnixConn.
type pollable interface {
	net.Conn
	syscall.Conn
	CloseWrite() error
}

func newSocket(conn net.Conn) transport {
	s := &socket{fd: -1}
	if over, ok := conn.(*tls.Conn); ok {
		under, ok := over.NetConn().(*wire.Conn)
		if !ok {
			return nil
		}
		conn = under.Conn
		s.layer = &tlsLayer{tls: over, wire: under}
	}
	switch conn := conn.(type) {
	case *net.TCPConn:
		s.conn = conn
	case *net.UnixConn:
		s.conn = conn
	default:
		return nil
	}
	var err error
	if s.raw, err = s.conn.SyscallConn(); err != nil {
		return nil
	}
	if s.layer != nil && s.raw.Control(func(fd uintptr) { s.layer.wire.Unblock(int(fd)) }) != nil {
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
			s.conn.SetReadDeadline(time.Time{})
		default:
			s.begin(c)
			c.fail(err)
			return over
		}
	}
}

func (s *socket) read(step func(fd uintptr) (done bool)) error {
	defer func() { s.fd = -1 }()
	return s.raw.Read(step)
}

// park reports whether the connection has left this goroutine: it needs none,
// and another may run for it already, or it couldn't be parked and continues
// in a new one.
func (s *socket) park(c *Conn) (how outcome, left bool) {
	c.releaseParser()
	c.timing.rest.Store(hibernated)
	c.exitLoop()
	entered := false
	fd := -1
	s.raw.Control(func(descriptor uintptr) {
		fd = int(descriptor)
		entered = parkingLot.enter(fd, c)
	})
	switch {
	case !entered:
		c.enterLoop()
		return fresh, true
	case c.signals.Load() == 0 || !c.activity.CompareAndSwap(parked, running):
		return asleep, true
	}
	c.enterLoop()
	parkingLot.exit(fd, c)
	return over, false
}

// readable handles what there is to read, and the connection's signals. It
// returns false to wait for more, and true if the loop leaves this goroutine.
func (s *socket) readable(fd uintptr, c *Conn) (done bool) {
	s.fd = int32(fd)
	c.resume()
	s.begin(c)
	for turn := 0; ; turn++ {
		if turn > 0 { // a socket that never runs dry must not starve the others
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
		case drained && c.timing.rest.Load() == drowsy:
			return true
		case drained && c.prepareWait():
			return false
		}
	}
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
// A read that brings less than it could has emptied the socket. But the end of
// the stream may have come with the bytes, and isn't signalled again. Another
// read would find it, and costs a twentieth of a small echo. The loop saves it
// if the batch was answered: the answer to a client that is gone fails, which
// wakes the loop, and the end of one side is found when the silent connection
// hibernates.
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

// received is the n bytes that a read brought; nil at the end of the stream.
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

func (s *socket) interrupt() { s.conn.SetReadDeadline(past) }

// pending asks the socket. Bytes that TLS holds are of no complete record.
func (s *socket) pending(*Conn) bool {
	waiting, _ := bytesWait(s.conn)
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
		accepted := size - total(pieces)
		if s.layer != nil {
			accepted = s.layer.wire.Sent()
		}
		wait, err := p.look(accepted - unacknowledged(s.conn))
		if err != nil {
			return pieces, err
		}
		s.conn.SetWriteDeadline(time.Now().Add(wait))
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

// writeUntilDeadline writes whenever the socket becomes writable.
func (s *socket) writeUntilDeadline(pieces [][]byte) (rest [][]byte, err error) {
	var failed error
	err = s.raw.Write(func(fd uintptr) (done bool) {
		pieces, failed = s.writeTo(int(fd), pieces)
		return failed != nil || len(pieces) == 0
	})
	if failed != nil {
		return pieces, failed
	}
	return pieces, err
}

func (s *socket) interruptWrite() { s.conn.SetWriteDeadline(past) }

// directWrite is a write by a goroutine other than the loop's. Its callers
// hold the outbox's lock.
type directWrite struct {
	call func(fd uintptr) // write, allocated once
	s    *socket
	b    []byte
	n    int
	err  error
}

func (w *directWrite) write(fd uintptr) {
	if w.s.layer != nil {
		w.n, w.err = w.s.layer.writeFrom(w.b)
		return
	}
	n, errno := rawio.WriteOne(int(fd), w.b)
	if w.n, w.err = max(n, 0), nil; errno != 0 && errno != syscall.EAGAIN {
		w.err = errno
	}
}

// writeFrom holds the descriptor open by Control.
func (s *socket) writeFrom(b []byte) (n int, ok bool) {
	if s.direct == nil {
		s.direct = &directWrite{s: s}
		s.direct.call = s.direct.write
	}
	w := s.direct
	w.b = b
	err := s.raw.Control(w.call)
	w.b = nil
	if err != nil || w.err != nil {
		return 0, false
	}
	return w.n, true
}

func (s *socket) closeWrite(within time.Duration) bool {
	return s.endTLS(within) && s.conn.CloseWrite() == nil
}

// endTLS sends the end of the TLS stream, if there is one, once the socket has
// room for it.
func (s *socket) endTLS(within time.Duration) (sent bool) {
	if s.layer == nil {
		return true
	}
	s.conn.SetWriteDeadline(time.Now().Add(within))
	s.raw.Write(func(uintptr) (done bool) {
		left, err := s.layer.closeWrite()
		sent = left == 0 && err == nil
		return sent || err != nil
	})
	return sent
}

func (s *socket) peer() net.Addr { return s.conn.RemoteAddr() }

// cut doesn't close the descriptor: that would wait for the callback that runs
// in serve.
func (s *socket) cut() {
	s.raw.Control(func(fd uintptr) { syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}

// abort has close drop the bytes that the client hasn't taken: a client that
// takes nothing must not keep them in the kernel.
func (s *socket) abort() {
	if s.layer != nil {
		s.layer.wire.Abort(net.ErrClosed)
	}
	if conn, ok := s.conn.(*net.TCPConn); ok {
		conn.SetLinger(0)
	}
}

func (s *socket) close() {
	if s.layer != nil {
		s.raw.Control(func(uintptr) { s.layer.closeWrite() })
	}
	s.conn.Close()
}

// unpark starts a goroutine for a connection that a signal wakes up.
func (s *socket) unpark(c *Conn) {
	s.raw.Control(func(fd uintptr) { parkingLot.exit(int(fd), c) })
	go c.run()
}
