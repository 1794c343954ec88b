package frame

import "encoding/binary"

// MaxHeaderSize is the maximum size of a header in bytes.
const MaxHeaderSize = 14

// MaxControlSize is the maximum payload of a control frame in bytes (RFC 6455,
// section 5.5).
const MaxControlSize = 125

// Bits of a header's first and second byte.
const (
	finBit  = 0x80
	rsvBits = 0x70
	maskBit = 0x80
)

// A length marker in the second byte means that the length follows in two or
// eight bytes. Shorter lengths than the minimum must not use that form.
const (
	marker16, min16 = 126, 126
	marker64, min64 = 127, 1 << 16
)

// RSV1 is the bit of [Header].RSV that compression extensions use.
const RSV1 = 0x40

// Header is the header of a frame (RFC 6455, section 5.2).
type Header struct {
	Fin    bool
	RSV    byte // the reserved bits RSV1 to RSV3: 0x40, 0x20, 0x10
	Opcode Opcode
	Masked bool
	Mask   uint32 // the masking key, first byte least significant
	Length int64  // of the payload in bytes
}

// ParseHeader parses the header at the beginning of b and returns its size, or
// 0 if b ends before the header does. It checks only the encoding of the
// length; its errors are [ErrLengthNotMinimal] and [ErrLengthTooLarge].
func ParseHeader(b []byte) (h Header, size int, err error) {
	size, err = h.parse(b)
	return h, size, err
}

// parse implements ParseHeader. It leaves h unchanged if b ends too soon.
func (h *Header) parse(b []byte) (size int, err error) {
	if len(b) < 2 {
		return 0, nil
	}
	second := b[1]
	size = HeaderSize(second)
	if len(b) < size {
		return 0, nil
	}
	h.parseFirstByte(b[0])
	h.Masked, h.Mask = second&maskBit != 0, 0
	if h.Masked {
		h.Mask = binary.LittleEndian.Uint32(b[size-4:])
	}
	switch n := second &^ maskBit; n {
	case marker16:
		h.Length = int64(binary.BigEndian.Uint16(b[2:]))
		if h.Length < min16 {
			err = ErrLengthNotMinimal
		}
	case marker64:
		h.Length = int64(binary.BigEndian.Uint64(b[2:]))
		if h.Length < 0 {
			err = ErrLengthTooLarge
		} else if h.Length < min64 {
			err = ErrLengthNotMinimal
		}
	default:
		h.Length = int64(n)
	}
	return size, err
}

func (h *Header) parseFirstByte(first byte) {
	h.Fin = first&finBit != 0
	h.RSV = first & rsvBits
	h.Opcode = Opcode(first & 0x0F)
}

// parsePartial parses an incomplete header of at least one byte. It assumes
// valid bytes to follow: h is masked and has the smallest possible length. It
// returns an error only if any continuation of b is invalid.
func (h *Header) parsePartial(b []byte) error {
	h.parseFirstByte(b[0])
	h.Masked, h.Length = true, 0
	if len(b) < 2 {
		return nil
	}
	h.Masked = b[1]&maskBit != 0
	h.Length = int64(b[1] &^ maskBit)
	if h.Length < marker16 || h.Opcode.IsControl() {
		return nil
	}
	size, minimum := 2, uint64(min16)
	if h.Length == marker64 {
		size, minimum = 8, min64
	}
	var low, high uint64 // bounds of the length
	for i := 2; i < 2+size; i++ {
		low, high = low<<8, high<<8|0xFF
		if i < len(b) {
			low |= uint64(b[i])
			high = high&^0xFF | uint64(b[i])
		}
	}
	h.Length = int64(low)
	switch {
	case h.Length < 0:
		return ErrLengthTooLarge
	case high < minimum:
		return ErrLengthNotMinimal
	}
	return nil
}

// HeaderSize returns the size in bytes of a header with that second byte.
func HeaderSize(second byte) int {
	size := 2
	switch second &^ maskBit {
	case marker16:
		size = 4
	case marker64:
		size = 10
	}
	if second&maskBit != 0 {
		size += 4
	}
	return size
}

// AppendHeader appends h to dst, with the length in its shortest form
// (RFC 6455, section 5.2).
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
	case h.Length < min16:
		dst = append(dst, first, second|byte(h.Length))
	case h.Length < min64:
		dst = append(dst, first, second|marker16, byte(h.Length>>8), byte(h.Length))
	default:
		dst = append(dst, first, second|marker64)
		dst = binary.BigEndian.AppendUint64(dst, uint64(h.Length))
	}
	if h.Masked {
		dst = binary.LittleEndian.AppendUint32(dst, h.Mask)
	}
	return dst
}
