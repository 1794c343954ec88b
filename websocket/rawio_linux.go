//go:build !race

package websocket

import (
	"syscall"
	"unsafe"
)

// The calls on a descriptor that does not block. They bypass the scheduler,
// which for package syscall's own is made ready for a call that takes long.

func writeOne(fd int, b []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)))
	return int(n), errno
}

// mostPieces is how many pieces one call writes.
const mostPieces = 64

// writeVector stands alone so that only who needs it pays for its stack.
//
//go:noinline
func writeVector(fd int, pieces [][]byte) (int, syscall.Errno) {
	var vector [mostPieces]syscall.Iovec
	pieces = pieces[:min(len(pieces), mostPieces)]
	for i, piece := range pieces {
		vector[i].Base = unsafe.SliceData(piece)
		vector[i].SetLen(len(piece))
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITEV, uintptr(fd), uintptr(unsafe.Pointer(&vector)), uintptr(len(pieces)))
	return int(n), errno
}

// readInto reads into tail, and into buffer what tail has no room for.
func readInto(fd int, tail, buffer []byte) (int, syscall.Errno) {
	if len(tail) == 0 {
		n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(buffer))), uintptr(len(buffer)))
		return int(n), errno
	}
	var vector [2]syscall.Iovec
	vector[0].Base, vector[1].Base = unsafe.SliceData(tail), unsafe.SliceData(buffer)
	vector[0].SetLen(len(tail))
	vector[1].SetLen(len(buffer))
	n, _, errno := syscall.RawSyscall(syscall.SYS_READV, uintptr(fd), uintptr(unsafe.Pointer(&vector)), 2)
	return int(n), errno
}
