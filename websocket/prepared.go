package websocket

import (
	"errors"
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// Prepared is a frame for many connections. It is encoded once for each form
// that they negotiated (plain, and each way to compress), when the first one
// needs it. It is safe for concurrent use.
type Prepared struct {
	opcode  frame.Opcode
	payload []byte

	mu    sync.Mutex
	forms []form
}

type form struct {
	key     deflate.Form
	encoded []byte
}

// Prepare returns a frame that can be sent to any number of connections by
// [Conn.Send]. The payload is not copied and must not change any more. It
// returns an error for a close frame and for one that must not be sent.
func Prepare(f Frame) (*Prepared, error) {
	if err := f.check(false); err != nil {
		return nil, err
	}
	if f.Opcode == frame.Close {
		return nil, errPreparedClose
	}
	return &Prepared{opcode: f.Opcode, payload: f.Payload}, nil
}

var errPreparedClose = errors.New("websocket: a close frame cannot be prepared; use Conn.Close")

// Frame returns the frame that was prepared.
func (p *Prepared) Frame() Frame {
	return Frame{Opcode: p.opcode, Payload: p.payload, checked: true}
}

// plain is the frame uncompressed.
func (p *Prepared) plain() []byte { return p.encoded(deflate.Form{}) }

// encoded is the frame in a form.
func (p *Prepared) encoded(key deflate.Form) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.forms {
		if p.forms[i].key == key {
			return p.forms[i].encoded
		}
	}
	encoded := p.encode(key)
	p.forms = append(p.forms, form{key, encoded})
	return encoded
}

func (p *Prepared) encode(key deflate.Form) []byte {
	payload, rsv := p.payload, byte(0)
	if key != (deflate.Form{}) && p.opcode.IsData() {
		if packed, ok := key.Compress(nil, payload); ok {
			payload, rsv = packed, frame.RSV1
		}
	}
	encoded := make([]byte, 0, frame.MaxHeaderSize+len(payload))
	encoded = frame.AppendHeader(encoded, frame.Header{Fin: true, RSV: rsv, Opcode: p.opcode, Length: int64(len(payload))})
	return append(encoded, payload...)
}

// isCompressed reports whether an encoded frame has RSV1 set.
func isCompressed(encoded []byte) bool { return encoded[0]&frame.RSV1 != 0 }
