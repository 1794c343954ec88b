package deflate

// blockHeader describes the codes of a dynamic block: their code lengths,
// run-length encoded, in a third Huffman code (RFC 1951, section 3.2.7).
type blockHeader struct {
	literals, distances, lengths int // number of code lengths sent of each code

	all         [numLiterals + numDistances]uint8
	runs        [numLiterals + numDistances]run
	n           int
	frequencies [numLengthCodes]uint32
}

// run is a code length symbol and the value of its extra bits.
type run struct {
	symbol, extra uint8
}

// Symbols for repeated code lengths.
const (
	repeatLast      = 16 // 3 to 6 times
	repeatZero      = 17 // 3 to 10 times
	repeatZeroLong  = 18 // 11 to 138 times
	runExtraSymbols = repeatLast
)

// runExtra is the number of extra bits of each of these symbols.
var runExtra = [...]uint8{2, 3, 7}

// plan prepares the header for b's codes and returns its size in bits.
func (h *blockHeader) plan(b *block) int {
	h.literals, h.distances = used(b.literalCode.lengths, 257), used(b.distanceCode.lengths, 1)
	all := append(append(h.all[:0], b.literalCode.lengths[:h.literals]...), b.distanceCode.lengths[:h.distances]...)
	h.n = 0
	clear(h.frequencies[:])
	for i := 0; i < len(all); {
		same := 1
		for i+same < len(all) && all[i+same] == all[i] {
			same++
		}
		h.addRun(all[i], same)
		i += same
	}
	size := b.builder.fit(&b.lengthCode, h.frequencies[:], 7)
	h.lengths = numLengthCodes
	for h.lengths > 4 && b.lengthCode.lengths[lengthOrder[h.lengths-1]] == 0 {
		h.lengths--
	}
	size += 5 + 5 + 4 + 3*h.lengths
	for i, extra := range runExtra {
		size += int(h.frequencies[runExtraSymbols+i]) * int(extra)
	}
	return size
}

// used returns the number of code lengths without trailing zeros, but at least
// least.
func used(lengths []uint8, least int) int {
	n := len(lengths)
	for n > least && lengths[n-1] == 0 {
		n--
	}
	return n
}

// addRun adds a code length that repeats times times.
func (h *blockHeader) addRun(length uint8, times int) {
	if length != 0 {
		h.add(length, 0)
		times--
	}
	for times >= 3 {
		switch {
		case length != 0:
			n := min(times, 6)
			h.add(repeatLast, n-3)
			times -= n
		case times < 11:
			h.add(repeatZero, times-3)
			times = 0
		default:
			n := min(times, 138)
			h.add(repeatZeroLong, n-11)
			times -= n
		}
	}
	for range times {
		h.add(length, 0)
	}
}

func (h *blockHeader) add(symbol uint8, extra int) {
	h.runs[h.n] = run{symbol, uint8(extra)}
	h.n++
	h.frequencies[symbol]++
}

// write writes the planned header.
func (h *blockHeader) write(w *bitWriter, code *huffmanCode) {
	code.assign()
	w.write(uint64(h.literals-257)|uint64(h.distances-1)<<5|uint64(h.lengths-4)<<10, 14)
	for _, symbol := range lengthOrder[:h.lengths] {
		w.write(uint64(code.lengths[symbol]), 3)
	}
	for _, r := range h.runs[:h.n] {
		w.writeCode(code.codes[r.symbol])
		if r.symbol >= runExtraSymbols {
			w.write(uint64(r.extra), uint(runExtra[r.symbol-runExtraSymbols]))
		}
	}
}
