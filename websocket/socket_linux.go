package websocket

import (
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// socket is the transport over a plain TCP or Unix socket. It reads and
// writes the descriptor itself: it takes a buffer only once there is
// something to read, reads once for each time the socket becomes readable,
// and never makes the scheduler hand the processor over for a call that does
// not block.
type socket struct {
	conn interface {
		net.Conn
		syscall.Conn
		CloseWrite() error
	}
	raw   syscall.RawConn
	wrote bool     // the batch under way was answered
	fd    int32    // while serve runs; else -1
	try   *attempt // of tryWrite, whose callers hold a lock
}

// attempt is a write by a goroutine other than the loop's.
type attempt struct {
	call func(fd uintptr)
	b    []byte
	n    int
	err  syscall.Errno
}

func (a *attempt) write(fd uintptr) { a.n, a.err = writeOne(int(fd), a.b) }

func newSocket(conn net.Conn) transport {
	s := socket{fd: -1}
	switch conn := conn.(type) {
	case *net.TCPConn:
		s.conn = conn
	case *net.UnixConn:
		s.conn = conn
	default:
		return nil
	}
	raw, err := s.conn.SyscallConn()
	if err != nil {
		return nil
	}
	s.raw = raw
	return &s
}

// socketBuffer is the size in bytes of the buffers that sockets are read
// with; none is held by a connection that waits.
const socketBuffer = 64 << 10

var socketBuffers = sync.Pool{New: func() any { return new([socketBuffer]byte) }}

// serve runs the loop within RawConn.Read, which calls readable at once and
// then whenever the socket becomes readable, until it returns true. A poke
// ends it with an expired deadline.
func (s *socket) serve(c *Conn) outcome {
	step := func(fd uintptr) (done bool) { return s.readable(fd, c) } // not kept by who hibernates
	for {
		err := s.read(step)
		c.state.Store(running)
		switch {
		case c.phase == closed:
			return over
		case err == nil: // the connection hibernates
			if ended, outcome := s.park(c); ended {
				return outcome
			}
		case os.IsTimeout(err):
			s.conn.SetReadDeadline(time.Time{})
		default:
			c.start()
			c.readFailed(err)
			return over
		}
	}
}

func (s *socket) read(step func(fd uintptr) (done bool)) error {
	defer func() { s.fd = -1 }()
	return s.raw.Read(step)
}

// park reports whether the connection is done with this goroutine: it needs
// none any more, and another one may run for it already, or, where it cannot
// be parked, a fresh one.
func (s *socket) park(c *Conn) (ended bool, how outcome) {
	c.hibernate = false
	c.leaveParser()
	entered := false
	fd := -1
	s.raw.Control(func(descriptor uintptr) {
		fd = int(descriptor)
		entered = parkingLot.enter(fd, c)
	})
	switch {
	case !entered:
		return true, fresh
	case c.signals.Load() == 0 || !c.state.CompareAndSwap(parked, running):
		return true, asleep
	}
	parkingLot.exit(fd, c)
	return false, over
}

// readable reads and handles what there is, and the connection's signals. It
// returns false to wait for more, true where the loop ends in this goroutine.
func (s *socket) readable(fd uintptr, c *Conn) (done bool) {
	s.fd = int32(fd)
	c.state.Store(running)
	c.start()
	for {
		read := c.active
		drained := !read || s.receive(c)
		if c.attend(); c.active && !read {
			continue // what came meanwhile will not be signalled again
		}
		switch {
		case c.phase == closed:
			return true
		case drained && c.hibernate:
			return true
		case drained && c.prepareWait():
			return false
		}
	}
}

// receive reads once, and handles what it brings. It reports whether the
// socket is empty now.
//
// A read that brings less than it could has emptied the socket, but for the
// end of the stream, which may have come with it and is not signalled again.
// Another read would find it, and costs a twentieth of a small echo. It is
// saved where the batch was answered: if the peer is gone the answer is
// refused, which wakes the loop, and if it has only ended its own side the
// hibernation of a silent connection finds out soon.
func (s *socket) receive(c *Conn) (drained bool) {
	buffer := socketBuffers.Get().(*[socketBuffer]byte)
	drained = s.receiveInto(c, buffer)
	socketBuffers.Put(buffer) // not if a callback calls Goexit: then output may still refer to it
	return drained
}

func (s *socket) receiveInto(c *Conn, buffer *[socketBuffer]byte) (drained bool) {
	tail := c.parser.Tail()
	n, err := readInto(int(s.fd), tail, buffer[:])
	switch {
	case err == syscall.EAGAIN:
		return true
	case err == syscall.EINTR:
		return false
	case err != 0:
		c.readFailed(err)
		return true
	case n == 0:
		c.readFailed(io.EOF)
		return true
	}
	c.heard()
	s.wrote = false
	if len(tail) > 0 {
		c.inputTail(min(n, len(tail)))
	}
	if rest := n - len(tail); rest > 0 {
		c.input(buffer[:rest])
	}
	c.endBatch()
	return s.wrote && n < len(tail)+len(buffer) && c.phase == opened && c.hibernatesSoon()
}

func (s *socket) poke() { s.conn.SetReadDeadline(past) }

// tryWrite is called by any goroutine, so the descriptor has to be held open
// meanwhile.
func (s *socket) tryWrite(b []byte) (n int, ok bool) {
	if s.try == nil {
		s.try = new(attempt)
		s.try.call = s.try.write
	}
	try := s.try
	try.b = b
	err := s.raw.Control(try.call)
	try.b = nil
	if err != nil || try.err != 0 {
		return 0, err == nil && try.err == syscall.EAGAIN
	}
	return try.n, true
}

func (s *socket) tryWriteAll(pieces [][]byte) (rest [][]byte, err error) {
	if s.fd < 0 { // it may be another's by now; writeAll finds out
		return pieces, nil
	}
	s.wrote = true
	return writeSome(int(s.fd), pieces)
}

func (s *socket) writeAll(pieces [][]byte, timeout time.Duration) error {
	defer s.conn.SetWriteDeadline(time.Time{})
	var failed error
	s.conn.SetWriteDeadline(time.Now().Add(timeout))
	err := s.raw.Write(func(fd uintptr) (done bool) {
		before := total(pieces)
		if pieces, failed = writeSome(int(fd), pieces); failed != nil || len(pieces) == 0 {
			return true
		}
		if total(pieces) < before {
			s.conn.SetWriteDeadline(time.Now().Add(timeout))
		}
		return false
	})
	if failed != nil {
		return failed
	}
	return err
}

func (s *socket) closeWrite() bool { return s.conn.CloseWrite() == nil }

func (s *socket) peer() net.Addr { return s.conn.RemoteAddr() }

// cut does not close the descriptor: that would wait for the callback that
// runs in serve.
func (s *socket) cut() {
	s.raw.Control(func(fd uintptr) { syscall.Shutdown(int(fd), syscall.SHUT_RDWR) })
}

func (s *socket) close() { s.conn.Close() }

// unpark starts a goroutine for a connection that a signal wakes up.
func (s *socket) unpark(c *Conn) {
	s.raw.Control(func(fd uintptr) { parkingLot.exit(int(fd), c) })
	go c.run()
}

// writeSome writes until all is written or the socket takes no more.
func writeSome(fd int, pieces [][]byte) (rest [][]byte, err error) {
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

func total(pieces [][]byte) (n int) {
	for _, piece := range pieces {
		n += len(piece)
	}
	return n
}

func writeOnce(fd int, pieces [][]byte) (int, syscall.Errno) {
	if len(pieces) == 1 {
		return writeOne(fd, pieces[0])
	}
	return writeVector(fd, pieces)
}
