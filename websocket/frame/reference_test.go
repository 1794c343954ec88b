package frame_test

import (
	"sync"
	"unicode/utf8"

	"github.com/cowhand/cowhand/websocket/frame"
)

// reference is a simple parser of whole streams. Tests compare its events and
// errors with the Parser's.
type reference struct {
	settings
	opcode     frame.Opcode // of the current message
	compressed bool
	message    []byte // plain or inflated
	pending    []byte // not inflated yet
	events     []event
}

// parse returns the stream's events up to its end or its first error.
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
			return r.events, r.checkPartial(in, size)
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
		if err := r.addPayload(first, payload, uint64(len(payload)) == length); err != nil {
			return r.events, err
		}
	}
	return r.events, nil
}

// checkPartial returns the error of an incomplete header: the one that it has
// with the lowest and with the highest bytes to follow.
func (r reference) checkPartial(in []byte, size int) error {
	low, high := make([]byte, size), make([]byte, size)
	for i := range high {
		high[i] = 0xFF
	}
	copy(low, in)
	copy(high, in)
	_, lowErr := r.length(low)
	_, highErr := r.length(high)
	if lowErr == highErr {
		return lowErr
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
	length, minimum := uint64(header[1]&0x7F), uint64(0)
	size := map[uint64]int{126: 2, 127: 8}[length]
	if size > 0 {
		if control {
			return 0, frame.ErrControlTooLong
		}
		length, minimum = 0, map[int]uint64{2: 126, 8: 65536}[size]
		for _, b := range header[2 : 2+size] {
			length = length<<8 | uint64(b)
		}
	}
	total := length + uint64(len(r.message)+len(r.pending))
	switch {
	case length >= 1<<63:
		return 0, frame.ErrLengthTooLarge
	case length < minimum:
		return 0, frame.ErrLengthNotMinimal
	case !control && (total >= 1<<63 || r.maxSize > 0 && total > uint64(r.maxSize)):
		return 0, frame.ErrTooBig
	}
	return length, nil
}

// addPayload handles a frame's payload, which may be incomplete at the end of
// the stream.
func (r *reference) addPayload(first byte, payload []byte, complete bool) error {
	opcode, fin := frame.Opcode(first&0x0F), first&0x80 != 0
	if opcode >= 8 {
		if complete {
			r.events = append(r.events, event{opcode, string(payload)})
		}
		return nil
	}
	if opcode != 0 {
		r.opcode, r.compressed = opcode, first&0x40 != 0
	} else if r.perFrame {
		r.compressed = first&0x40 != 0
	}
	if r.compressed {
		r.pending = append(r.pending, payload...)
		if complete && (fin || r.perFrame) {
			limit := r.maxSize
			if limit > 0 && limit == int64(len(r.message)) {
				limit = -1
			} else if limit > 0 {
				limit -= int64(len(r.message))
			}
			out, err := runs{}.Inflate(nil, r.pending, limit)
			if err != nil {
				return err
			}
			r.message, r.pending = append(r.message, out...), nil
		}
	} else {
		r.message = append(r.message, payload...)
	}
	checked := r.opcode == frame.Text && !r.skipUTF8
	if checked && !beginsText(r.message) {
		return frame.ErrUTF8
	}
	if !fin || !complete {
		return nil
	}
	if checked && !utf8.Valid(r.message) {
		return frame.ErrUTF8
	}
	r.events = append(r.events, event{r.opcode, string(r.message)})
	r.opcode, r.message = 0, nil
	return nil
}

// beginsText reports whether more bytes can make b valid text.
func beginsText(b []byte) bool {
	for back := 0; back <= 3 && back <= len(b); back++ {
		end := len(b) - back
		if utf8.Valid(b[:end]) {
			return back == 0 || characterPrefixes()[string(b[end:])]
		}
	}
	return false
}

// characterPrefixes returns the proper prefixes of all encoded characters.
var characterPrefixes = sync.OnceValue(func() map[string]bool {
	prefixes := map[string]bool{}
	for r := rune(0); r <= utf8.MaxRune; r++ {
		if !utf8.ValidRune(r) {
			continue
		}
		for s := string(r); len(s) > 1; {
			s = s[:len(s)-1]
			prefixes[s] = true
		}
	}
	return prefixes
})

// runs is an Inflater for a run-length encoding: pairs of a count and a byte.
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
