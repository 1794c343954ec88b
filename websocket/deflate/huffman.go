package deflate

import "math/bits"

// huffmanCode is a Huffman code for writing.
type huffmanCode struct {
	lengths []uint8                 // of each symbol's code; 0 if unused
	count   [maxCodeBits + 1]uint16 // of symbols with each length; count[0] is 0
	codes   []uint32                // of each symbol: the code, first bit lowest, and its length << codeLength
}

const codeLength = 16

func newHuffmanCode(symbols int) huffmanCode {
	return huffmanCode{lengths: make([]uint8, symbols), codes: make([]uint32, symbols)}
}

// assign sets codes from lengths: codes of one length are consecutive, in the
// order of the symbols (RFC 1951, section 3.2.2).
func (c *huffmanCode) assign() {
	var next [maxCodeBits + 1]uint16
	for n := 1; n <= maxCodeBits; n++ {
		next[n] = (next[n-1] + c.count[n-1]) << 1
	}
	codes := c.codes[:len(c.lengths)]
	for symbol, n := range c.lengths {
		if n != 0 {
			n &= maxCodeBits
			codes[symbol] = uint32(bits.Reverse16(next[n])>>(16-n)) | uint32(n)<<codeLength
			next[n]++
		}
	}
}

// fixedLiteralCode and fixedDistanceCode are the fixed codes (RFC 1951,
// section 3.2.6).
var fixedLiteralCode, fixedDistanceCode = func() (literals, distances huffmanCode) {
	literals, distances = newHuffmanCode(numLiterals+2), newHuffmanCode(numDistances+2)
	copy(literals.lengths, fixedLiteralLengths[:])
	copy(distances.lengths, fixedDistanceLengths[:])
	literals.count[7], literals.count[8], literals.count[9] = 24, 152, 112
	distances.count[5] = 32
	literals.assign()
	distances.assign()
	return literals, distances
}()

// codeBuilder has the working memory to build optimal codes.
type codeBuilder struct {
	used, other [numLiterals]uint32 // frequency<<symbolBits | symbol
	nodes       [numLiterals]uint32
}

const symbolBits = 9

// fit gives c the code lengths, at most longest, that suit the frequencies
// best, and returns the total size of the symbols in bits. At least two symbols
// get a code, since some decoders reject incomplete codes.
func (o *codeBuilder) fit(c *huffmanCode, frequencies []uint32, longest int) (size int) {
	clear(c.lengths)
	clear(c.count[:])
	n, greatest := 0, uint32(0)
	for symbol, f := range frequencies {
		o.used[n] = f<<symbolBits | uint32(symbol)
		if f != 0 {
			n++
		}
		greatest = max(greatest, f)
	}
	leaves := o.used[:n]
	if len(leaves) < 2 {
		return c.fitTwo(leaves)
	}
	leaves = o.sort(leaves, greatest)
	var count [numLiterals]uint16
	deepest := o.depths(leaves, count[:])
	limitDepths(count[:], deepest, longest)
	for n := min(deepest, longest); n > 0; n-- {
		c.count[n] = count[n]
		for _, l := range leaves[:count[n]] {
			c.lengths[l%(1<<symbolBits)] = uint8(n)
			size += n * int(l>>symbolBits)
		}
		leaves = leaves[count[n]:]
	}
	return size
}

// fitTwo gives two symbols a code of one bit: the leaf's, if any, and another.
func (c *huffmanCode) fitTwo(leaves []uint32) (size int) {
	symbol := uint32(1)
	if len(leaves) == 1 {
		symbol = max(1, leaves[0]%(1<<symbolBits))
		size = int(leaves[0] >> symbolBits)
	}
	c.lengths[0], c.lengths[symbol] = 1, 1
	c.count[1] = 2
	return size
}

// sort sorts leaves by frequency, with a radix sort.
func (o *codeBuilder) sort(leaves []uint32, greatest uint32) []uint32 {
	to := o.other[:len(leaves)]
	for shift := uint(symbolBits); ; shift += 8 {
		var start [256]uint16
		for _, l := range leaves {
			start[l>>shift&255]++
		}
		sum := uint16(0)
		for i, n := range start[:min(greatest, 255)+1] {
			start[i] = sum
			sum += n
		}
		for _, l := range leaves {
			at := &start[l>>shift&255]
			to[*at] = l
			*at++
		}
		leaves, to = to, leaves
		if greatest >>= 8; greatest == 0 {
			return leaves
		}
	}
}

// depths builds the Huffman tree of the sorted leaves. It sets count to the
// number of leaves at each depth, and returns the greatest depth.
//
// Joining the two lightest leaves or nodes makes new nodes in order of weight,
// so no heap is needed. A node holds its weight until it is joined, and then
// the index of its parent.
func (o *codeBuilder) depths(leaves []uint32, count []uint16) (deepest int) {
	nodes := o.nodes[:len(leaves)-1]
	var leaf, node int
	for made := range nodes {
		weight := uint32(0)
		for range 2 {
			if leaf < len(leaves) && (node == made || leaves[leaf]>>symbolBits <= nodes[node]) {
				weight += leaves[leaf] >> symbolBits
				leaf++
			} else {
				weight += nodes[node]
				nodes[node] = uint32(made)
				node++
			}
		}
		nodes[made] = weight
	}
	// From the root down, replace each parent with the node's depth. Places at
	// a depth that no node takes are leaves.
	root := len(nodes) - 1
	nodes[root] = 0
	var inner [numLiterals]uint16
	inner[0] = 1
	for i := root - 1; i >= 0; i-- {
		nodes[i] = nodes[nodes[i]] + 1
		inner[nodes[i]]++
	}
	for places, left := 1, len(leaves); left > 0; deepest++ {
		here := places - int(inner[deepest])
		count[deepest] = uint16(here)
		left -= here
		places = 2 * int(inner[deepest])
	}
	return deepest - 1
}

// limitDepths shortens codes longer than longest, and lengthens others to make
// room for them.
func limitDepths(count []uint16, deepest, longest int) {
	if deepest <= longest {
		return
	}
	for n := longest + 1; n <= deepest; n++ {
		count[longest] += count[n]
		count[n] = 0
	}
	used := 0 // code space, of 1<<longest
	for n := 1; n <= longest; n++ {
		used += int(count[n]) << (longest - n)
	}
	for ; used > 1<<longest; used-- {
		// Take a code of full length, and split the longest shorter code
		// between it and the symbol that had it.
		n := longest - 1
		for count[n] == 0 {
			n--
		}
		count[longest]--
		count[n]--
		count[n+1] += 2
	}
}
