package deflate

import (
	"encoding/binary"
	"math/bits"
)

// level sets the effort of the search for matches.
type level struct {
	chain int // positions to try
	nice  int // a match of this length ends the search
	lazy  int // up to this length, try for a better match one byte later
	index int // in matches and windows, insert one position in index
}

var levels = [...]level{
	1: {chain: 1, nice: 16, lazy: 0, index: 3},
	2: {chain: 2, nice: 24, lazy: 0, index: 2},
	3: {chain: 3, nice: 32, lazy: 8, index: 2},
	4: {chain: 6, nice: 48, lazy: 16, index: 2},
	5: {chain: 8, nice: 64, lazy: 32, index: 1},
	6: {chain: 16, nice: 128, lazy: 32, index: 1},
	7: {chain: 32, nice: 128, lazy: 64, index: 1},
	8: {chain: 128, nice: 258, lazy: 258, index: 1},
	9: {chain: 1024, nice: 258, lazy: 258, index: 1},
}

const (
	maxWindow = 1 << maxWindowBits
	chunkSize = 1 << 15 // bytes in a block

	maxHashBits = 15
	minHashBits = 9
)

// matcher finds matches for a chunk in the history before it: the window and
// the message so far. Positions grow from message to message, so entries that
// head and prev have from earlier messages are too far away to match, and need
// not be cleared.
type matcher struct {
	hist   [maxWindow + chunkSize + 8]byte
	size   int    // bytes of hist in use
	base   uint32 // position of hist[0]
	shift  uint   // turns a hash into an index of head
	window uint32 // greatest distance
	level  level

	head [1 << maxHashBits]uint32 // last position with each hash
	prev [maxWindow]uint32        // for each position, the previous one with its hash
}

// reset starts a message of size bytes that may refer to window.
func (m *matcher) reset(window []byte, size, windowBits int, l level) {
	m.base += uint32(m.size) + maxWindow
	if m.base > 1<<31 || m.base < 2*maxWindow {
		clear(m.head[:])
		m.base = 2 * maxWindow
	}
	m.window, m.level = 1<<windowBits, l
	all := len(window) + min(size, chunkSize)
	m.shift = 32 - uint(min(max(bits.Len(uint(all))+1, minHashBits), maxHashBits))
	m.size = copy(m.hist[:], window)
	for i := 0; i+minMatch <= m.size; i += l.index {
		m.insert(i)
	}
}

// load appends a chunk to the history, drops what is out of reach, and returns
// the chunk's index.
func (m *matcher) load(chunk []byte) int {
	if m.size+len(chunk) > maxWindow+chunkSize {
		from := m.size - maxWindow
		copy(m.hist[:], m.hist[from:m.size])
		m.base += uint32(from)
		m.size = maxWindow
	}
	start := m.size
	m.size += copy(m.hist[start:], chunk)
	return start
}

// insert adds position i and returns the previous one with the same hash.
func (m *matcher) insert(i int) (candidate uint32) {
	h := binary.LittleEndian.Uint32(m.hist[i:]) * 0x9e3779b1 >> m.shift
	position := m.base + uint32(i)
	candidate = m.head[h&(1<<maxHashBits-1)]
	m.head[h&(1<<maxHashBits-1)] = position
	m.prev[position%maxWindow] = candidate
	return candidate
}

// find inserts i and returns its best match if that scores more than score,
// else a distance of 0.
func (m *matcher) find(i, score int) (length, distance, best int) {
	candidate := m.insert(i)
	most := min(maxMatch, m.size-i)
	position := m.base + uint32(i)
	length, best = minMatch-1, score
	here := binary.LittleEndian.Uint32(m.hist[i:])
	for range m.level.chain {
		d := position - candidate
		if d > m.window {
			break
		}
		// Only if these four bytes agree can the match be longer.
		j := i - int(d)
		if binary.LittleEndian.Uint32(m.hist[j+length-(minMatch-1):]) == here {
			n := m.matchLength(j, i, most)
			if s := matchScore(n, d); n > length && s > best {
				length, distance, best = n, int(d), s
				if n >= m.level.nice || n == most {
					break
				}
				here = binary.LittleEndian.Uint32(m.hist[i+length-(minMatch-1):])
			}
		}
		candidate = m.prev[candidate%maxWindow]
	}
	return length, distance, best
}

// matchScore estimates the bits that a match saves: its bytes would cost about
// 5 each as literals; the match costs two codes and the extra bits.
func matchScore(length int, distance uint32) int {
	return 5*length - 11 - bits.Len32(distance)
}

// matchLength returns the length of the common prefix of hist[j:] and hist[i:],
// up to most.
func (m *matcher) matchLength(j, i, most int) int {
	for n := 0; n < most; n += 8 {
		x := binary.LittleEndian.Uint64(m.hist[j+n:]) ^ binary.LittleEndian.Uint64(m.hist[i+n:])
		if x != 0 {
			return min(n+bits.TrailingZeros64(x)>>3, most)
		}
	}
	return most
}

// tokenize adds the literals and matches of hist[i:] to b.
func (m *matcher) tokenize(i int, b *block) {
	missed := 0
	end := m.size - minMatch
	for i <= end {
		length, distance, score := m.find(i, 0)
		if distance == 0 {
			b.addLiteral(m.hist[i])
			i++
			// The longer nothing repeats, the more bytes to skip.
			for range min(missed>>6, m.size-i) {
				b.addLiteral(m.hist[i])
				i++
			}
			missed++
			continue
		}
		missed = 0
		next := i + 1 // the first position that is not inserted
		for length <= m.level.lazy && i < end {
			n, d, s := m.find(i+1, score)
			next = i + 2
			if d == 0 {
				break
			}
			b.addLiteral(m.hist[i])
			i++
			length, distance, score = n, d, s
		}
		b.addMatch(length, distance)
		i += length
		for ; next < min(i, end+1); next += m.level.index {
			m.insert(next)
		}
	}
	for ; i < m.size; i++ {
		b.addLiteral(m.hist[i])
	}
}
