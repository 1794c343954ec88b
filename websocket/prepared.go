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
	size   int // bytes in the payloads

	mu    sync.Mutex
	forms []form
}

type form struct {
	key     deflate.Form
	encoded []byte
}

// Prepare returns frames that can be sent to any number of connections by
// [Conn.Send]. The payloads are not copied and must not change any more. It
// returns an error for a close frame and for one that must not be sent.
func Prepare(f Frame, more ...Frame) (*Prepared, error) {
	p := &Prepared{frames: append([]Frame{f}, more...)}
	for i := range p.frames {
		f := &p.frames[i]
		if err := f.check(false); err != nil {
			return nil, err
		}
		if f.Opcode == frame.Close {
			return nil, errPreparedClose
		}
		p.size += len(f.Payload)
	}
	return p, nil
}

var errPreparedClose = errors.New("websocket: a close frame cannot be prepared; use Conn.Close")

// Frames returns the frames that were prepared.
func (p *Prepared) Frames() []Frame { return append([]Frame(nil), p.frames...) }

// encoded is the frames in a form; the zero form is the plain one.
func (p *Prepared) encoded(key deflate.Form) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.forms {
		if p.forms[i].key == key {
			return p.forms[i].encoded
		}
	}
	encoded := make([]byte, 0, p.size+len(p.frames)*frame.MaxHeaderSize)
	for i := range p.frames {
		encoded = p.frames[i].encode(encoded, key)
	}
	p.forms = append(p.forms, form{key, encoded})
	return encoded
}

// encode appends the frame in a form.
func (f *Frame) encode(dst []byte, key deflate.Form) []byte {
	payload, rsv := f.Payload, byte(0)
	if key != (deflate.Form{}) && f.IsData() {
		if packed, ok := key.Compress(nil, payload); ok {
			payload, rsv = packed, frame.RSV1
		}
	}
	dst = frame.AppendHeader(dst, frame.Header{Fin: true, RSV: rsv, Opcode: f.Opcode, Length: int64(len(payload))})
	return append(dst, payload...)
}
