package websocket

import (
	"sync"

	"github.com/cowhand/cowhand/websocket/frame"
)

const (
	// copyBelow is the size in bytes up to which a payload is copied next to
	// its header. A larger one is written from where it is.
	copyBelow = 8 << 10

	// keepBelow is the largest buffer in bytes that goes back to the pool.
	keepBelow = 64 << 10
)

// batch is the output of what arrived together: it goes out in one write. It
// is pieces of buf, and large payloads between them.
type batch struct {
	buf        []byte
	marked     int      // buf[:marked] is in pieces
	pieces     [][]byte // the output before buf[marked:]
	size       int      // bytes in pieces
	compressed []byte   // scratch for a compressed payload
}

var batches = sync.Pool{New: func() any { return &batch{buf: make([]byte, 0, 4<<10)} }}

func (b *batch) len() int { return b.size + len(b.buf) - b.marked }

// frame appends a frame.
func (b *batch) frame(opcode frame.Opcode, rsv byte, payload []byte) {
	b.buf = frame.AppendHeader(b.buf, frame.Header{Fin: true, RSV: rsv, Opcode: opcode, Length: int64(len(payload))})
	b.bytes(payload)
}

// bytes appends p, by reference if it is large.
func (b *batch) bytes(p []byte) {
	if len(p) <= copyBelow {
		b.buf = append(b.buf, p...)
		return
	}
	b.mark()
	b.piece(p)
}

// mark moves the end of buf to the pieces.
func (b *batch) mark() {
	if b.marked < len(b.buf) {
		b.piece(b.buf[b.marked:len(b.buf):len(b.buf)])
		b.marked = len(b.buf)
	}
}

func (b *batch) piece(p []byte) {
	b.pieces = append(b.pieces, p)
	b.size += len(p)
}

// take returns the output in order. It is valid until reset.
func (b *batch) take() [][]byte {
	b.mark()
	return b.pieces
}

// reset empties b, which then refers to no payload.
func (b *batch) reset() {
	clear(b.pieces)
	b.buf, b.pieces, b.marked, b.size = b.buf[:0], b.pieces[:0], 0, 0
}

// release gives b back to the pool.
func (b *batch) release() {
	if cap(b.buf) > keepBelow {
		b.buf = make([]byte, 0, 4<<10)
	}
	if cap(b.compressed) > keepBelow {
		b.compressed = nil
	}
	b.reset()
	batches.Put(b)
}

// output returns the batch under way.
func (c *Conn) output() *batch {
	if c.batch == nil {
		c.batch = batches.Get().(*batch)
	}
	return c.batch
}

func (c *Conn) releaseBatch() {
	if c.batch != nil {
		c.batch.release()
		c.batch = nil
	}
}

// append appends a frame to the batch, compressed if that was negotiated.
func (c *Conn) append(f Frame) {
	out := c.output()
	if !c.compress || f.Opcode.IsControl() {
		out.frame(f.Opcode, 0, f.Payload)
		return
	}
	var shrunk bool
	if out.compressed, shrunk = c.compression.compressor.Compress(out.compressed[:0], f.Payload); !shrunk {
		out.frame(f.Opcode, 0, f.Payload)
		return
	}
	out.buf = frame.AppendHeader(out.buf, frame.Header{Fin: true, RSV: frame.RSV1, Opcode: f.Opcode, Length: int64(len(out.compressed))})
	out.buf = append(out.buf, out.compressed...)
}

// appendPrepared appends prepared frames to the batch. They are shared, so
// they refer to no earlier message; with context takeover, later messages may
// refer to them.
func (c *Conn) appendPrepared(p *Prepared) {
	if !c.compress {
		c.output().bytes(p.encode(noForm).bytes)
		return
	}
	shared := p.encode(c.compression.compressor.Form())
	c.output().bytes(shared.bytes)
	if !c.compression.takesOver() {
		return
	}
	for i, compressed := range shared.compressed {
		if compressed {
			c.compression.compressor.Sent(p.frames[i].Payload)
		}
	}
}

// endBatch flushes the batch and gives its memory back.
func (c *Conn) endBatch() {
	c.flush()
	c.releaseBatch()
	c.parser.Release()
}

// flush writes the batch's output, and waits for the client if it must.
func (c *Conn) flush() {
	if c.stage >= closed {
		return
	}
	var pieces [][]byte
	if c.batch != nil {
		pieces = c.batch.take()
	}
	if len(pieces) == 0 && !c.unfinished {
		return
	}
	c.unfinished = false
	err := c.write(pieces)
	if c.batch != nil {
		c.batch.reset()
	}
	if err != nil {
		c.failWrite(err)
	}
}

// discard drops the output that can't be sent any more, counts its frames as
// lost, and lets nobody add to the outbox.
func (c *Conn) discard() {
	lost := 0
	if c.batch != nil {
		lost = countFrames(c.batch.take(), 0)
		c.batch.reset()
	}
	c.outbox.mu.Lock()
	c.sealed = true
	lost += c.outbox.discard()
	c.outbox.mu.Unlock()
	c.infos.Lose(uint32(lost))
}

// countFrames returns how many frames in pieces end after the first written
// bytes, without close frames and pongs: few of those are the handler's. Each
// header is within one piece.
func countFrames(pieces [][]byte, written int) (count int) {
	for position := 0; ; {
		for len(pieces) > 0 && len(pieces[0]) == 0 {
			pieces = pieces[1:]
		}
		if len(pieces) == 0 {
			return count
		}
		header, size, _ := frame.ParseHeader(pieces[0])
		length := size + int(header.Length)
		own := header.Opcode == frame.Close || header.Opcode == frame.Pong
		if position += length; position > written && !own {
			count++
		}
		pieces = advance(pieces, length)
	}
}
