package deflate

import "math/bits"

// coding is a Huffman code for writing.
type coding struct {
	lengths []uint8                 // by symbol; 0: not used
	count   [maxCodeBits + 1]uint16 // how many symbols have each length; count[0] is 0
	codes   []uint32                // by symbol: the code, its first bit lowest, and from codeLength on its length
}

const codeLength = 16

func newCoding(symbols int) coding {
	return coding{lengths: make([]uint8, symbols), codes: make([]uint32, symbols)}
}

// assign gives each symbol its code: those of one length are consecutive, in
// the order of the symbols (RFC 1951, section 3.2.2).
func (c *coding) assign() {
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

// fixedLiteralCoding and fixedDistanceCoding are the fixed codes (RFC 1951,
// section 3.2.6).
var fixedLiteralCoding, fixedDistanceCoding = func() (literals, distances coding) {
	literals, distances = newCoding(numLiterals+2), newCoding(numDistances+2)
	copy(literals.lengths, fixedLiteralLengths[:])
	copy(distances.lengths, fixedDistanceLengths[:])
	literals.count[7], literals.count[8], literals.count[9] = 24, 152, 112
	distances.count[5] = 32
	literals.assign()
	distances.assign()
	return literals, distances
}()

// optimum is what it takes to find the code that suits a block best.
type optimum struct {
	used, other [numLiterals]uint32 // frequency<<symbolBits | symbol
	nodes       [numLiterals]uint32
}

const symbolBits = 9

// fit sets the code lengths of c, at most longest, to what suits symbols of
// the given frequencies, and returns how many bits they all take. At least
// two symbols get a code, since not every decoder takes an incomplete one.
func (o *optimum) fit(c *coding, frequencies []uint32, longest int) (size int) {
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

// fitTwo gives two symbols a code of one bit: that of the one leaf or of
// none, and another.
func (c *coding) fitTwo(leaves []uint32) (size int) {
	symbol := uint32(1)
	if len(leaves) == 1 {
		symbol = max(1, leaves[0]%(1<<symbolBits))
		size = int(leaves[0] >> symbolBits)
	}
	c.lengths[0], c.lengths[symbol] = 1, 1
	c.count[1] = 2
	return size
}

// sort orders leaves by frequency, a byte of it at a time.
func (o *optimum) sort(leaves []uint32, greatest uint32) []uint32 {
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

// depths counts how many leaves are how deep in the Huffman tree of the
// sorted leaves, and returns the greatest depth. It joins the two lightest
// of leaves and nodes again and again, where the nodes come about in order;
// a node first holds its weight and then the index of its parent.
func (o *optimum) depths(leaves []uint32, count []uint16) (deepest int) {
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
	// From the root down: a node's depth takes the place of its parent. At
	// each depth, what places the nodes leave over are leaves.
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

// limitDepths makes a code that is too long somewhere fit: it shortens those
// codes and makes room by lengthening others.
func limitDepths(count []uint16, deepest, longest int) {
	if deepest <= longest {
		return
	}
	for n := longest + 1; n <= deepest; n++ {
		count[longest] += count[n]
		count[n] = 0
	}
	used := 0 // of the 1<<longest codes of that length
	for n := 1; n <= longest; n++ {
		used += int(count[n]) << (longest - n)
	}
	for ; used > 1<<longest; used-- {
		// A code of full length moves under a shorter one, beside it.
		n := longest - 1
		for count[n] == 0 {
			n--
		}
		count[longest]--
		count[n]--
		count[n+1] += 2
	}
}
