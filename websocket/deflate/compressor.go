package deflate

import (
	"runtime"
	"sync"
)

// A Compressor deflates the messages that a connection sends. It keeps the
// server's window, or nothing without context takeover. It is not safe for
// concurrent use.
type Compressor struct {
	form   Form
	window window
}

// NewCompressor returns a Compressor for the messages to one client.
func (a *Agreement) NewCompressor() *Compressor {
	return &Compressor{
		form:   a.Form(),
		window: newWindow(a.ServerMaxWindowBits, a.ServerNoContextTakeover),
	}
}

// Compress deflates payload and appends the result to dst (RFC 7692, section
// 7.2.1). Send the result as a message (PerMessage) or frame (PerFrame) with RSV1
// set, in the order of the calls: later ones may refer to it.
//
// If payload is shorter than Options.MinCompressSize or would not shrink,
// compressed is false and dst is returned unchanged. Then send payload itself.
func (c *Compressor) Compress(dst, payload []byte) (out []byte, compressed bool) {
	out, compressed = c.form.deflate(dst, payload, c.window.bytes)
	if compressed {
		c.window.add(payload)
	}
	return out, compressed
}

// Sent tells the Compressor that the connection sent payload compressed with
// Form.Compress. The client now has it in its window, so later messages may
// refer to it.
func (c *Compressor) Sent(payload []byte) { c.window.add(payload) }

// Form returns the Form to prepare messages for this connection.
func (c *Compressor) Form() Form { return c.form }

// A Form has all the parameters of a compressed message that refers to no
// earlier one. Connections with equal Forms can share a message that was
// compressed once, with or without context takeover. The zero Form compresses
// nothing.
type Form struct {
	windowBits, level uint8
	minSize           int
}

// Form returns the Form to prepare messages for the client.
func (a *Agreement) Form() Form {
	return Form{windowBits: uint8(a.ServerMaxWindowBits), level: uint8(a.level), minSize: a.minSize}
}

// Compress is like Compressor.Compress, but refers to no earlier message. Call
// Compressor.Sent for each connection that sends the result. It is safe for
// concurrent use.
func (f Form) Compress(dst, payload []byte) (out []byte, compressed bool) {
	return f.deflate(dst, payload, nil)
}

// maxPayload keeps the matcher's positions within 32 bits.
const maxPayload = 1 << 30

// deflate appends the compressed payload to dst, unless it would not shrink.
func (f Form) deflate(dst, payload, window []byte) ([]byte, bool) {
	if f.windowBits == 0 || len(payload) < f.minSize || len(payload) > maxPayload {
		return dst, false
	}
	d := deflaters.Get().(*deflater)
	out := d.deflate(dst, payload, window, f)
	deflaters.Put(d)
	if len(out)-len(dst) >= len(payload) {
		return dst, false
	}
	return out, true
}

// deflater compresses to DEFLATE (RFC 1951) from memory to memory. It has 460
// KB, so it is pooled; connections keep only their windows.
type deflater struct {
	matcher matcher
	block   block
	writer  bitWriter
}

var deflaters = sync.Pool{New: func() any { return &deflater{block: newBlock()} }}

// deflate appends the blocks of payload and the header of an empty stored block.
// The rest of that block is the tail, which isn't sent (RFC 7692, section 7.2.1).
func (d *deflater) deflate(dst, payload, window []byte, f Form) []byte {
	d.matcher.reset(window, len(payload), int(f.windowBits), levels[f.level])
	w := &d.writer
	*w = bitWriter{out: dst[:cap(dst)], n: len(dst)}
	for len(payload) > 0 {
		chunk := payload[:min(len(payload), chunkSize)]
		payload = payload[len(chunk):]
		d.block.reset()
		d.matcher.tokenize(d.matcher.load(chunk), &d.block)
		d.block.write(w, chunk)
		if len(payload) > 0 {
			runtime.Gosched() // neighbours must not wait for a large message
		}
	}
	w.reserve(8)
	w.write(0, 3)
	w.align()
	out := w.out[:w.n]
	w.out = nil
	return out
}
