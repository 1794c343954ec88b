package deflate

import (
	"encoding/binary"
	"slices"
)

// block collects the literals and matches of a chunk and writes them as one
// DEFLATE block.
type block struct {
	tokens    [chunkSize]token
	n         int
	literals  [numLiterals]uint32 // frequency of each symbol
	distances [numDistances]uint32
	extra     int // total extra bits of the matches

	literalCode, distanceCode, lengthCode huffmanCode
	builder                               codeBuilder
	header                                blockHeader
}

// token is a literal byte, or a match: matchFlag, the length minus 3 in bits
// 16 to 23, and the distance minus 1 in bits 0 to 14.
type token uint32

const (
	matchFlag   token = 1 << 31
	matchLength       = 16 // shift of the length
)

func newBlock() block {
	return block{
		literalCode:  newHuffmanCode(numLiterals),
		distanceCode: newHuffmanCode(numDistances),
		lengthCode:   newHuffmanCode(numLengthCodes),
	}
}

func (b *block) reset() {
	b.n, b.extra = 0, 0
	clear(b.literals[:])
	clear(b.distances[:])
	b.literals[endOfBlock] = 1
}

func (b *block) addLiteral(c byte) {
	b.tokens[b.n] = token(c)
	b.n++
	b.literals[c]++
}

func (b *block) addMatch(length, distance int) {
	b.tokens[b.n] = matchFlag | token(length-3)<<matchLength | token(distance-1)
	b.n++
	l, d := lengthSymbol[length-3], distanceSymbol(uint32(distance))
	b.literals[endOfBlock+1+int(l)]++
	b.distances[d]++
	b.extra += int(lengthExtra[l]) + int(distanceExtra[d])
}

// write appends the block to w as the shortest of the three block types (RFC
// 1951, section 3.2.3). chunk is the data that the tokens stand for.
func (b *block) write(w *bitWriter, chunk []byte) {
	dynamic := 3 + b.extra +
		b.builder.fit(&b.literalCode, b.literals[:], maxCodeBits) +
		b.builder.fit(&b.distanceCode, b.distances[:], maxCodeBits)
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
		b.writeTokens(w, &fixedLiteralCode, &fixedDistanceCode)
	default:
		w.reserve(dynamic)
		w.write(2<<1, 3)
		b.header.write(w, &b.lengthCode)
		b.literalCode.assign()
		b.distanceCode.assign()
		b.writeTokens(w, &b.literalCode, &b.distanceCode)
	}
}

// fixedSize returns the size of the block in bits with the fixed codes.
func (b *block) fixedSize() int {
	var short, middle, long, matches uint32 // symbols of 7, 8, 9 and 5 bits
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

// writeTokens writes the tokens and the end of the block. It writes each token
// at once: even a match has at most 48 bits, and fewer than 8 are pending.
func (b *block) writeTokens(w *bitWriter, literals, distances *huffmanCode) {
	literalCodes, distanceCodes := (*[numLiterals]uint32)(literals.codes), (*[numDistances]uint32)(distances.codes)
	out, n, bits, nbits := w.out, w.n, w.bits, w.nbits
	for _, t := range b.tokens[:b.n] {
		if t < matchFlag {
			c := literalCodes[t&255]
			bits |= uint64(c&0xffff) << (nbits & 63)
			nbits += uint(c >> codeLength)
		} else {
			length, distance := uint32(t>>matchLength)&255, uint32(t&0xffff)
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

// bitWriter appends bits to out, least significant first. Callers reserve room
// before they write.
type bitWriter struct {
	out   []byte // up to its capacity
	n     int    // bytes written
	bits  uint64 // pending
	nbits uint   // less than 8 between writes
}

// reserve makes room for bits, and for the whole word that write stores.
func (w *bitWriter) reserve(bits int) {
	out := slices.Grow(w.out[:w.n], bits/8+24)
	w.out = out[:cap(out)]
}

// write appends the low n bits of v, at most 56. The other bits must be 0.
func (w *bitWriter) write(v uint64, n uint) {
	w.bits |= v << (w.nbits & 63)
	w.nbits += n
	binary.LittleEndian.PutUint64(w.out[w.n:], w.bits)
	w.n += int(w.nbits >> 3)
	w.bits >>= w.nbits &^ 7 & 63
	w.nbits &= 7
}

// writeCode appends an element of huffmanCode.codes.
func (w *bitWriter) writeCode(c uint32) { w.write(uint64(c&0xffff), uint(c>>codeLength)) }

// align pads the last byte with zeros.
func (w *bitWriter) align() {
	if w.nbits != 0 {
		w.write(0, 8-w.nbits)
	}
}

// bytes appends p. The writer must be aligned.
func (w *bitWriter) bytes(p []byte) {
	w.n += copy(w.out[w.n:], p)
}
