package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// ParseClose splits the payload of a close frame into code and reason
// (RFC 6455, section 5.5.1). For an empty payload the code is [NoStatus]. The
// errors are [ErrCloseTooShort], [ErrCloseCode] and [ErrUTF8].
func ParseClose(payload []byte, skipUTF8 bool) (code CloseCode, reason []byte, err error) {
	switch len(payload) {
	case 0:
		return NoStatus, nil, nil
	case 1:
		return 0, nil, ErrCloseTooShort
	}
	code = CloseCode(binary.BigEndian.Uint16(payload))
	if !code.Valid() {
		return code, nil, ErrCloseCode
	}
	if reason = payload[2:]; !skipUTF8 && !utf8.Valid(reason) {
		return code, nil, ErrUTF8
	}
	return code, reason, nil
}

// AppendClose appends an unmasked close frame to dst. With [NoStatus] its
// payload is empty. The reason must be UTF-8 and at most 123 bytes long.
func AppendClose(dst []byte, code CloseCode, reason string) []byte {
	if code == NoStatus {
		return AppendHeader(dst, Header{Fin: true, Opcode: Close})
	}
	dst = AppendHeader(dst, Header{Fin: true, Opcode: Close, Length: int64(2 + len(reason))})
	dst = binary.BigEndian.AppendUint16(dst, uint16(code))
	return append(dst, reason...)
}
