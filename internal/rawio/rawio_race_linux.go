//go:build linux && race

package rawio

import "syscall"

// With the race detector the calls are package syscall's. They tell it that
// what precedes a write also precedes the read of those bytes. Otherwise it
// would report races in tests that are ordered by messages alone.

// WriteOne writes b, or as much of it as the descriptor takes.
func WriteOne(fd int, b []byte) (int, syscall.Errno) {
	b, errno := limit(Write, fd, b)
	if errno != 0 {
		return 0, errno
	}
	n, err := syscall.Write(fd, b)
	return n, errnoOf(err)
}

// WriteVector writes the pieces, or as much as the descriptor takes.
func WriteVector(fd int, pieces [][]byte) (written int, errno syscall.Errno) {
	return writePieces(fd, pieces)
}

func readOne(fd int, b []byte) (int, syscall.Errno) {
	b, errno := limit(Read, fd, b)
	if errno != 0 {
		return 0, errno
	}
	n, err := syscall.Read(fd, b)
	return n, errnoOf(err)
}

// ReadInto fills first, if it has room, and then second.
func ReadInto(fd int, first, second []byte) (int, syscall.Errno) {
	if len(first) == 0 {
		return readOne(fd, second)
	}
	return readPieces(fd, first, second)
}

func errnoOf(err error) syscall.Errno {
	errno, _ := err.(syscall.Errno)
	return errno
}
