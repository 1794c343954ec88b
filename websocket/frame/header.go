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

// The second byte's lengths that say that the length follows in two or in
// eight bytes, and the least length that takes that many.
const (
	length16, least16 = 126, 126
	length64, least64 = 127, 1 << 16
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
// form: [ErrLengthNotMinimal], [ErrLengthTooLarge].
func ParseHeader(b []byte) (h Header, size int, err error) {
	size, err = h.parse(b)
	return h, size, err
}

// parse is ParseHeader in place. It leaves h as it was where b ends too soon.
func (h *Header) parse(b []byte) (size int, err error) {
	if len(b) < 2 {
		return 0, nil
	}
	second := b[1]
	size = HeaderSize(second)
	if len(b) < size {
		return 0, nil
	}
	h.parseFirst(b[0])
	h.Masked, h.Mask = second&maskBit != 0, 0
	if h.Masked {
		h.Mask = binary.LittleEndian.Uint32(b[size-4:])
	}
	switch n := second &^ maskBit; n {
	case length16:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < least16 {
			err = ErrLengthNotMinimal
		}
	case length64:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		if h.Length < 0 {
			err = ErrLengthTooLarge
		} else if h.Length < least64 {
			err = ErrLengthNotMinimal
		}
	default:
		h.Length = int64(n)
	}
	return size, err
}

// parseFirst reads a header's first byte.
func (h *Header) parseFirst(first byte) {
	h.Fin = first&finBit != 0
	h.RSV = first & rsvBits
	h.Opcode = Opcode(first & 0x0F)
}

// parsePart reads the front of a header that has not come whole, of one byte
// at least. What is still to come counts as what breaks no rule: h is masked
// and has the least length that it can have, and the error is one that no
// further byte can mend.
func (h *Header) parsePart(b []byte) error {
	h.parseFirst(b[0])
	h.Masked, h.Length = true, 0
	if len(b) < 2 {
		return nil
	}
	h.Masked = b[1]&maskBit != 0
	h.Length = int64(b[1] &^ maskBit)
	if h.Length < length16 || h.Opcode.IsControl() {
		return nil
	}
	digits, shortest := 2, uint64(least16)
	if h.Length == length64 {
		digits, shortest = 8, least64
	}
	var least, most uint64
	for i := 2; i < 2+digits; i++ {
		least, most = least<<8, most<<8|0xFF
		if i < len(b) {
			least |= uint64(b[i])
			most = most&^0xFF | uint64(b[i])
		}
	}
	h.Length = int64(least)
	switch {
	case h.Length < 0:
		return ErrLengthTooLarge
	case most < shortest:
		return ErrLengthNotMinimal
	}
	return nil
}

// HeaderSize returns the size of a header from its second byte.
func HeaderSize(second byte) int {
	size := 2
	switch second &^ maskBit {
	case length16:
		size = 4
	case length64:
		size = 10
	}
	if second&maskBit != 0 {
		size += 4
	}
	return size
}

// AppendHeader appends h to dst. The length takes its shortest form, as it
// has to (RFC 6455, section 5.2).
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
	case h.Length < least16:
		dst = append(dst, first, second|byte(h.Length))
	case h.Length < least64:
		dst = append(dst, first, second|length16, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, first, second|length64)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = binary.LittleEndian.AppendUint32(dst, h.Mask)
	}
	return dst
}
