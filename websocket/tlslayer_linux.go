package websocket

import (
	"crypto/tls"
	"errors"

	"github.com/cowhand/cowhand/internal/wire"
)

// tlsLayer is TLS between a socket and the connection. It neither reads nor
// waits: the socket feeds it the bytes that it read, and it decrypts them.
type tlsLayer struct {
	tls      *tls.Conn
	wire     *wire.Conn
	inFlight int // bytes of plaintext in the record that the wire keeps in part
}

// unblock takes the wire over from HTTP. If the socket is closed already, its
// reads and writes will fail.
func (l *tlsLayer) unblock(socket *openSocket) {
	fd := -1
	socket.raw.Control(func(descriptor uintptr) { fd = int(descriptor) })
	l.wire.Unblock(fd)
}

// receive decrypts input, handles it, and ends the batch. Nil is the end of
// the stream.
func (l *tlsLayer) receive(c *Conn, input []byte) {
	l.wire.Feed(input)
	buffer := socketBuffers.Get().(*[socketBuffer]byte)
	err := l.decrypt(c, buffer)
	c.endBatch()
	if errors.Is(err, wire.ErrDrained) {
		err = l.flushAnswers()
	}
	if err != nil {
		c.fail(err)
	}
	socketBuffers.Put(buffer) // not if a callback calls Goexit: the batch may refer to it
}

// decrypt handles records until the input is drained. Their plaintexts stay in
// the buffer until the batch is flushed, because replies may refer to them.
func (l *tlsLayer) decrypt(c *Conn, buffer *[socketBuffer]byte) error {
	free := buffer[:]
	for c.stage < closed {
		if len(free) < maxRecord {
			c.flush()
			c.parser.Release()
			free = buffer[:]
		}
		n, err := l.decryptRecord(c, free)
		if err != nil {
			return err
		}
		free = free[n:]
	}
	return nil
}

// decryptRecord handles the next record, and returns how much of free it took:
// nothing if the plaintext went to the parser's memory.
func (l *tlsLayer) decryptRecord(c *Conn, free []byte) (used int, err error) {
	if tail := c.parser.Tail(); tail != nil {
		n, err := l.tls.Read(tail)
		if n > 0 {
			c.recordReceipt()
			c.inputTail(n)
		}
		return 0, err
	}
	n, err := l.tls.Read(free)
	if n > 0 {
		c.recordReceipt()
		c.input(free[:n])
	}
	return n, err
}

// maxAnswers is the most bytes that TLS may have to say by itself to a client
// that doesn't read.
const maxAnswers = 64 << 10

var errTLSFlood = errors.New("websocket: the client makes TLS answer and doesn't read")

// flushAnswers flushes what TLS says by itself, for example to a key update.
func (l *tlsLayer) flushAnswers() error {
	left, err := l.wire.Flush()
	if err == nil && left > maxAnswers {
		return errTLSFlood
	}
	return err
}

// write writes pieces, a record at a time, until the socket takes no more. A
// record that the wire keeps counts as unwritten until it is flushed.
func (l *tlsLayer) write(pieces [][]byte) (rest [][]byte, err error) {
	var joined *[socketBuffer]byte
	defer func() {
		if joined != nil {
			socketBuffers.Put(joined)
		}
	}()
	var scratch []byte
	for k := (cursor{pieces: pieces}); ; {
		left, err := l.wire.Flush()
		if left > 0 || err != nil {
			return k.rest(), err
		}
		k.advance(l.inFlight)
		switch l.inFlight = 0; {
		case k.isAtEnd():
			return nil, nil
		case joined == nil && len(k.pieces) > 1:
			joined = socketBuffers.Get().(*[socketBuffer]byte)
			scratch = joined[:]
		}
		record := k.nextRecord(scratch)
		if _, err := l.tls.Write(record); err != nil {
			return k.rest(), err
		}
		l.inFlight = len(record)
	}
}

// writeFrom is write for one piece.
func (l *tlsLayer) writeFrom(b []byte) (n int, err error) {
	for n < len(b) {
		left, err := l.wire.Flush()
		if left > 0 || err != nil {
			return n, err
		}
		record := b[n:min(len(b), n+maxRecord)]
		if _, err := l.tls.Write(record); err != nil {
			return n, err
		}
		if l.wire.Kept() > 0 {
			l.inFlight = len(record)
			return n, nil
		}
		n += len(record)
	}
	return n, nil
}

// closeWrite sends TLS's end of the stream. It returns how many bytes the
// socket didn't take, and is called again to send them.
func (l *tlsLayer) closeWrite() (left int, err error) {
	if err := l.tls.CloseWrite(); err != nil {
		return 0, err
	}
	return l.wire.Flush()
}
