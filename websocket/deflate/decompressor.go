package deflate

import "sync"

// A Decompressor inflates the messages that a connection receives. It keeps the
// client's window, or nothing without context takeover. It is not safe for
// concurrent use.
type Decompressor struct {
	window window
}

// NewDecompressor returns a Decompressor for the messages of one client.
func (a *Agreement) NewDecompressor() *Decompressor {
	return &Decompressor{window: newWindow(a.ClientMaxWindowBits, a.ClientNoContextTakeover)}
}

// Decompress inflates payload and appends the result to dst (RFC 7692, section
// 7.2.2). The payload is that of a message (PerMessage) or frame (PerFrame) with
// RSV1 set. Don't pass uncompressed ones: they aren't part of the window.
//
// The error is ErrTooLarge if the result has more than limit bytes. Decompress
// stops as soon as it finds out, so memory use stays within the limit. A
// negative limit means no limit. The error is ErrCorrupt if payload is invalid.
// After an error, dst is returned unchanged and the Decompressor is useless,
// since it has lost its context.
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
