//go:build race

package websocket

import "syscall"

// With the race detector the calls are package syscall's, which tell it that
// what comes before a write also comes before the read of what was written:
// otherwise it would report races in tests whose only order is that of
// messages.

func writeOne(fd int, b []byte) (int, syscall.Errno) {
	n, err := syscall.Write(fd, b)
	return n, errnoOf(err)
}

// writeVector writes pieces until the socket takes no more.
func writeVector(fd int, pieces [][]byte) (written int, errno syscall.Errno) {
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

// readInto reads into tail, and into buffer what tail has no room for.
func readInto(fd int, tail, buffer []byte) (int, syscall.Errno) {
	if len(tail) == 0 {
		n, err := syscall.Read(fd, buffer)
		return n, errnoOf(err)
	}
	n, err := syscall.Read(fd, tail)
	if n < len(tail) {
		return n, errnoOf(err)
	}
	more, _ := syscall.Read(fd, buffer) // its error will come again
	return n + max(more, 0), 0
}

func errnoOf(err error) syscall.Errno {
	errno, _ := err.(syscall.Errno)
	return errno
}
