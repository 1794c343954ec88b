package websocket

import (
	"fmt"
	"unicode/utf8"

	"github.com/cowhand/cowhand/websocket/frame"
)

// CloseCode is the status code of a close frame (RFC 6455, section 7.4); the
// names are in package frame.
type CloseCode = frame.CloseCode

// Frame is a frame to or from the peer: Cowboy's {text, Data} and its like.
// Frames from the peer are whole messages, or pings and pongs. To make one
// for the peer there are [Text], [Binary], [Ping], [Pong] and [Close]. Bytes
// that are sent are not copied, and must not be changed afterwards.
type Frame struct {
	Opcode  frame.Opcode
	Payload []byte    // of a close frame: the reason
	Code    CloseCode // of a close frame; 0: no payload at all
}

// Text is a text frame. Data has to be UTF-8, unless
// Options.SkipUTF8Validation is set; what is not is the handler's bug and
// ends the connection like a crash.
func Text[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Text, Payload: []byte(data)}
}

// Binary is a binary frame.
func Binary[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Binary, Payload: []byte(data)}
}

// Ping is a ping frame of at most 125 bytes.
func Ping[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Ping, Payload: []byte(data)}
}

// Pong is an unsolicited pong frame of at most 125 bytes; pings are answered
// without it.
func Pong[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Pong, Payload: []byte(data)}
}

// Close is a close frame, which ends the connection: nothing is sent after
// it. Code 0 sends it without a payload; the reason is UTF-8 of at most 123
// bytes.
func Close(code CloseCode, reason string) Frame {
	return Frame{Opcode: frame.Close, Code: code, Payload: []byte(reason)}
}

// IsData reports whether f is text or binary.
func (f Frame) IsData() bool { return f.Opcode.IsData() }

// IsText reports whether f is text.
func (f Frame) IsText() bool { return f.Opcode == frame.Text }

// IsBinary reports whether f is binary.
func (f Frame) IsBinary() bool { return f.Opcode == frame.Binary }

// IsPing reports whether f is a ping.
func (f Frame) IsPing() bool { return f.Opcode == frame.Ping }

// IsPong reports whether f is a pong.
func (f Frame) IsPong() bool { return f.Opcode == frame.Pong }

// String returns the frame's kind and the beginning of its payload, for logs
// and tests.
func (f Frame) String() string {
	const most = 64
	payload := f.Payload
	if len(payload) > most {
		payload = payload[:most]
	}
	if f.Opcode == frame.Close {
		return fmt.Sprintf("close %d %q", f.Code, payload)
	}
	return fmt.Sprintf("%v %q (%d bytes)", f.Opcode, payload, len(f.Payload))
}

// check returns what is wrong with a frame that a handler wants to send.
func (f *Frame) check(skipUTF8 bool) error {
	switch f.Opcode {
	case frame.Text:
		if !skipUTF8 && !utf8.Valid(f.Payload) {
			return fmt.Errorf("websocket: the handler sent a text frame that is not UTF-8: %v", *f)
		}
	case frame.Binary:
	case frame.Ping, frame.Pong:
		if len(f.Payload) > frame.MaxControlSize {
			return fmt.Errorf("websocket: the handler sent a %v of %d bytes; at most %d are allowed", f.Opcode, len(f.Payload), frame.MaxControlSize)
		}
	case frame.Close:
		return f.checkClose()
	default:
		return fmt.Errorf("websocket: the handler sent a frame of opcode %d; use Text, Binary, Ping, Pong or Close", byte(f.Opcode))
	}
	return nil
}

func (f *Frame) checkClose() error {
	const most = frame.MaxControlSize - 2
	switch {
	case f.Code == 0 && len(f.Payload) > 0:
		return fmt.Errorf("websocket: the handler sent a close frame with a reason (%q) but no code", f.Payload)
	case f.Code != 0 && !f.Code.Valid():
		return fmt.Errorf("websocket: the handler sent close code %d; allowed are 1000 to 1003, 1007 to 1014 and 3000 to 4999", f.Code)
	case len(f.Payload) > most:
		return fmt.Errorf("websocket: the handler sent a close reason of %d bytes; at most %d are allowed", len(f.Payload), most)
	case !utf8.Valid(f.Payload):
		return fmt.Errorf("websocket: the handler sent a close reason that is not UTF-8: %q", f.Payload)
	}
	return nil
}
