package websocket

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// control calls f with the descriptor under conn, if it has one.
func control(conn net.Conn, f func(fd int)) (ok bool) {
	has, ok := under(conn).(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := has.SyscallConn()
	return err == nil && raw.Control(func(fd uintptr) { f(int(fd)) }) == nil
}

// unacknowledged returns how many bytes in the socket's buffer the client
// hasn't acknowledged. The kernel reports a socket writable only once a third
// of its buffer is free, which takes a slow client too long.
func unacknowledged(fd int) int {
	n, _ := unix.IoctlGetInt(fd, unix.SIOCOUTQ)
	return n
}

// bytesWait reports whether bytes, or the end of the stream, wait in a socket.
func bytesWait(fd int) bool {
	var b [1]byte
	_, _, err := syscall.Recvfrom(fd, b[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err != syscall.EAGAIN
}

// unacknowledgedBy is unacknowledged of the socket under conn, or 0 if there is
// none.
func unacknowledgedBy(conn net.Conn) (n int) {
	control(conn, func(fd int) { n = unacknowledged(fd) })
	return n
}
