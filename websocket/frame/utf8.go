package frame

import (
	"encoding/binary"
	"unicode/utf8"
)

// UTF8 validates text in pieces of any size. It reports invalid text at the
// first byte that rules out any valid continuation, even within a character.
// The zero value is ready for the start of a text.
type UTF8 struct {
	partial [utf8.UTFMax]byte // an incomplete character at the end of the last piece
	n       uint8             // bytes in partial
}

// Valid checks the next piece and reports whether the text is valid so far.
func (u *UTF8) Valid(piece []byte) bool {
	for u.n > 0 && len(piece) > 0 {
		u.partial[u.n] = piece[0]
		u.n++
		piece = piece[1:]
		if char := u.partial[:u.n]; utf8.FullRune(char) {
			if r, size := utf8.DecodeRune(char); r == utf8.RuneError && size == 1 {
				return false
			}
			u.n = 0
		}
	}
	tail := incompleteLen(piece)
	u.n += uint8(copy(u.partial[u.n:], piece[len(piece)-tail:]))
	return validText(piece[:len(piece)-tail])
}

// Complete reports whether the text ends at the end of a character. It resets u
// for another text.
func (u *UTF8) Complete() bool {
	complete := u.n == 0
	u.n = 0
	return complete
}

// incompleteLen returns the length of the incomplete character at the end of
// b, or 0 if there is none or no byte could complete it.
func incompleteLen(b []byte) int {
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

// validText is utf8.Valid, but faster for short text that begins with ASCII.
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
