package frame

import (
	"math/bits"
	"sync"
)

const (
	firstSize   = 64 << 10 // what a message under way gets before its client has sent more
	scratchSize = 4 << 10  // what messages are inflated to, at first
)

// buffer is memory that grows, from the pools or for the caller to keep.
type buffer struct {
	bytes  []byte
	pooled bool
}

// grow makes room for n more bytes; a new buffer has room for size.
func (b *buffer) grow(n, size int, pooled bool) {
	if cap(b.bytes)-len(b.bytes) >= n {
		return
	}
	size = max(size, len(b.bytes)+n, 2*cap(b.bytes))
	old := *b
	if pooled {
		b.bytes = getBytes(size)
	} else {
		b.bytes = make([]byte, 0, size)
	}
	b.pooled = pooled
	b.bytes = append(b.bytes, old.bytes...)
	old.release()
}

// replace takes what was appended to the buffer's bytes.
func (b *buffer) replace(bytes []byte) {
	if cap(bytes) != cap(b.bytes) {
		b.release()
	}
	b.bytes = bytes
}

// release gives pooled memory back.
func (b *buffer) release() {
	if b.pooled {
		putBytes(b.bytes)
	}
	*b = buffer{}
}

// The pools hold buffers of powers of two, from minPooled to maxPooled;
// larger ones are left to the garbage collector.
const (
	minPooled = 12
	maxPooled = 26
)

var pools [maxPooled - minPooled + 1]sync.Pool

func getBytes(size int) []byte {
	class := max(bits.Len(uint(size-1)), minPooled)
	if class > maxPooled {
		return make([]byte, 0, size)
	}
	if p, ok := pools[class-minPooled].Get().(*[]byte); ok {
		return (*p)[:0]
	}
	return make([]byte, 0, 1<<class)
}

func putBytes(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if class < minPooled || class > maxPooled {
		return
	}
	b = b[:0]
	pools[class-minPooled].Put(&b)
}
