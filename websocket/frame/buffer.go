package frame

import (
	"math/bits"
	"sync"
)

// bufferSet holds the buffers for messages that span inputs or frames, or are
// compressed. A Parser that sees no such message needs none.
type bufferSet struct {
	message    buffer   // the current message
	compressed buffer   // compressed bytes of the current message
	control    buffer   // the current control frame
	inflated   buffer   // messages inflated from one input
	lent       []buffer // other lent payloads
	lentBytes  int      // total capacity of lent
}

var bufferSets = sync.Pool{New: func() any { return new(bufferSet) }}

// acquireBuffers returns p.buffers, filled from the pool if nil.
func (p *Parser) acquireBuffers() *bufferSet {
	if p.buffers == nil {
		p.buffers = bufferSets.Get().(*bufferSet)
	}
	return p.buffers
}

// addLent keeps b until releaseLent.
func (s *bufferSet) addLent(b buffer) {
	s.lent = append(s.lent, b)
	s.lentBytes += cap(b.bytes)
}

func (s *bufferSet) releaseLent() {
	for i := range s.lent {
		s.lent[i].release()
	}
	s.lent, s.lentBytes = s.lent[:0], 0
	s.inflated.release()
}

// maxLent bounds the entries of lent that a pooled bufferSet retains.
const maxLent = 64

// recycle returns the buffers and the set to their pools.
func (s *bufferSet) recycle() {
	s.message.release()
	s.compressed.release()
	s.control.release()
	if cap(s.lent) > maxLent {
		s.lent = nil
	}
	bufferSets.Put(s)
}

// buffer is a growing byte slice, either pooled or for the caller to own.
type buffer struct {
	bytes []byte
	entry *[]byte // reused to put bytes into a pool without an allocation; nil if not pooled
}

func (b *buffer) pooled() bool { return b.entry != nil }

// reserve makes room for n more bytes, in pooled memory.
func (b *buffer) reserve(n int) {
	if cap(b.bytes)-len(b.bytes) < n {
		b.realloc(max(len(b.bytes)+n, 2*cap(b.bytes)), true)
	}
}

// realloc moves the bytes to new memory with a capacity of at least size.
func (b *buffer) realloc(size int, pooled bool) {
	old := *b
	if pooled {
		*b = getBuffer(size)
	} else {
		*b = buffer{bytes: make([]byte, 0, size)}
	}
	b.bytes = append(b.bytes, old.bytes...)
	old.release()
}

// release empties b and returns pooled memory to its pool.
func (b *buffer) release() {
	if b.pooled() {
		putBuffer(*b)
	}
	*b = buffer{}
}

// The capacities of pooled buffers are the powers of two with these exponents.
// Larger buffers are left to the garbage collector.
const (
	minPooled = 12
	maxPooled = 26
)

var pools [maxPooled - minPooled + 1]sync.Pool

func getBuffer(size int) buffer {
	class := max(bits.Len(uint(size-1)), minPooled)
	if class > maxPooled {
		return buffer{bytes: make([]byte, 0, size), entry: new([]byte)}
	}
	if entry, ok := pools[class-minPooled].Get().(*[]byte); ok {
		b := buffer{bytes: (*entry)[:0], entry: entry}
		*entry = nil
		return b
	}
	return buffer{bytes: make([]byte, 0, 1<<class), entry: new([]byte)}
}

func putBuffer(b buffer) {
	class := bits.Len(uint(cap(b.bytes))) - 1
	if class < minPooled || class > maxPooled {
		return
	}
	*b.entry = b.bytes[:0]
	pools[class-minPooled].Put(b.entry)
}
