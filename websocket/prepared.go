package websocket

import (
	"errors"
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// Prepared holds one or several frames for many connections. It is encoded
// once for each form that they negotiated, plain or a kind of compression, when
// a connection first needs that form. It is safe for concurrent use.
type Prepared struct {
	frames []Frame
	size   int         // bytes of payload, plus frameOverhead for each frame
	parts  []*Prepared // only of a Batch

	mu        sync.Mutex
	encodings []encoding // guarded by mu

	// The backing arrays of frames and encodings: most need one of each.
	frame    [1]Frame
	encoding [1]encoding
}

// encoding is the frames as connections of one form get them.
type encoding struct {
	form       deflate.Form
	bytes      []byte
	compressed []bool // which frames are; nil: none
}

// noForm is the form without compression.
var noForm deflate.Form

// Prepare returns frames to send with [Conn.Send] to any number of connections.
// It doesn't copy the payloads: don't change them afterwards. It rejects close
// frames and frames that a callback must not send either, such as text that is
// not UTF-8.
func Prepare(f Frame, more ...Frame) (*Prepared, error) { return prepare(false, f, more...) }

func prepare(skipUTF8 bool, f Frame, more ...Frame) (*Prepared, error) {
	p := new(Prepared)
	p.frame[0] = f
	p.frames = append(p.frame[:], more...)
	p.encodings = p.encoding[:0]
	for i := range p.frames {
		f := &p.frames[i]
		if err := f.check(skipUTF8); err != nil {
			return nil, err
		}
		if f.Opcode == frame.Close {
			return nil, errPreparedClose
		}
		p.size += len(f.Payload) + frameOverhead
	}
	return p, nil
}

// Batch joins prepared frames, so that they go out in one write. If a connection's
// MaxPending leaves no room for all of them, it accepts or rejects each part by
// itself, in order.
func Batch(parts ...*Prepared) *Prepared {
	if len(parts) == 1 {
		return parts[0]
	}
	b := &Prepared{parts: parts, frames: make([]Frame, 0, len(parts))}
	for _, p := range parts {
		b.frames = append(b.frames, p.frames...)
		b.size += p.size
	}
	return b
}

// frameOverhead is how many bytes each waiting frame counts besides its
// payload. It bounds the number of empty ones.
const frameOverhead = 64

var errPreparedClose = errors.New("websocket: a close frame cannot be prepared; use Conn.CloseWith")

// Frames returns a copy of the list of frames. The payloads are shared.
func (p *Prepared) Frames() []Frame { return append([]Frame(nil), p.frames...) }

// encoded returns the frames in a form, if they were encoded already.
func (p *Prepared) encoded(form deflate.Form) (e encoding, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.find(form)
}

// find is encoded; the caller holds the lock.
func (p *Prepared) find(form deflate.Form) (e encoding, ok bool) {
	for i := range p.encodings {
		if p.encodings[i].form == form {
			return p.encodings[i], true
		}
	}
	return e, false
}

// encode returns the frames in a form. It compresses without the lock, so that
// nobody waits for it; if two goroutines encode at once, one does so in vain.
func (p *Prepared) encode(form deflate.Form) encoding {
	if e, ok := p.encoded(form); ok {
		return e
	}
	made := p.newEncoding(form)
	p.mu.Lock()
	defer p.mu.Unlock()
	if e, ok := p.find(form); ok {
		return e
	}
	p.encodings = append(p.encodings, made)
	return made
}

func (p *Prepared) newEncoding(form deflate.Form) encoding {
	e := encoding{form: form, bytes: make([]byte, 0, p.size)}
	if form != noForm {
		e.compressed = make([]bool, len(p.frames))
	}
	for i := range p.frames {
		var compressed bool
		if e.bytes, compressed = p.frames[i].encode(e.bytes, form); compressed {
			e.compressed[i] = true
		}
	}
	return e
}

// encode appends the frame in a form, and reports whether it is compressed.
func (f *Frame) encode(dst []byte, form deflate.Form) (encoded []byte, compressed bool) {
	payload, rsv := f.Payload, byte(0)
	if form != noForm && f.IsData() {
		var packed []byte
		if packed, compressed = form.Compress(nil, payload); compressed {
			payload, rsv = packed, frame.RSV1
		}
	}
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, RSV: rsv, Opcode: f.Opcode, Length: int64(len(payload))})
	return append(dst, payload...), compressed
}
