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

	mu    sync.Mutex
	forms []form // guarded by mu

	// The backing arrays of frames and forms: most need one of each.
	frame [1]Frame
	form  [1]form
}

// form is the encoding for connections that negotiated the same compression.
type form struct {
	key      deflate.Form // zero: none
	encoded  []byte
	squeezed []bool // by frame, whether it is compressed; nil: none is
}

// Prepare returns frames to send with [Conn.Send] to any number of connections.
// It doesn't copy the payloads: don't change them afterwards. It rejects close
// frames and frames that a callback must not send either, such as text that is
// not UTF-8.
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

var errPreparedClose = errors.New("websocket: a close frame cannot be prepared; use Conn.Close")

// Frames returns a copy of the list of frames. The payloads are shared.
func (p *Prepared) Frames() []Frame { return append([]Frame(nil), p.frames...) }

// encoded returns the frames in a form, which it makes if it is the first to
// ask for it.
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

// encode appends the frame in a form. It reports whether it compressed the
// payload: a message that would grow goes out plain.
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
