package websocket

import (
	"errors"
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// Prepared is one frame, or several in a row, for many connections. It is
// encoded once for each form that they negotiated (plain, and each way to
// compress), when the first one needs it, and then written as it is. It is
// safe for concurrent use.
type Prepared struct {
	frames []Frame
	size   int         // bytes in the payloads, and in what else a frame takes
	parts  []*Prepared // of a Batch

	mu        sync.Mutex
	encodings []encoding

	// Room for the first of each: most have no more.
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

// Prepare returns frames that can be sent to any number of connections by
// [Conn.Send]. The payloads are not copied and must not change any more. It
// returns an error for a close frame and for one that must not be sent.
func Prepare(f Frame, more ...Frame) (*Prepared, error) {
	p := new(Prepared)
	p.frame[0] = f
	p.frames = append(p.frame[:], more...)
	p.encodings = p.encoding[:0]
	for i := range p.frames {
		f := &p.frames[i]
		if err := f.check(false); err != nil {
			return nil, err
		}
		if f.Opcode == frame.Close {
			return nil, errPreparedClose
		}
		p.size += len(f.Payload) + frameOverhead
	}
	return p, nil
}

// Batch returns one of several, for all of it to go out in one write. A
// connection that has no room for it takes the parts for which it has: they
// are accepted or refused one by one, in order.
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

// frameOverhead is what a frame that waits takes besides its payload, in
// bytes, so that the number of small ones is bounded too.
const frameOverhead = 64

var errPreparedClose = errors.New("websocket: a close frame cannot be prepared; use Conn.Close")

// Frames returns the frames that were prepared.
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
