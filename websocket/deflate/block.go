package deflate

import (
	"encoding/binary"
	"slices"
)

// block is the literals and matches of a chunk, and how they are written.
type block struct {
	tokens    [chunkSize]token
	n         int
	literals  [numLiterals]uint32 // frequencies; symbols as in RFC 1951
	distances [numDistances]uint32
	extra     int // bits after the symbols

	literalCode, distanceCode, lengthCode coding
	optimum                               optimum
	header                                blockHeader
}

// token is a literal, or a match with the flag, the length less 3, and the
// distance less 1.
type token uint32

const (
	matchFlag    token = 1 << 31
	matchLengths       = 16 // where the length is
)

func newBlock() block {
	return block{
		literalCode:  newCoding(numLiterals),
		distanceCode: newCoding(numDistances),
		lengthCode:   newCoding(numLengthCodes),
	}
}

func (b *block) reset() {
	b.n, b.extra = 0, 0
	clear(b.literals[:])
	clear(b.distances[:])
	b.literals[endOfBlock] = 1
}

func (b *block) literal(c byte) {
	b.tokens[b.n] = token(c)
	b.n++
	b.literals[c]++
}

func (b *block) match(length, distance int) {
	b.tokens[b.n] = matchFlag | token(length-3)<<matchLengths | token(distance-1)
	b.n++
	l, d := lengthSymbol[length-3], distanceSymbol(uint32(distance))
	b.literals[endOfBlock+1+int(l)]++
	b.distances[d]++
	b.extra += int(lengthExtra[l]) + int(distanceExtra[d])
}

// write appends the block that stands for chunk to w, in the shortest of the
// three ways there are (RFC 1951, section 3.2.3).
func (b *block) write(w *bitWriter, chunk []byte) {
	dynamic := 3 + b.extra +
		b.optimum.fit(&b.literalCode, b.literals[:], maxCodeBits) +
		b.optimum.fit(&b.distanceCode, b.distances[:], maxCodeBits)
	dynamic += b.header.plan(b)
	fixed := b.fixedSize()
	stored := (len(chunk) + 5) * 8
	switch min(dynamic, fixed, stored) {
	case stored:
		w.reserve(stored)
		w.write(0, 3)
		w.align()
		w.write(uint64(len(chunk))|uint64(^uint16(len(chunk)))<<16, 32)
		w.bytes(chunk)
	case fixed:
		w.reserve(fixed)
		w.write(1<<1, 3)
		b.writeTokens(w, &fixedLiteralCoding, &fixedDistanceCoding)
	default:
		w.reserve(dynamic)
		w.write(2<<1, 3)
		b.header.write(w, &b.lengthCode)
		b.literalCode.assign()
		b.distanceCode.assign()
		b.writeTokens(w, &b.literalCode, &b.distanceCode)
	}
}

// fixedSize is how many bits the block takes in the fixed codes.
func (b *block) fixedSize() int {
	var short, middle, long, matches uint32 // 7, 8, 9 and 5 bits
	for _, f := range b.literals[:144] {
		middle += f
	}
	for _, f := range b.literals[144:256] {
		long += f
	}
	for _, f := range b.literals[256:280] {
		short += f
	}
	for _, f := range b.literals[280:] {
		middle += f
	}
	for _, f := range b.distances {
		matches += f
	}
	return 3 + b.extra + int(7*short+8*middle+9*long+5*matches)
}

// writeTokens writes the block's symbols and its end. A literal takes at most
// 15 bits and a match 48, which fits beside what is left of a byte.
func (b *block) writeTokens(w *bitWriter, literals, distances *coding) {
	literalCodes, distanceCodes := (*[numLiterals]uint32)(literals.codes), (*[numDistances]uint32)(distances.codes)
	out, n, bits, nbits := w.out, w.n, w.bits, w.nbits
	for _, t := range b.tokens[:b.n] {
		if t < matchFlag {
			c := literalCodes[t&255]
			bits |= uint64(c&0xffff) << (nbits & 63)
			nbits += uint(c >> codeLength)
		} else {
			length, distance := uint32(t>>matchLengths)&255, uint32(t&0xffff)
			l, d := lengthSymbol[length], distanceSymbol(distance+1)
			c := literalCodes[endOfBlock+1+int(l)]
			v, k := uint64(c&0xffff), uint(c>>codeLength)
			v |= uint64(length+3-uint32(lengthBase[l])) << (k & 63)
			k += uint(lengthExtra[l])
			c = distanceCodes[d]
			v |= uint64(c&0xffff) << (k & 63)
			k += uint(c >> codeLength)
			v |= uint64(distance+1-uint32(distanceBase[d])) << (k & 63)
			bits |= v << (nbits & 63)
			nbits += k + uint(distanceExtra[d])
		}
		binary.LittleEndian.PutUint64(out[n:], bits)
		n += int(nbits >> 3)
		bits >>= nbits &^ 7 & 63
		nbits &= 7
	}
	w.n, w.bits, w.nbits = n, bits, nbits
	w.writeCode(literals.codes[endOfBlock])
}

// bitWriter appends bits to out, the first one lowest. What is written must
// have been reserved.
type bitWriter struct {
	out   []byte // to its capacity
	n     int    // out[:n] is written
	bits  uint64 // not written yet
	nbits uint   // less than 8 between writes
}

// reserve makes room for so many bits and a word more.
func (w *bitWriter) reserve(bits int) {
	out := slices.Grow(w.out[:w.n], bits/8+24)
	w.out = out[:cap(out)]
}

// write appends the n low bits of v, at most 56; the others are 0.
func (w *bitWriter) write(v uint64, n uint) {
	w.bits |= v << (w.nbits & 63)
	w.nbits += n
	binary.LittleEndian.PutUint64(w.out[w.n:], w.bits)
	w.n += int(w.nbits >> 3)
	w.bits >>= w.nbits &^ 7 & 63
	w.nbits &= 7
}

// writeCode appends a code of a coding.
func (w *bitWriter) writeCode(c uint32) { w.write(uint64(c&0xffff), uint(c>>codeLength)) }

// align fills the last byte with zeros.
func (w *bitWriter) align() {
	if w.nbits != 0 {
		w.write(0, 8-w.nbits)
	}
}

// bytes appends p, after align.
func (w *bitWriter) bytes(p []byte) {
	w.n += copy(w.out[w.n:], p)
}
