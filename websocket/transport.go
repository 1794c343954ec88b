package websocket

import (
	"errors"
	"net"
	"syscall"
	"time"
)

// transport is the byte stream under a connection. Serve, writeAll and
// closeWrite are called by the loop, the others by any goroutine.
type transport interface {
	// serve starts c, reads, and has c handle what it reads and its
	// signals, until c is closed or is not to go on in this goroutine.
	serve(c *Conn) outcome

	// poke interrupts serve where it waits.
	poke()

	// unpark starts a goroutine for a connection that serve left parked.
	unpark(c *Conn)

	// tryWrite writes what can be written without waiting; ok is false
	// where the transport cannot, or not without an error.
	tryWrite(b []byte) (n int, ok bool)

	// tryWriteAll is the same for pieces, and returns what is left of them.
	tryWriteAll(pieces [][]byte) (rest [][]byte, err error)

	// writeAll writes pieces and waits for the peer to take them, for no
	// longer than timeout without progress.
	writeAll(pieces [][]byte, timeout time.Duration) error

	// peer is the address of the other end.
	peer() net.Addr

	// closeWrite ends the outgoing half, and reports whether it could.
	closeWrite() bool

	// cut makes reading and writing fail from now on.
	cut()

	// close ends the transport.
	close()
}

// outcome is how serve ended.
type outcome uint8

const (
	over   outcome = iota // the connection is closed
	fresh                 // it is to go on in a fresh goroutine
	asleep                // it is parked, until a goroutine is started for it
)

// newTransport picks the transport for a connection that was taken over.
func newTransport(conn net.Conn) transport {
	if t := newSocket(conn); t != nil {
		return t
	}
	return newStream(conn)
}

// advance drops the first n bytes of pieces.
func advance(pieces [][]byte, n int) [][]byte {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces[0] = pieces[0][n:]
	}
	return pieces
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// past is a deadline that interrupts what waits.
var past = time.Unix(1, 0)
