package deflate

import (
	"encoding/binary"
	"errors"
	"runtime"
)

// Errors of Decompressor.Decompress. Both must end the connection.
var (
	// ErrCorrupt means that the data is not DEFLATE, ends early, or refers
	// to bytes before the window. Close with 1002, as Cowboy does.
	ErrCorrupt = errors.New("deflate: corrupt data")

	// ErrTooLarge means that a message inflates to more than the limit.
	// Close with 1009.
	ErrTooLarge = errors.New("deflate: message inflates to more than the limit")
)

// inflater decompresses DEFLATE (RFC 1951) from memory to memory. It is pooled,
// so it must keep nothing of a message.
type inflater struct {
	src    []byte
	pos    int    // next byte of src, then of the tail, then of endless zeros
	bits   uint64 // bits before pos that are not used yet, the next one lowest
	nbits  uint
	window []byte // output before this message, oldest first

	out   []byte // as far as it may be filled before the next turn of other goroutines
	start int    // the message is out[start:n]
	n     int
	end   int // limit of n

	literals, distances, lengths decodeTable
	codeLengths                  [numLiterals + 2 + numDistances + 2]uint8
}

// tail ends every message, but isn't sent (RFC 7692, section 7.2.1).
const tail = "\x00\x00\xff\xff"

// inflate appends the inflated message to dst: at most limit bytes, unless
// limit is negative.
func (f *inflater) inflate(dst, src, window []byte, limit int) ([]byte, error) {
	f.src, f.pos, f.bits, f.nbits, f.window = src, 0, 0, 0, window
	f.start, f.n = len(dst), len(dst)
	f.use(dst, 0)
	f.end = int(^uint(0) >> 1)
	if limit >= 0 && limit < f.end-f.start {
		f.end = f.start + limit
	}
	err := f.message()
	out := f.out[:f.n]
	f.src, f.window, f.out = nil, nil, nil
	if err != nil {
		return dst, err
	}
	return out, nil
}

// message inflates all blocks. The last one is the empty block that ends with
// the tail. Encoders that cannot flush send whole blocks instead (RFC 7692,
// section 7.2.3.4), so a message may also end with any other block.
func (f *inflater) message() error {
	for !f.atEnd() {
		header := f.take(3)
		var err error
		switch header >> 1 {
		case 0:
			err = f.stored()
		case 1:
			err = f.compressed(&fixedLiteralTable, &fixedDistanceTable)
		case 2:
			if err = f.dynamicCodes(); err == nil {
				err = f.compressed(&f.literals, &f.distances)
			}
		default:
			err = ErrCorrupt
		}
		if err == nil {
			err = f.overrun()
		}
		if err != nil {
			return err
		}
		if header&1 != 0 { // BFINAL: the next block starts on a byte boundary
			f.take(f.nbits & 7)
		}
	}
	return nil
}

// atEnd reports whether the input is used up, with or without the tail.
func (f *inflater) atEnd() bool {
	used := f.pos*8 - int(f.nbits)
	return used == len(f.src)*8 || used >= (len(f.src)+len(tail))*8
}

// fill reads bytes until there are at least 48 bits. It reads zeros after the
// tail, and fails once one of them has been used.
func (f *inflater) fill() error {
	if f.pos+8 <= len(f.src) {
		f.bits |= binary.LittleEndian.Uint64(f.src[f.pos:]) << f.nbits
		f.pos += int(63-f.nbits) >> 3
		f.nbits |= 56
		return nil
	}
	for ; f.nbits <= 56; f.nbits += 8 {
		switch i := f.pos - len(f.src); {
		case i < 0:
			f.bits |= uint64(f.src[f.pos]) << f.nbits
		case i < len(tail):
			f.bits |= uint64(tail[i]) << f.nbits
		}
		f.pos++
	}
	return f.overrun()
}

// overrun returns ErrCorrupt if bits after the tail have been used.
func (f *inflater) overrun() error {
	if f.pos*8-int(f.nbits) > (len(f.src)+len(tail))*8 {
		return ErrCorrupt
	}
	return nil
}

