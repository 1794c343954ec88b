package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// UTF8 checks text that comes in pieces; the zero value is at the start of a
// text. It finds a fault at the first byte that no valid text could have
// there, in the middle of a character too.
type UTF8 struct {
	partial [utf8.UTFMax]byte // the bytes so far of a character cut by a piece's end
	n       uint8
}

// Valid takes the next piece and reports whether the text is valid so far.
func (u *UTF8) Valid(piece []byte) bool {
	for u.n > 0 && len(piece) > 0 {
		u.partial[u.n] = piece[0]
		u.n++
		piece = piece[1:]
		if begun := u.partial[:u.n]; utf8.FullRune(begun) {
			if r, size := utf8.DecodeRune(begun); r == utf8.RuneError && size == 1 {
				return false
			}
			u.n = 0
		}
	}
	tail := cutCharacter(piece)
	u.n += uint8(copy(u.partial[u.n:], piece[len(piece)-tail:]))
	return validText(piece[:len(piece)-tail])
}

// Complete reports whether the text ends with a whole character, and goes
// back to the start of a text.
func (u *UTF8) Complete() bool {
	whole := u.n == 0
	u.n = 0
	return whole
}

// cutCharacter returns how many bytes at the end of b begin a character that
// valid bytes could yet complete.
func cutCharacter(b []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		if last := b[len(b)-back:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return back
		}
	}
	return 0
}

// validText is utf8.Valid, faster for short texts that begin with ASCII, as
// most do.
func validText(b []byte) bool {
	const high = 0x8080808080808080
	for len(b) >= 32 {
		words := binary.LittleEndian.Uint64(b) | binary.LittleEndian.Uint64(b[8:]) |
			binary.LittleEndian.Uint64(b[16:]) | binary.LittleEndian.Uint64(b[24:])
		if words&high != 0 {
			break
		}
		b = b[32:]
	}
	for len(b) >= 8 && binary.LittleEndian.Uint64(b)&high == 0 {
		b = b[8:]
	}
	return len(b) == 0 || utf8.Valid(b)
}
