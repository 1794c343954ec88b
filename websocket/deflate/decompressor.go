package deflate

import "sync"

// A Decompressor inflates what one connection receives. Its memory is the
// client's window, and none if the client takes no context over. It is not
// safe for concurrent use.
type Decompressor struct {
	window window
}

// NewDecompressor returns the Decompressor for a connection's messages, or
// frames, from the client.
func (a *Agreement) NewDecompressor() *Decompressor {
	return &Decompressor{window: newWindow(a.ClientMaxWindowBits, a.ClientNoContextTakeover)}
}

// Decompress appends to dst what payload, a message (PerMessage) or a frame
// (PerFrame) that came with RSV1 set, inflates to (RFC 7692, section 7.2.2).
//
// If that is more than limit bytes the error is ErrTooLarge, as soon as it
// is known: neither dst nor anything else grows much beyond the limit. A
// negative limit is none. If payload is not sound the error is ErrCorrupt.
// After an error dst is returned as it was, and the Decompressor is of no
// further use.
//
// Messages that came uncompressed are not to be passed: they are not part
// of the window.
func (d *Decompressor) Decompress(dst, payload []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	out, err := f.inflate(dst, payload, d.window.bytes, limit)
	inflaters.Put(f)
	if err == nil {
		d.window.add(out[len(dst):])
	}
	return out, err
}

var inflaters = sync.Pool{New: func() any { return new(inflater) }}
