package deflate

import "sync"

// A Compressor deflates what one connection sends. Its memory is the
// server's window, and none if the server takes no context over. It is not
// safe for concurrent use.
type Compressor struct {
	form   Form
	window window
}

// NewCompressor returns the Compressor for a connection's messages, or
// frames, to the client.
func (a *Agreement) NewCompressor() *Compressor {
	return &Compressor{
		form:   a.Form(),
		window: newWindow(a.ServerMaxWindowBits, a.ServerNoContextTakeover),
	}
}

// Compress appends to dst what goes on the wire, with RSV1 set, for payload:
// a message (PerMessage) or a frame (PerFrame) (RFC 7692, section 7.2.1).
//
// If payload is shorter than Options.MinCompressSize or would not shrink,
// compressed is false, dst is returned as it was, and payload is to be sent
// as it is. Whatever compressed is, it must be sent, and in order.
func (c *Compressor) Compress(dst, payload []byte) (out []byte, compressed bool) {
	out, compressed = c.form.deflate(dst, payload, c.window.bytes)
	if compressed {
		c.window.add(payload)
	}
	return out, compressed
}

// Sent tells the Compressor that payload went out in another way: compressed
// by Form.Compress, to be shared. From then on messages may refer to it, as
// the client's window has it too.
func (c *Compressor) Sent(payload []byte) { c.window.add(payload) }

// Form is the form that messages for this connection may be prepared in.
func (c *Compressor) Form() Form { return c.form }

// A Form is all that a compressed message depends on if it refers to no
// earlier one. Forms are comparable: connections of one Form can share what
// is compressed once, whether context is taken over or not. The zero Form
// is that of no compression: it compresses nothing.
type Form struct {
	windowBits, level uint8
	minSize           int
}

// Form is the form that messages to the client may be prepared in.
func (a *Agreement) Form() Form {
	return Form{windowBits: uint8(a.ServerMaxWindowBits), level: uint8(a.level), minSize: a.minSize}
}

// Compress is as Compressor.Compress, but refers to no earlier message. A
// Compressor must be told with Sent that its connection sent the result. It
// is safe for concurrent use.
func (f Form) Compress(dst, payload []byte) (out []byte, compressed bool) {
	return f.deflate(dst, payload, nil)
}

// maxPayload keeps positions within 32 bits.
const maxPayload = 1 << 30

// deflate appends the compressed payload to dst if that makes it smaller.
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

// deflater makes DEFLATE (RFC 1951) from memory to memory. It is large, and
// pooled; nothing in it outlives a message.
type deflater struct {
	matcher matcher
	block   block
	writer  bitWriter
}

var deflaters = sync.Pool{New: func() any { return &deflater{block: newBlock()} }}

// deflate appends the blocks for payload, and the beginning of an empty one
// that ends with the tail, which is left off (RFC 7692, section 7.2.1).
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
	}
	w.reserve(8)
	w.write(0, 3)
	w.align()
	out := w.out[:w.n]
	w.out = nil
	return out
}
