package websocket

import (
	"errors"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// transport is the byte stream under a connection. It says what it can do; the
// loop doesn't ask which transport it is.
//
// The loop calls serve, pending, writeSome, writeAll, closeWrite, abort and
// close. Any goroutine may call the others.
type transport interface {
	// serve runs the connection's loop: it waits for bytes, has c handle
	// them and its signals, and returns when c is closed or leaves this
	// goroutine.
	serve(c *Conn) outcome

	// interrupt ends serve's wait for bytes, now or as soon as it begins.
	interrupt()

	// unpark starts a goroutine for a connection that serve left parked.
	unpark(c *Conn)

	// pending reports whether bytes, or the end of the stream, wait to be
	// read. A transport that can't look reads, and handles what it gets.
	pending(c *Conn) bool

	// writeSome writes pieces without waiting. rest is what it couldn't
	// write, and must be the beginning of the next write.
	writeSome(pieces [][]byte) (rest [][]byte, err error)

	// writeAll waits until all pieces are written, as long as p allows.
	writeAll(pieces [][]byte, p *patience) (rest [][]byte, err error)

	// interruptWrite has writeAll ask its patience at once. It does nothing
	// if no writeAll is under way.
	interruptWrite()

	// writeFrom is writeSome for other goroutines: they hold the outbox's
	// lock while the loop is idle. ok is false if the transport can't, or
	// failed.
	writeFrom(b []byte) (n int, ok bool)

	// peer is the address of the client, if it is a TCP address.
	peer() netip.AddrPort

	// closeWrite ends the outgoing half, and reports whether it could within
	// that time.
	closeWrite(within time.Duration) bool

	// cut makes reads and writes fail from now on.
	cut()

	// abort is called after a failed write and before close: not one more
	// byte may be sent.
	abort()

	// close ends the transport.
	close()
}

// outcome tells how serve ended.
type outcome uint8

const (
	over   outcome = iota // the connection is closed
	fresh                 // it continues in a new goroutine
	asleep                // it is parked: waking it starts a goroutine
)

// newTransport picks the transport for a hijacked connection.
func newTransport(conn net.Conn) transport {
	if t := newSocket(conn); t != nil {
		return t
	}
	return newStream(conn)
}

// advance returns pieces without their first n bytes. It leaves pieces alone.
func advance(pieces [][]byte, n int) [][]byte {
	for len(pieces) > 0 && n >= len(pieces[0]) {
		n -= len(pieces[0])
		pieces = pieces[1:]
	}
	if n > 0 {
		pieces = slices.Clone(pieces)
		pieces[0] = pieces[0][n:]
	}
	return pieces
}

func total(pieces [][]byte) (n int) {
	for _, piece := range pieces {
		n += len(piece)
	}
	return n
}

// maxRecord is the most plaintext in a TLS record, in bytes (RFC 8446,
// section 5.1).
const maxRecord = 16 << 10

// cursor goes through pieces without changing them.
type cursor struct {
	pieces [][]byte
	offset int // in the first piece
}

func (k *cursor) advance(n int) {
	k.offset += n
	for len(k.pieces) > 0 && k.offset >= len(k.pieces[0]) {
		k.offset -= len(k.pieces[0])
		k.pieces = k.pieces[1:]
	}
}

func (k *cursor) isAtEnd() bool { return len(k.pieces) == 0 }

// rest returns the pieces from the cursor on.
func (k *cursor) rest() [][]byte { return advance(k.pieces, k.offset) }

// nextRecord returns the plaintext of the next TLS record: a large piece as it
// is, or small ones joined in dst. A record costs more than the copy.
func (k *cursor) nextRecord(dst []byte) []byte {
	first := k.pieces[0][k.offset:]
	if len(first) >= maxRecord || len(k.pieces) == 1 {
		return first[:min(len(first), maxRecord)]
	}
	dst = append(dst[:0:maxRecord], first...)
	for _, piece := range k.pieces[1:] {
		room := cap(dst) - len(dst)
		dst = append(dst, piece[:min(len(piece), room)]...)
	}
	return dst
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// past is a deadline that interrupts a wait.
var past = time.Unix(1, 0)
