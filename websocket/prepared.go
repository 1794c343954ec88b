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

	mu    sync.Mutex
	forms []form

	// The first of each, for most have no more.
	frame [1]Frame
	form  [1]form
}

// form is frames as they go out to connections of one form.
type form struct {
	key      deflate.Form
	encoded  []byte
	squeezed []bool // which frames are compressed; nil: none
}

// Prepare returns frames that can be sent to any number of connections by
// [Conn.Send]. The payloads are not copied and must not change any more. It
// returns an error for a close frame and for one that must not be sent.
func Prepare(f Frame, more ...Frame) (*Prepared, error) {
	p := new(Prepared)
	p.frame[0] = f
	p.frames = append(p.frame[:], more...)
	p.forms = p.form[:0]
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

// encoded is the frames in a form; the zero form is the plain one.
func (p *Prepared) encoded(key deflate.Form) form {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.forms {
		if p.forms[i].key == key {
			return p.forms[i]
		}
	}
	made := form{key: key, encoded: make([]byte, 0, p.size)}
	if key != (deflate.Form{}) {
		made.squeezed = make([]bool, len(p.frames))
	}
	for i := range p.frames {
		var squeezed bool
		if made.encoded, squeezed = p.frames[i].encode(made.encoded, key); squeezed {
			made.squeezed[i] = true
		}
	}
	p.forms = append(p.forms, made)
	return made
}

// encode appends the frame in a form, and reports whether it is compressed.
func (f *Frame) encode(dst []byte, key deflate.Form) (encoded []byte, squeezed bool) {
	payload, rsv := f.Payload, byte(0)
	if key != (deflate.Form{}) && f.IsData() {
		var packed []byte
		if packed, squeezed = key.Compress(nil, payload); squeezed {
			payload, rsv = packed, frame.RSV1
		}
	}
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, RSV: rsv, Opcode: f.Opcode, Length: int64(len(payload))})
	return append(dst, payload...), squeezed
}
