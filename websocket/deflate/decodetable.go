package deflate

import "math/bits"

// decodeTable is a Huffman code for reading. The next bits of the input index
// an entry with the symbol and the length of its code. Codes longer than the
// index have an entry that links to a second table behind the first.
//
// A zero entry means that no code has these bits. Other entries hold:
//
//	bits 0-3    length of the code (in a second table: of its rest)
//	bits 4-7    number of extra bits after the code; kindTable: index bits of the second table
//	bits 8-9    kind
//	bits 16-31  literal, smallest length or distance, or start of the second table;
//	            0 for the end of block, 1 for noSymbol
type decodeTable struct {
	entries []uint32
	mask    uint64 // selects the index into the first table
}

const (
	kindLiteral  = 0 << 8
	kindBase     = 1 << 8 // a length or a distance
	kindEndBlock = 2 << 8
	kindTable    = 3 << 8
	kindMask     = 3 << 8

	noSymbol = 1<<16 | kindEndBlock // a symbol that may have a code, but must not occur

	maxIndexBits = 9
	maxCodeBits  = 15
)

// build makes the table of the code with the given lengths; meaning has the
// entry of each symbol. It reports whether the code is complete. As in zlib, it
// may also be empty, or have a single code of one bit.
func (d *decodeTable) build(lengths []uint8, meaning []uint32) bool {
	var count [maxCodeBits + 1]uint16
	for _, n := range lengths {
		if n != 0 { // most are 0, and each store would wait for the last
			count[n&maxCodeBits]++
		}
	}
	longest := maxCodeBits
	for longest > 0 && count[longest] == 0 {
		longest--
	}
	var next [maxCodeBits + 1]uint16 // the next code of each length
	left := 1
	for n := 1; n <= longest; n++ {
		left = left<<1 - int(count[n])
		if left < 0 {
			return false
		}
		next[n] = (next[n-1] + count[n-1]) << 1
	}
	if left > 0 && longest > 1 {
		return false
	}
	index := min(longest, maxIndexBits)
	d.mask = 1<<index - 1
	d.entries = append(d.entries[:0], make([]uint32, 1<<index)...)
	for symbol, n := range lengths {
		if n != 0 {
			d.insert(next[n], int(n), index, longest, meaning[symbol])
			next[n]++
		}
	}
	return true
}

// insert sets the entries of all indexes that start with a code of n bits.
func (d *decodeTable) insert(code uint16, n, index, longest int, meaning uint32) {
	at := int(bits.Reverse16(code) >> (16 - n)) // the top bit of a code comes first
	table := d.entries[:1<<index]
	if n > index {
		link := table[at&(1<<index-1)]
		if link == 0 {
			link = uint32(len(d.entries)<<16|(longest-index)<<4|kindTable) | uint32(index)
			table[at&(1<<index-1)] = link
			d.entries = append(d.entries, make([]uint32, 1<<(longest-index))...)
		}
		start := int(link >> 16)
		table = d.entries[start : start+1<<(longest-index)]
		at, n = at>>index, n-index
	}
	for ; at < len(table); at += 1 << n {
		table[at] = meaning | uint32(n)
	}
}

// The entries of the symbols of the three codes, without code lengths (RFC
// 1951, sections 3.2.5 and 3.2.7).
var (
	literalMeaning  = literalMeanings()
	distanceMeaning = distanceMeanings()
	lengthsMeaning  = lengthsMeanings()
)

const (
	endOfBlock   = 256
	numLiterals  = 286
	numDistances = 30
)

// literalMeanings are the entries of literals, the end of block and lengths.
// The last two symbols "will never actually occur in the compressed data".
func literalMeanings() []uint32 {
	all := make([]uint32, numLiterals+2)
	for i := range 256 {
		all[i] = uint32(i)<<16 | kindLiteral
	}
	all[endOfBlock] = kindEndBlock
	for i := range lengthBase {
		all[endOfBlock+1+i] = uint32(lengthBase[i])<<16 | uint32(lengthExtra[i])<<4 | kindBase
	}
	for i := numLiterals; i < len(all); i++ {
		all[i] = noSymbol
	}
	return all
}

func distanceMeanings() []uint32 {
	all := make([]uint32, numDistances+2)
	for i := range distanceBase {
		all[i] = uint32(distanceBase[i])<<16 | uint32(distanceExtra[i])<<4 | kindBase
	}
	all[30], all[31] = noSymbol, noSymbol
	return all
}

func lengthsMeanings() []uint32 {
	all := make([]uint32, numLengthCodes)
	for i := range all {
		all[i] = uint32(i)<<16 | kindLiteral
	}
	return all
}

// fixedLiteralTable and fixedDistanceTable are the fixed codes (RFC 1951,
// section 3.2.6).
var fixedLiteralTable, fixedDistanceTable = newFixedTables()

func newFixedTables() (literals, distances decodeTable) {
	literals.build(fixedLiteralLengths[:], literalMeaning)
	distances.build(fixedDistanceLengths[:], distanceMeaning)
	return literals, distances
}
