package frame_test

import (
	"sync"
	"unicode/utf8"

	"github.com/cowhand/cowhand/websocket/frame"
)

// reference is a parser of whole streams that is as plain as can be: the
// judge of the Parser's events and errors.
type reference struct {
	settings
	opcode  frame.Opcode // of the message under way
	packed  bool
	message []byte // as far as it is inflated
	pieces  []byte // of it that are to be inflated together
	events  []event
}

// parse returns the stream's events up to its end or its first fault.
func (r reference) parse(in []byte) ([]event, error) {
	for len(in) > 0 {
		if err := r.checkFirst(in[0]); err != nil {
			return r.events, err
		}
		if len(in) < 2 {
			break
		}
		size := 2 + map[byte]int{126: 2, 127: 8}[in[1]&0x7F] + 4
		if in[1]&0x80 == 0 {
			return r.events, frame.ErrUnmasked
		}
		if len(in) < size {
			return r.events, r.checkCut(in, size)
		}
		length, err := r.length(in)
		if err != nil {
			return r.events, err
		}
		first, key := in[0], in[size-4:size]
		in = in[size:]
		var payload []byte
		for i := range min(length, uint64(len(in))) {
			payload = append(payload, in[i]^key[i%4])
		}
		in = in[len(payload):]
		if err := r.take(first, payload, uint64(len(payload)) == length); err != nil {
			return r.events, err
		}
	}
	return r.events, nil
}

// checkCut checks a header that is cut off: it is bad where it is as bad
// with the least as with the most that may follow.
func (r reference) checkCut(in []byte, size int) error {
	least, most := make([]byte, size), make([]byte, size)
	for i := range most {
		most[i] = 0xFF
	}
	copy(least, in)
	copy(most, in)
	_, low := r.length(least)
	_, high := r.length(most)
	if low == high {
		return low
	}
	return nil
}

func (r reference) checkFirst(first byte) error {
	opcode := frame.Opcode(first & 0x0F)
	data := opcode == frame.Text || opcode == frame.Binary
	switch {
	case first&0x30 != 0,
		first&0x40 != 0 && !r.deflate,
		first&0x40 != 0 && !data && !(r.perFrame && opcode == frame.Continuation):
		return frame.ErrReservedBits
	case opcode > 2 && opcode < 8 || opcode > 10:
		return frame.ErrReservedOpcode
	case opcode >= 8 && first&0x80 == 0:
		return frame.ErrFragmentedControl
	case opcode == 0 && r.opcode == 0:
		return frame.ErrStrayContinuation
	case data && r.opcode != 0:
		return frame.ErrInterleaved
	}
	return nil
}

func (r reference) length(header []byte) (uint64, error) {
	control := header[0]&0x08 != 0
	length, shortest := uint64(header[1]&0x7F), uint64(0)
	digits := map[uint64]int{126: 2, 127: 8}[length]
	if digits > 0 {
		if control {
			return 0, frame.ErrControlTooLong
		}
		length, shortest = 0, map[int]uint64{2: 126, 8: 65536}[digits]
		for _, digit := range header[2 : 2+digits] {
			length = length<<8 | uint64(digit)
		}
	}
	total := length + uint64(len(r.message)+len(r.pieces))
	switch {
	case length >= 1<<63:
		return 0, frame.ErrLengthTooLarge
	case length < shortest:
		return 0, frame.ErrLengthNotMinimal
	case !control && (total >= 1<<63 || r.maxSize > 0 && total > uint64(r.maxSize)):
		return 0, frame.ErrTooBig
	}
	return length, nil
}

// take takes what there is of a frame's payload.
func (r *reference) take(first byte, payload []byte, whole bool) error {
	opcode, fin := frame.Opcode(first&0x0F), first&0x80 != 0
	if opcode >= 8 {
		if whole {
			r.events = append(r.events, event{opcode, string(payload)})
		}
		return nil
	}
	if opcode != 0 {
		r.opcode, r.packed = opcode, first&0x40 != 0
	} else if r.perFrame {
		r.packed = first&0x40 != 0
	}
	if r.packed {
		r.pieces = append(r.pieces, payload...)
		if whole && (fin || r.perFrame) {
			limit := r.maxSize
			if limit > 0 && limit == int64(len(r.message)) {
				limit = -1
			} else if limit > 0 {
				limit -= int64(len(r.message))
			}
			out, err := runs{}.Inflate(nil, r.pieces, limit)
			if err != nil {
				return err
			}
			r.message, r.pieces = append(r.message, out...), nil
		}
	} else {
		r.message = append(r.message, payload...)
	}
	checked := r.opcode == frame.Text && !r.skipUTF8
	if checked && !beginsText(r.message) {
		return frame.ErrUTF8
	}
	if !fin || !whole {
		return nil
	}
	if checked && !utf8.Valid(r.message) {
		return frame.ErrUTF8
	}
	r.events = append(r.events, event{r.opcode, string(r.message)})
	r.opcode, r.message = 0, nil
	return nil
}

// beginsText reports whether b is the beginning of some valid text.
func beginsText(b []byte) bool {
	for back := 0; back <= 3 && back <= len(b); back++ {
		end := len(b) - back
		if utf8.Valid(b[:end]) {
			return back == 0 || characterBegins()[string(b[end:])]
		}
	}
	return false
}

// characterBegins holds the proper beginnings of all characters.
var characterBegins = sync.OnceValue(func() map[string]bool {
	begins := map[string]bool{}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		for s := string(r); len(s) > 1; {
			s = s[:len(s)-1]
			begins[s] = true
		}
	}
	return begins
})

// runs is an Inflater of a toy format: pairs of a count and a byte.
type runs struct{}

func (runs) Inflate(dst, payload []byte, limit int64) ([]byte, error) {
	for size := int64(0); len(payload) > 0; payload = payload[2:] {
		if len(payload) == 1 {
			return dst, frame.ErrDeflate
		}
		if size += int64(payload[0]); limit < 0 && size > 0 || limit > 0 && size > limit {
			return dst, frame.ErrTooBig
		}
		for range payload[0] {
			dst = append(dst, payload[1])
		}
	}
	return dst, nil
}
