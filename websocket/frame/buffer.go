package frame

import (
	"math/bits"
	"sync"
)

// buffer is memory that grows, from the pools or for the caller to keep.
type buffer struct {
	bytes []byte
	box   *[]byte // in which the bytes go back to their pool; nil: not from a pool
}

// reserve makes room for n more bytes, in pooled memory.
func (b *buffer) reserve(n int) {
	if cap(b.bytes)-len(b.bytes) < n {
		b.move(max(len(b.bytes)+n, 2*cap(b.bytes)), true)
	}
}

// move moves the bytes to new memory of at least size bytes.
func (b *buffer) move(size int, pooled bool) {
	old := *b
	if pooled {
		*b = getBuffer(size)
	} else {
		*b = buffer{bytes: make([]byte, 0, size)}
	}
	b.bytes = append(b.bytes, old.bytes...)
	old.release()
}

// release gives pooled memory back.
func (b *buffer) release() {
	if b.box != nil {
		putBuffer(*b)
	}
	*b = buffer{}
}

// The pools hold buffers of powers of two, from minPooled to maxPooled;
// larger ones are left to the garbage collector.
const (
	minPooled = 12
	maxPooled = 26
)

// Each pool holds boxes, so that giving a buffer back allocates none.
var pools [maxPooled - minPooled + 1]sync.Pool

func getBuffer(size int) buffer {
	class := max(bits.Len(uint(size-1)), minPooled)
	if class > maxPooled {
		return buffer{bytes: make([]byte, 0, size), box: new([]byte)}
	}
	if box, ok := pools[class-minPooled].Get().(*[]byte); ok {
		b := buffer{bytes: (*box)[:0], box: box}
		*box = nil
		return b
	}
	return buffer{bytes: make([]byte, 0, 1<<class), box: new([]byte)}
}

func putBuffer(b buffer) {
	class := bits.Len(uint(cap(b.bytes))) - 1
	if class < minPooled || class > maxPooled {
		return
	}
	*b.box = b.bytes[:0]
	pools[class-minPooled].Put(b.box)
}
