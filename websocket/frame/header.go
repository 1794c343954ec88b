package frame

import "encoding/binary"

// MaxHeaderSize is the size of the longest header, in bytes.
const MaxHeaderSize = 14

// MaxControlSize is the largest payload of a control frame, in bytes
// (RFC 6455, section 5.5).
const MaxControlSize = 125

// The bits of a header's first and second byte.
const (
	finBit  = 0x80
	rsvBits = 0x70
	maskBit = 0x80
)

// RSV1 is the reserved bit that the compression extensions use, as it stands
// in [Header].
const RSV1 = 0x40

// Header is the header of a frame (RFC 6455, section 5.2).
type Header struct {
	Fin    bool
	RSV    byte // the reserved bits in place: 0x40, 0x20 and 0x10
	Opcode Opcode
	Masked bool
	Mask   uint32 // the masking key, its first byte the least significant
	Length int64  // of the payload, in bytes
}

// ParseHeader reads a header from the front of b and returns its size, or 0
// where b ends before the header does. It checks no more than the length's
// form.
func ParseHeader(b []byte) (h Header, size int, err error) {
	if len(b) < 2 {
		return h, 0, nil
	}
	h.Fin = b[0]&finBit != 0
	h.RSV = b[0] & rsvBits
	h.Opcode = Opcode(b[0] & 0x0F)
	h.Masked = b[1]&maskBit != 0
	size = HeaderSize(b[1])
	if len(b) < size {
		return h, 0, nil
	}
	switch n := b[1] &^ maskBit; n {
	case 126:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < 126 {
			return h, size, ErrLengthNotMinimal
		}
	case 127:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		if h.Length < 0 {
			return h, size, ErrLengthTooLarge
		}
		if h.Length < 1<<16 {
			return h, size, ErrLengthNotMinimal
		}
	default:
		h.Length = int64(n)
	}
	if h.Masked {
		h.Mask = binary.LittleEndian.Uint32(b[size-4:])
	}
	return h, size, nil
}

// HeaderSize returns the size of a header from its second byte.
func HeaderSize(second byte) int {
	size := 2
	switch second &^ maskBit {
	case 126:
		size = 4
	case 127:
		size = 10
	}
	if second&maskBit != 0 {
		size += 4
	}
	return size
}

// AppendHeader appends h to dst.
func AppendHeader(dst []byte, h Header) []byte {
	first := byte(h.Opcode) | h.RSV
	if h.Fin {
		first |= finBit
	}
	var second byte
	if h.Masked {
		second = maskBit
	}
	switch {
	case h.Length < 126:
		dst = append(dst, first, second|byte(h.Length))
	case h.Length < 1<<16:
		dst = append(dst, first, second|126, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, first, second|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = binary.LittleEndian.AppendUint32(dst, h.Mask)
	}
	return dst
}
