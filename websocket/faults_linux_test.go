package websocket_test

import (
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/cowhand/cowhand/internal/rawio"
)

// injectRaw puts a harmless fault under all descriptors.
func injectRaw(h harm, chance *chance) (restore func()) {
	return rawio.Inject(harmlessRaw(h, chance))
}

func harmlessRaw(h harm, chance *chance) rawio.Fault {
	switch h {
	case harmShort:
		return chance.short
	case harmEINTR:
		return chance.interrupted
	}
	return chance.delayed
}

// interrupted has signals interrupt calls.
func (c *chance) interrupted(_ rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
	if c.below(3) == 0 {
		return -1, syscall.EINTR
	}
	return call(fd, b)
}

// delayed makes calls take their time.
func (c *chance) delayed(_ rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
	c.pause()
	defer c.pause()
	return call(fd, b)
}

// short has bytes come and go a few at a time, and some a moment later: the
// call moves only some of them, or fails with EAGAIN.
//
// An edge-triggered epoll tells of bytes once, and a read that brings less than
// it could has emptied the socket: epoll(7), "Do I need to continuously
// read/write". So when bytes are held back, the kernel is made to tell again.
func (c *chance) short(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
	way := c.below(4)
	if way == 0 || len(b) == 0 || !canRenew(op, fd) {
		return call(fd, b)
	}
	if way == 1 {
		c.renewSoon(op, fd)
		return -1, syscall.EAGAIN
	}
	most := c.part(len(b))
	n, errno := call(fd, b[:most])
	if op == rawio.Read && errno == 0 && n == most {
		c.renewSoon(op, fd)
	}
	return n, errno
}

// canRenew reports whether the kernel can be made to tell that a descriptor is
// ready for op. It can't for a socket that has failed, and, but for a read of
// TCP, for one that takes no bytes. Looking has the kernel tell once it does.
func canRenew(op rawio.Op, fd int) bool {
	look := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLOUT}}
	if _, err := unix.Poll(look, 0); err != nil {
		return false
	}
	events := look[0].Revents
	return events == unix.POLLOUT || events == 0 && op == rawio.Read && isTCP(fd)
}

func isTCP(fd int) bool {
	domain, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DOMAIN)
	return err == nil && domain != unix.AF_UNIX
}

// renewSoon has the kernel tell that a descriptor is ready: at once, or, for
// TCP, in a moment. A Unix socket might take no bytes by then.
func (c *chance) renewSoon(op rawio.Op, fd int) {
	if c.below(2) == 0 || !isTCP(fd) {
		renew(op, fd)
		return
	}
	time.AfterFunc(time.Duration(c.below(200))*time.Microsecond, func() { renew(op, fd) })
}

// renew sets an option of the socket to what it is, which has the kernel tell
// that there are bytes, or that there is room for some. If the descriptor is
// another's by now, that one is told of nothing new, which is harmless.
func renew(op rawio.Op, fd int) {
	if op == rawio.Read && isTCP(fd) {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVLOWAT, 1)
		return
	}
	if doubled, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF); err == nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, doubled/2)
	}
}