// take returns the next n bits, at most 16. Beyond the tail they are zero; the
// caller finds out with overrun or the next fill.
func (f *inflater) take(n uint) uint {
	if f.nbits < n {
		f.fill()
	}
	v := uint(f.bits) & (1<<n - 1)
	f.bits >>= n
	f.nbits -= n
	return v
}

// stored copies an uncompressed block (RFC 1951, section 3.2.4).
func (f *inflater) stored() error {
	f.take(f.nbits & 7)
	size := f.take(16)
	if f.take(16) != ^size&0xffff || f.overrun() != nil {
		return ErrCorrupt
	}
	f.pos -= int(f.nbits >> 3)
	f.bits, f.nbits = 0, 0
	if size == 0 {
		return nil
	}
	if int(size) > len(f.src)+len(tail)-f.pos {
		return ErrCorrupt
	}
	if int(size) > f.end-f.n {
		return ErrTooLarge
	}
	f.grow(int(size))
	for part := f.out[f.n : f.n+int(size)]; len(part) > 0; {
		var k int
		if f.pos < len(f.src) {
			k = copy(part, f.src[f.pos:])
		} else { // the tail is data like any other (RFC 7692, section 7.2.2)
			k = copy(part, tail[f.pos-len(f.src):])
		}
		part = part[k:]
		f.pos += k
	}
	f.n += int(size)
	return nil
}

// dynamicCodes reads the codes of a dynamic block (RFC 1951, section 3.2.7).
func (f *inflater) dynamicCodes() error {
	literals, distances := int(f.take(5))+257, int(f.take(5))+1
	if literals > numLiterals || distances > numDistances {
		return ErrCorrupt
	}
	all := f.codeLengths[:numLengthCodes]
	clear(all)
	for _, symbol := range lengthOrder[:f.take(4)+4] {
		all[symbol] = uint8(f.take(3))
	}
	if !f.lengths.build(all, lengthsMeaning) {
		return ErrCorrupt
	}
	all = f.codeLengths[:literals+distances]
	if err := f.readCodeLengths(all); err != nil {
		return err
	}
	if all[endOfBlock] == 0 ||
		!f.literals.build(all[:literals], literalMeaning) ||
		!f.distances.build(all[literals:], distanceMeaning) {
		return ErrCorrupt
	}
	return nil
}

// readCodeLengths reads run-length encoded code lengths until all is full.
func (f *inflater) readCodeLengths(all []uint8) error {
	for i := 0; i < len(all); {
		if f.nbits < 32 {
			if err := f.fill(); err != nil {
				return err
			}
		}
		e := f.lengths.entries[f.bits&f.lengths.mask]
		if e == 0 {
			return ErrCorrupt
		}
		f.take(uint(e & 15))
		value, repeat := uint8(e>>16), 1
		switch value {
		case 16:
			if i == 0 {
				return ErrCorrupt
			}
			value, repeat = all[i-1], int(f.take(2))+3
		case 17:
			value, repeat = 0, int(f.take(3))+3
		case 18:
			value, repeat = 0, int(f.take(7))+11
		}
		if repeat > len(all)-i {
			return ErrCorrupt
		}
		for range repeat {
			all[i] = value
			i++
		}
	}
	return nil
}

