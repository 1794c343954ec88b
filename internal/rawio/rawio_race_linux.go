//go:build linux && race

package rawio

import "syscall"

// With the race detector the calls are package syscall's. They tell it that
// what precedes a write also precedes the read of those bytes. Otherwise it
// would report races in tests that are ordered by messages alone.

// WriteOne writes b, or as much of it as the descriptor takes.
func WriteOne(fd int, b []byte) (int, syscall.Errno) {
	if f := fault.Load(); f != nil {
		return (*f)(Write, fd, b, writeOne)
	}
	return writeOne(fd, b)
}

func writeOne(fd int, b []byte) (int, syscall.Errno) {
	n, err := syscall.Write(fd, b)
	return n, errnoOf(err)
}

// WriteVector writes the pieces one by one, or as much as the descriptor
// takes.
func WriteVector(fd int, pieces [][]byte) (written int, errno syscall.Errno) {
	if f := fault.Load(); f != nil {
		return f.writeVector(fd, pieces)
	}
	for _, piece := range pieces {
		n, errno := writeOne(fd, piece)
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

func readOne(fd int, b []byte) (int, syscall.Errno) {
	n, err := syscall.Read(fd, b)
	return n, errnoOf(err)
}

// ReadInto fills first, if it has room, and then second.
func ReadInto(fd int, first, second []byte) (int, syscall.Errno) {
	if f := fault.Load(); f != nil {
		return f.readInto(fd, first, second)
	}
	if len(first) == 0 {
		return readOne(fd, second)
	}
	n, errno := readOne(fd, first)
	if errno != 0 || n < len(first) {
		return n, errno
	}
	more, errno := readOne(fd, second)
	if errno != 0 { // it will come again
		return n, 0
	}
	return n + more, 0
}

func errnoOf(err error) syscall.Errno {
	errno, _ := err.(syscall.Errno)
	return errno
}
