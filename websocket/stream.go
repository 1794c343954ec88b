package websocket

import (
	"errors"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// stream is the transport over any [net.Conn], such as TLS. While it waits
// it holds a small buffer, which grows with what comes and shrinks with it
// (cowboy_websocket: dynamic_buffer).
type stream struct {
	conn    net.Conn
	class   int           // of the buffer to wait with
	bell    chan struct{} // interrupts a wait while the socket is not to be read
	resting atomic.Bool   // that is how serve waits
}

func newStream(conn net.Conn) *stream {
	return &stream{conn: conn, bell: make(chan struct{}, 1)}
}

// readSizes are the sizes of read buffers, in bytes.
var readSizes = [...]int{512, 4 << 10, 32 << 10, 128 << 10}

var readPools [len(readSizes)]sync.Pool

func getReadBuffer(class int) *[]byte {
	if b, ok := readPools[class].Get().(*[]byte); ok {
		return b
	}
	b := make([]byte, readSizes[class])
	return &b
}

func putReadBuffer(class int, b *[]byte) { readPools[class].Put(b) }

func (s *stream) serve(c *Conn) outcome {
	c.start()
	for {
		more := c.attend()
		switch {
		case c.phase == closed:
			return over
		case c.hibernate:
			s.class = 0
			c.leaveParser()
			return fresh
		}
		s.resting.Store(!c.active)
		switch {
		case c.prepareWait():
			s.read(c)
			c.state.Store(running)
		case more && c.active:
			s.conn.SetReadDeadline(time.Now().Add(turn))
			s.read(c)
		}
	}
}

// turn is how long a connection that has many infos looks at its socket in
// between.
const turn = 50 * time.Microsecond

// read waits for bytes and handles them. Where the socket is not to be read
// it waits all the same, for a poke.
func (s *stream) read(c *Conn) {
	if !c.active {
		<-s.bell
		return
	}
	if tail := c.parser.Tail(); tail != nil {
		n, err := s.conn.Read(tail)
		c.state.Store(running)
		if n > 0 {
			c.heard()
			c.inputTail(n)
			c.endBatch()
		}
		s.check(c, err)
		return
	}
	class := s.class
	buffer := getReadBuffer(class)
	n, err := s.conn.Read(*buffer)
	c.state.Store(running)
	if n > 0 {
		c.heard()
		c.input((*buffer)[:n])
		c.endBatch()
	}
	putReadBuffer(class, buffer)
	s.adapt(n)
	s.check(c, err)
}

// adapt picks the size of the next buffer.
func (s *stream) adapt(n int) {
	switch {
	case n == readSizes[s.class] && s.class < len(readSizes)-1:
		s.class++
	case s.class > 0 && n <= readSizes[s.class-1]/2:
		s.class--
	}
}

// check handles the error of a read; an interruption is none.
func (s *stream) check(c *Conn, err error) {
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.conn.SetReadDeadline(time.Time{})
	default:
		c.readFailed(err)
	}
}

func (s *stream) poke() {
	if !s.resting.Load() {
		s.conn.SetReadDeadline(past)
		return
	}
	select {
	case s.bell <- struct{}{}:
	default: // it rings already
	}
}

// A stream is not written to by other goroutines: its Write may wait.
func (s *stream) tryWrite([]byte) (n int, ok bool) { return 0, false }

func (s *stream) tryWriteAll(pieces [][]byte) (rest [][]byte, err error) { return pieces, nil }

// writeAtOnce is the most bytes that are written under one deadline, so that a
// peer which reads slowly, but does, is not taken for one that does not. It is
// the size of a TLS record.
const writeAtOnce = 16 << 10

// joinClass is that of a buffer for so many bytes.
const joinClass = 2

func (s *stream) writeAll(pieces [][]byte, timeout time.Duration) error {
	defer s.conn.SetWriteDeadline(time.Time{}) // TLS writes by itself, too
	var joined *[]byte
	defer func() {
		if joined != nil {
			putReadBuffer(joinClass, joined)
		}
	}()
	for len(pieces) > 0 {
		next := pieces[0]
		if len(next) < writeAtOnce && len(pieces) > 1 {
			if joined == nil {
				joined = getReadBuffer(joinClass)
			}
			next = join((*joined)[:0:writeAtOnce], pieces)
		}
		next = next[:min(len(next), writeAtOnce)]
		s.conn.SetWriteDeadline(time.Now().Add(timeout))
		if _, err := s.conn.Write(next); err != nil {
			return err
		}
		pieces = advance(pieces, len(next))
	}
	return nil
}

// join copies to dst what it has room for, so that a header and its payload
// are one TLS record, which costs more than the copy.
func join(dst []byte, pieces [][]byte) []byte {
	for _, piece := range pieces {
		room := cap(dst) - len(dst)
		dst = append(dst, piece[:min(len(piece), room)]...)
	}
	return dst
}

func (s *stream) closeWrite() bool {
	half, ok := s.conn.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}

func (s *stream) peer() net.Addr { return s.conn.RemoteAddr() }

// cut closes what is under TLS, whose own Close waits for an alert to be sent.
func (s *stream) cut() {
	if over, ok := s.conn.(interface{ NetConn() net.Conn }); ok {
		over.NetConn().Close()
		return
	}
	s.conn.Close()
}

func (s *stream) close() { s.conn.Close() }

// unpark does nothing: a stream is never parked.
func (s *stream) unpark(*Conn) {}
