package rawio

import (
	"bytes"
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

// Fault makes a read or write in tests, in place of the kernel. It may use
// call for all of b, for the beginning of b, or not at all. An errno other
// than 0 is the failure of the call, and n doesn't matter then.
//
// A call that moves several pieces is one call with one b.
type Fault func(op Op, fd int, b []byte, call Call) (n int, errno syscall.Errno)

// Call asks the kernel.
type Call func(fd int, b []byte) (n int, errno syscall.Errno)

var fault atomic.Pointer[Fault]

// Inject has f make every call until restore is called. It is for tests.
func Inject(f Fault) (restore func()) {
	old := fault.Swap(&f)
	return func() { fault.Store(old) }
}

// writeVector is [WriteVector] as the one write of a fault.
func (f *Fault) writeVector(fd int, pieces [][]byte) (int, syscall.Errno) {
	return (*f)(Write, fd, bytes.Join(pieces, nil), writeOne)
}

// readInto is [ReadInto] as the one read of a fault.
func (f *Fault) readInto(fd int, first, second []byte) (int, syscall.Errno) {
	joined := make([]byte, len(first)+len(second))
	n, errno := (*f)(Read, fd, joined, readOne)
	if errno == 0 {
		copy(second, joined[copy(first, joined[:n]):n])
	}
	return n, errno
}