// compressed inflates the symbols of a block up to its end.
func (f *inflater) compressed(literals, distances *decodeTable) error {
	// Locals, to stay in registers.
	bits, nbits, n := f.bits, f.nbits, f.n
	for {
		if nbits < 48 {
			if f.pos+8 <= len(f.src) {
				bits |= binary.LittleEndian.Uint64(f.src[f.pos:]) << (nbits & 63)
				f.pos += int(63-nbits) >> 3
				nbits |= 56
			} else {
				f.bits, f.nbits = bits, nbits
				if err := f.fill(); err != nil {
					return err
				}
				bits, nbits = f.bits, f.nbits
			}
		}
		e := literals.entries[bits&literals.mask]
		if e&kindMask == kindTable {
			bits >>= e & 15
			nbits -= uint(e & 15)
			e = literals.entries[uint64(e>>16)+bits&(1<<(e>>4&15)-1)]
		}
		bits >>= e & 15
		nbits -= uint(e & 15)
		switch e & kindMask {
		case kindLiteral:
			if e == 0 {
				return ErrCorrupt
			}
			if n >= f.end {
				return ErrTooLarge
			}
			if n == len(f.out) {
				f.n = n
				f.grow(1)
			}
			f.out[n] = byte(e >> 16)
			n++
			continue
		case kindEndBlock:
			f.bits, f.nbits, f.n = bits, nbits, n
			if e>>16 != 0 {
				return ErrCorrupt
			}
			return nil
		}
		extra := e >> 4 & 15
		length := int(e>>16) + int(bits&(1<<extra-1))
		bits >>= extra
		nbits -= uint(extra)

		e = distances.entries[bits&distances.mask]
		if e&kindMask == kindTable {
			bits >>= e & 15
			nbits -= uint(e & 15)
			e = distances.entries[uint64(e>>16)+bits&(1<<(e>>4&15)-1)]
		}
		if e&kindMask != kindBase {
			return ErrCorrupt
		}
		bits >>= e & 15
		nbits -= uint(e & 15)
		extra = e >> 4 & 15
		distance := int(e>>16) + int(bits&(1<<extra-1))
		bits >>= extra
		nbits -= uint(extra)

		if length > f.end-n {
			return ErrTooLarge
		}
		if length > len(f.out)-n {
			f.n = n
			f.grow(length)
		}
		if distance > n-f.start {
			if distance-(n-f.start) > len(f.window) {
				return ErrCorrupt
			}
			f.n = n
			f.copyWindow(distance, length)
			n = f.n
			continue
		}
		if length < longMatch {
			copyMatch(f.out, n, distance, length)
		} else {
			copyLongMatch(f.out, n, distance, length)
		}
		n += length
	}
}

// longMatch is the length from which copyLongMatch is faster than copyMatch.
const longMatch = 32

// copyMatch copies length bytes to out[n:] from distance bytes before. If out
// has room, it may write up to 7 bytes more.
func copyMatch(out []byte, n, distance, length int) {
	from := n - distance
	if distance >= 8 && n+length+8 <= len(out) {
		for end := n + length; n < end; n, from = n+8, from+8 {
			binary.LittleEndian.PutUint64(out[n:], binary.LittleEndian.Uint64(out[from:]))
		}
		return
	}
	for range length {
		out[n] = out[from]
		n, from = n+1, from+1
	}
}

// copyLongMatch is copyMatch with memmove. If the match overlaps, it doubles
// the piece that it copies.
func copyLongMatch(out []byte, n, distance, length int) {
	to := out[n : n+length]
	for done := copy(to, out[n-distance:n]); done < length; {
		done += copy(to[done:], to[:done])
	}
}

// copyWindow copies a match that starts in the window.
func (f *inflater) copyWindow(distance, length int) {
	back := distance - (f.n - f.start)
	from := f.window[len(f.window)-back:]
	k := copy(f.out[f.n:f.n+length], from)
	f.n += k
	if k < length {
		copyMatch(f.out, f.n, distance, length-k)
		f.n += length - k
	}
}

// turn is how many bytes are inflated before other goroutines have their turn.
// A message of a thousand bytes may inflate to a megabyte, and neighbours must
// not wait for all of it.
const turn = 64 << 10

// use makes out the output, with room for n bytes at least if it has them.
func (f *inflater) use(out []byte, n int) {
	f.out = out[:min(cap(out), f.n+max(n, turn))]
}

// grow makes room for n more bytes of output, and more if the limit allows.
func (f *inflater) grow(n int) {
	if n <= len(f.out)-f.n {
		return
	}
	if f.n-f.start >= turn {
		runtime.Gosched()
	}
	if n <= cap(f.out)-f.n {
		f.use(f.out, n)
		return
	}
	size := max(2*(f.n-f.start), 4*len(f.src), n)
	if room := f.end - f.n; room < size {
		size = max(room, n)
	}
	out := append(f.out[:f.n:f.n], make([]byte, size)...)
	f.use(out, n)
}
