package deflate

import "math/bits"

// The smallest length or distance of each symbol, and the number of its extra
// bits (RFC 1951, section 3.2.5). Length symbols start at 257.
var (
	lengthBase = [29]uint16{
		3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31,
		35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
	}
	lengthExtra = [29]uint8{
		0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2,
		3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
	}
	distanceBase = [numDistances]uint16{
		1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193,
		257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145,
		8193, 12289, 16385, 24577,
	}
	distanceExtra = [numDistances]uint8{
		0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6,
		7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
	}
)

const (
	minMatch = 4 // DEFLATE allows 3, but those hardly pay
	maxMatch = 258

	numLengthCodes = 19
)

// lengthOrder is the order of the code lengths of the code length code (RFC
// 1951, section 3.2.7).
var lengthOrder = [numLengthCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// lengthSymbol maps a length minus 3 to its symbol minus 257.
var lengthSymbol = func() (symbols [256]uint8) {
	for s, base := range lengthBase {
		for n := int(base); n <= maxMatch; n++ {
			symbols[n-3] = uint8(s)
		}
	}
	return symbols
}()

// distanceSymbol returns the symbol of a distance, 1 to 32768. Each power of
// two has two symbols.
func distanceSymbol(distance uint32) uint32 {
	d := distance - 1
	if d < 4 {
		return d
	}
	n := uint32(bits.Len32(d)) - 1
	return 2*n + d>>(n-1)&1
}

// fixedLiteralLengths and fixedDistanceLengths are the code lengths of RFC
// 1951, section 3.2.6.
var fixedLiteralLengths, fixedDistanceLengths = func() (literals [numLiterals + 2]uint8, distances [numDistances + 2]uint8) {
	for i := range literals {
		switch {
		case i < 144:
			literals[i] = 8
		case i < 256:
			literals[i] = 9
		case i < 280:
			literals[i] = 7
		default:
			literals[i] = 8
		}
	}
	for i := range distances {
		distances[i] = 5
	}
	return literals, distances
}()
