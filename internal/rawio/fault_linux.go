package rawio

import (
	"sync/atomic"
	"syscall"
)

// Op names a call for a [Fault].
type Op byte

// The calls.
const (
	Read Op = iota
	Write
)

// Fault decides about a call in tests: it returns how many of n bytes the
// call may move, or an error instead of the call.
type Fault func(op Op, fd, n int) (most int, errno syscall.Errno)

var fault atomic.Pointer[Fault]

// Inject has f decide about every call until restore is called. It is for
// tests.
func Inject(f Fault) (restore func()) {
	old := fault.Swap(&f)
	return func() { fault.Store(old) }
}

// limit asks the fault, if there is one, how much of b may be moved.
func limit(op Op, fd int, b []byte) ([]byte, syscall.Errno) {
	f := fault.Load()
	if f == nil {
		return b, 0
	}
	most, errno := (*f)(op, fd, len(b))
	return b[:min(most, len(b))], errno
}

// injecting reports whether a fault is to be asked. Calls that move several
// pieces are then made piece by piece.
func injecting() bool { return fault.Load() != nil }

// writePieces is WriteVector as one write for each piece.
func writePieces(fd int, pieces [][]byte) (written int, errno syscall.Errno) {
	for _, piece := range pieces {
		n, errno := WriteOne(fd, piece)
		written += max(n, 0)
		switch {
		case errno != 0 && written == 0:
			return n, errno
		case n < len(piece):
			return written, 0
		}
	}
	return written, 0
}

// readPieces is ReadInto as one read for each piece.
func readPieces(fd int, first, second []byte) (int, syscall.Errno) {
	n, errno := readOne(fd, first)
	if errno != 0 || n < len(first) || n == 0 {
		return n, errno
	}
	more, errno := readOne(fd, second)
	if errno != 0 { // it will come again
		return n, 0
	}
	return n + more, 0
}
