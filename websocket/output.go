package websocket

import (
	"sync"

	"github.com/cowhand/cowhand/websocket/frame"
)

const (
	// copyBelow is the size in bytes up to which a payload is copied next to
	// its header; a larger one is written from where it is.
	copyBelow = 8 << 10

	// flushAbove is how many bytes of a batch are held back at most.
	flushAbove = 256 << 10

	// keepBelow is the largest buffer in bytes that goes back to the pool.
	keepBelow = 64 << 10
)

// output is what is to be written next: pieces of buf, and large payloads
// between them. It is taken from a pool for each batch.
type output struct {
	buf    []byte
	marked int      // buf[:marked] is in pieces
	pieces [][]byte // what comes before buf[marked:]
	size   int      // bytes in pieces
	packed []byte   // for a payload's compressed form
}

var outputs = sync.Pool{New: func() any { return &output{buf: make([]byte, 0, 4<<10)} }}

func (o *output) len() int { return o.size + len(o.buf) - o.marked }

// frame appends a frame.
func (o *output) frame(opcode frame.Opcode, rsv byte, payload []byte) {
	o.buf = frame.AppendHeader(o.buf, frame.Header{Fin: true, RSV: rsv, Opcode: opcode, Length: int64(len(payload))})
	o.bytes(payload)
}

// bytes appends b, by reference where it is large.
func (o *output) bytes(b []byte) {
	if len(b) <= copyBelow {
		o.buf = append(o.buf, b...)
		return
	}
	o.mark()
	o.piece(b)
}

// mark moves what is in buf to the pieces.
func (o *output) mark() {
	if o.marked < len(o.buf) {
		o.piece(o.buf[o.marked:len(o.buf):len(o.buf)])
		o.marked = len(o.buf)
	}
}

func (o *output) piece(b []byte) {
	o.pieces = append(o.pieces, b)
	o.size += len(b)
}

// take returns all there is, in order; it is valid until reset.
func (o *output) take() [][]byte {
	o.mark()
	return o.pieces
}

// reset empties o, which then holds on to no payload.
func (o *output) reset() {
	clear(o.pieces)
	o.buf, o.pieces, o.marked, o.size = o.buf[:0], o.pieces[:0], 0, 0
}

// release gives o back to the pool.
func (o *output) release() {
	if cap(o.buf) > keepBelow {
		o.buf = make([]byte, 0, 4<<10)
	}
	if cap(o.packed) > keepBelow {
		o.packed = nil
	}
	o.reset()
	outputs.Put(o)
}

// output returns the batch's output.
func (c *Conn) output() *output {
	if c.out == nil {
		c.out = outputs.Get().(*output)
	}
	return c.out
}

// reply appends a frame of the handler's to the batch's output.
func (c *Conn) reply(f *Frame) error {
	if err := f.check(c.settings.Value().skipUTF8); err != nil {
		return err
	}
	if c.signals.Load()&uint32(signalOutput) != 0 {
		c.collect() // what others sent before goes first
	}
	if f.Opcode == frame.Close {
		c.stop(Reason{Kind: ReasonStop}, f.Code, string(f.Payload))
		return nil
	}
	c.append(f)
	if c.out.len() > flushAbove {
		c.flush()
	}
	return nil
}

// append appends a frame, compressed where that is agreed.
func (c *Conn) append(f *Frame) {
	if f.Opcode.IsControl() {
		c.output().frame(f.Opcode, 0, f.Payload)
		return
	}
	c.message(f.Opcode, f.Payload)
}

// message appends a text or binary frame, compressed where that is agreed.
func (c *Conn) message(opcode frame.Opcode, payload []byte) {
	out := c.output()
	if !c.deflate {
		out.frame(opcode, 0, payload)
		return
	}
	var compressed bool
	out.packed, compressed = c.codec.compressor.Compress(out.packed[:0], payload)
	if !compressed {
		out.frame(opcode, 0, payload)
		return
	}
	out.buf = frame.AppendHeader(out.buf, frame.Header{Fin: true, RSV: frame.RSV1, Opcode: opcode, Length: int64(len(out.packed))})
	out.buf = append(out.buf, out.packed...)
}

// flush writes the batch's output, and waits for the peer where it must.
func (c *Conn) flush() {
	if c.out == nil || c.out.len() == 0 {
		return
	}
	err := c.write(c.out.take())
	c.out.reset()
	if err != nil {
		c.fail(err)
	}
}

// flushPartial writes what another goroutine left unfinished.
func (c *Conn) flushPartial() {
	if err := c.write(nil); err != nil {
		c.fail(err)
	}
}

// endBatch writes what is left of the batch and gives its memory back.
func (c *Conn) endBatch() {
	c.flush()
	if c.out != nil {
		c.out.release()
		c.out = nil
	}
	c.parser.Release()
}
