package websocket

import (
	"fmt"
	"unicode/utf8"

	"github.com/cowhand/cowhand/websocket/frame"
)

// Frame is a message, ping or pong from the client, or a frame to send to it.
// [Text], [Binary], [Ping], [Pong] and [Close] make frames to send. Sending
// doesn't copy the payload: don't change it afterwards. Cowboy: {text, Data}
// and its like.
type Frame struct {
	Opcode  Opcode
	Code    CloseCode // only of a close frame; 0: it has no payload
	Payload []byte    // of a close frame: the reason
}

// Text makes a text frame. Data must be UTF-8, unless
// [Options].SkipUTF8Validation is set: sending invalid text ends the
// connection like a panic.
func Text[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Text, Payload: []byte(data)}
}

// Binary makes a binary frame.
func Binary[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Binary, Payload: []byte(data)}
}

// Ping makes a ping frame with at most 125 bytes of data.
func Ping[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Ping, Payload: []byte(data)}
}

// Pong makes a pong frame with at most 125 bytes of data. Cowhand answers
// pings by itself, so this is for unsolicited pongs.
func Pong[T string | []byte](data T) Frame {
	return Frame{Opcode: frame.Pong, Payload: []byte(data)}
}

// Close makes a close frame. Sending it starts the closing handshake, and
// Cowhand sends nothing after it. The reason is UTF-8 of at most 123 bytes. Code
// 0 makes a frame without a payload; then the reason must be empty. Other codes
// are 1000 to 1003, 1007 to 1014 and 3000 to 4999.
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

// String returns the kind of frame and the first 64 bytes of its payload, for
// logs and tests.
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

// check rejects frames that a handler must not send.
func (f Frame) check(skipUTF8 bool) error {
	switch f.Opcode {
	case frame.Text:
		if !skipUTF8 && !utf8.Valid(f.Payload) {
			return fmt.Errorf("websocket: the handler sent a text frame that is not UTF-8: %v", f)
		}
	case frame.Binary:
	case frame.Ping, frame.Pong:
		if len(f.Payload) > frame.MaxControlSize {
			return fmt.Errorf("websocket: the handler sent a %v of %d bytes; at most %d are allowed", f.Opcode, len(f.Payload), frame.MaxControlSize)
		}
	case frame.Close:
		return f.checkClose()
	case notJSON:
		return fmt.Errorf("websocket: the handler sent a value that JSON can't encode: %s", f.Payload)
	default:
		return fmt.Errorf("websocket: the handler sent a frame of opcode %d; use Text, Binary, Ping, Pong or Close", byte(f.Opcode))
	}
	return nil
}

func (f Frame) checkClose() error {
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
