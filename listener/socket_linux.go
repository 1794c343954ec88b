package listener

import (
	"math"
	"net"
	"time"

	"golang.org/x/sys/unix"
)

// setSendTimeout lets the system close a connection whose peer takes nothing
// for so long: tcp(7), TCP_USER_TIMEOUT.
func setSendTimeout(c *net.TCPConn, timeout time.Duration) {
	raw, err := c.SyscallConn()
	if err != nil {
		return
	}
	ms := int(min(max(timeout.Milliseconds(), 1), math.MaxInt32))
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, ms)
	})
}
