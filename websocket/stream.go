package websocket

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// stream is the transport over any [net.Conn], such as TLS of another server.
// Its goroutine waits in Read with a small buffer, which grows and shrinks
// with the traffic. Cowboy: `dynamic_buffer`.
type stream struct {
	conn    net.Conn
	class   int           // of the read buffer
	wakeUp  chan struct{} // interrupts serve while it doesn't read
	resting atomic.Bool   // serve waits for wakeUp
	watch   writeWatch
}

func newStream(conn net.Conn) *stream {
	return &stream{conn: conn, wakeUp: make(chan struct{}, 1), watch: writeWatch{conn: conn}}
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
	c.begin()
	for turn := 1; ; turn++ {
		c.handleSignals()
		switch {
		case c.stage >= closed:
			return over
		case c.timing.rest.Load() == drowsy:
			return s.hibernate(c)
		case turn%turnsBeforeYield == 0:
			runtime.Gosched()
		}
		s.resting.Store(!c.active)
		if c.prepareWait() {
			s.wait(c)
			continue
		}
		if c.active {
			s.readFor(c, shortRead)
		}
	}
}

// turnsBeforeYield is after how many reads other goroutines have their turn:
// Read doesn't tell whether it waited.
const turnsBeforeYield = 4

// hibernate continues in a new goroutine, whose stack is small.
func (s *stream) hibernate(c *Conn) outcome {
	s.class = 0
	c.releaseParser()
	c.timing.rest.Store(hibernated)
	return fresh
}

// wait waits for bytes and handles them, or for an interruption.
func (s *stream) wait(c *Conn) {
	defer c.resume()
	if !c.active {
		<-s.wakeUp
		return
	}
	s.read(c)
}

// shortRead is how long a loop that has signals to handle looks at its
// connection in between.
const shortRead = 50 * time.Microsecond

// readFor reads if bytes come within d.
func (s *stream) readFor(c *Conn, d time.Duration) {
	s.conn.SetReadDeadline(time.Now().Add(d))
	s.read(c)
}

// read reads once and handles the bytes.
func (s *stream) read(c *Conn) {
	if tail := c.parser.Tail(); tail != nil {
		n, err := s.conn.Read(tail)
		c.resume()
		if n > 0 {
			c.recordReceipt()
			c.inputTail(n)
			c.endBatch()
		}
		s.check(c, err)
		return
	}
	class := s.class
	buffer := getReadBuffer(class)
	n, err := s.conn.Read(*buffer)
	c.resume()
	if n > 0 {
		c.recordReceipt()
		c.input((*buffer)[:n])
		c.endBatch()
	}
	putReadBuffer(class, buffer)
	if n == readSizes[class] { // there is more, and others have waited long enough
		runtime.Gosched()
	}
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

// check handles the error of a read. An interruption is none.
func (s *stream) check(c *Conn, err error) {
	switch {
	case err == nil:
	case errors.Is(err, os.ErrDeadlineExceeded):
		s.conn.SetReadDeadline(time.Time{})
	default:
		c.fail(err)
	}
}

func (s *stream) interrupt() {
	if !s.resting.Load() {
		s.conn.SetReadDeadline(past)
		return
	}
	select {
	case s.wakeUp <- struct{}{}:
	default: // it is woken already
	}
}

// patientRead is how long pending reads first. It is long, because a Read that
// begins late looks at its deadline and not at the connection.
const patientRead = 50 * time.Millisecond

// patientReads is how many reads, each twice as long as the one before, have to
// bring nothing.
const patientReads = 4

// pending reads, and reads again if so little of the time was left that Read
// may not have looked. To ask the socket isn't enough: TLS, or whatever is over
// it, may have read bytes already.
func (s *stream) pending(c *Conn) bool {
	for looks := 0; looks < patientReads; {
		before := c.timing.received.Load()
		wait := patientRead << looks
		deadline := time.Now().Add(wait)
		s.conn.SetReadDeadline(deadline)
		inTime := time.Until(deadline) > wait/2
		s.read(c)
		switch {
		case c.stage >= closed || c.timing.received.Load() != before:
			return true // even if its callback took so long that the time is over again
		case inTime && !time.Now().Before(deadline): // no late interruption
			looks++
		}
	}
	return false
}

// writeSome leaves it to writeAll: Write may wait.
func (s *stream) writeSome(pieces [][]byte) (rest [][]byte, err error) { return pieces, nil }

func (s *stream) writeFrom([]byte) (n int, ok bool) { return 0, false }

// joinClass is that of a buffer for a TLS record.
const joinClass = 2

// writeAll writes a record at a time.
func (s *stream) writeAll(pieces [][]byte, p *patience) (rest [][]byte, err error) {
	s.watch.start(p)
	defer s.watch.stop()
	var joined *[]byte
	defer func() {
		if joined != nil {
			putReadBuffer(joinClass, joined)
		}
	}()
	var scratch []byte
	for k := (cursor{pieces: pieces}); ; {
		switch {
		case k.isAtEnd():
			return nil, nil
		case joined == nil && len(k.pieces) > 1:
			joined = getReadBuffer(joinClass)
			scratch = *joined
		}
		if err := s.watch.begin(); err != nil {
			return k.rest(), err
		}
		n, err := s.conn.Write(k.nextRecord(scratch))
		k.advance(n)
		s.watch.wrote(n)
		if err != nil {
			return k.rest(), s.watch.cause(err)
		}
	}
}

// interruptWrite has the watch look at once.
func (s *stream) interruptWrite() { s.watch.look() }

func (s *stream) closeWrite(time.Duration) bool {
	half, ok := s.conn.(interface{ CloseWrite() error })
	return ok && half.CloseWrite() == nil
}

func (s *stream) peer() netip.AddrPort { return addrPort(s.conn.RemoteAddr()) }

// cut closes the connection under TLS: TLS's own Close waits for an alert to
// be sent.
func (s *stream) cut() { under(s.conn).Close() }

// under returns the connection under TLS.
func under(conn net.Conn) net.Conn {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return conn
}

// abort drops the bytes that the client hasn't taken, as a socket does.
func (s *stream) abort() {
	if conn, ok := under(s.conn).(interface{ SetLinger(seconds int) error }); ok {
		conn.SetLinger(0)
	}
	s.cut()
}

func (s *stream) close() { s.conn.Close() }

// unpark does nothing: a stream is never parked.
func (s *stream) unpark(*Conn) {}
