package websockettest

import (
	"encoding/binary"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
)

// appendMasked appends a client's frame. Its masking key is 0.
func appendMasked(b []byte, f websocket.Frame) []byte {
	payload := f.Payload
	if f.Opcode == frame.Close && f.Code != 0 {
		payload = append(binary.BigEndian.AppendUint16(nil, uint16(f.Code)), f.Payload...)
	}
	b = frame.AppendHeader(b, frame.Header{Fin: true, Opcode: f.Opcode, Masked: true, Length: int64(len(payload))})
	return append(b, payload...)
}

// cutFrame splits b after its first frame, which is complete and unmasked.
func cutFrame(b []byte) (f websocket.Frame, rest []byte) {
	h, size, _ := frame.ParseHeader(b)
	end := size + int(h.Length)
	f = plain(websocket.Frame{Opcode: h.Opcode, Payload: b[size:end]})
	if h.Opcode == frame.Close && len(f.Payload) >= 2 {
		f.Code = websocket.CloseCode(binary.BigEndian.Uint16(f.Payload))
		f.Payload = f.Payload[2:]
	}
	return f, b[end:]
}
