//go:build linux && !race

package rawio

import (
	"syscall"
	"unsafe"
)

// WriteOne writes b, or as much of it as the descriptor takes.
func WriteOne(fd int, b []byte) (int, syscall.Errno) {
	if f := fault.Load(); f != nil {
		return (*f)(Write, fd, b, writeOne)
	}
	return writeOne(fd, b)
}

func writeOne(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// maxPieces is the most pieces that one call writes.
const maxPieces = 64

// WriteVector writes the pieces in one call, or as much as the descriptor
// takes. It is not inlined: only its callers pay for the stack of its vector.
//
//go:noinline
func WriteVector(fd int, pieces [][]byte) (int, syscall.Errno) {
	if f := fault.Load(); f != nil {
		return f.writeVector(fd, pieces)
	}
	var vector [maxPieces]syscall.Iovec
	pieces = pieces[:min(len(pieces), maxPieces)]
	for i, piece := range pieces {
		vector[i].Base = unsafe.SliceData(piece)
		vector[i].SetLen(len(piece))
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vector)), uintptr(len(pieces)))
	return int(n), errno
}

func readOne(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// ReadInto fills first, if it has room, and then second, in one call.
func ReadInto(fd int, first, second []byte) (int, syscall.Errno) {
	if f := fault.Load(); f != nil {
		return f.readInto(fd, first, second)
	}
	if len(first) == 0 {
		return readOne(fd, second)
	}
	var vector [2]syscall.Iovec
	vector[0].Base, vector[1].Base = unsafe.SliceData(first), unsafe.SliceData(second)
	vector[0].SetLen(len(first))
	vector[1].SetLen(len(second))
	n, _, errno := syscall.RawSyscall(syscall.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&vector)), 2)
	return int(n), errno
}
