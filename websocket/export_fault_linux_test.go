package websocket

import (
	"syscall"
	"time"
)

// OpenParking makes the epoll set of the connections that hibernate, unless
// there is one. One that was closed is replaced: if the last
// connection left it at that moment, nobody noticed.
func OpenParking() {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	if parkingLot.set == nil || parkingLot.set.SetReadDeadline(time.Time{}) != nil {
		parkingLot.open()
	}
}

// InterceptParking has fail decide about each call of epoll_ctl, until restore
// is called: 0 lets the kernel make it.
func InterceptParking(fail func() syscall.Errno) (restore func()) {
	setEpollCtl(func(set, op, fd int, event *syscall.EpollEvent) error {
		if errno := fail(); errno != 0 {
			return errno
		}
		return syscall.EpollCtl(set, op, fd, event)
	})
	return func() { setEpollCtl(syscall.EpollCtl) }
}

func setEpollCtl(call func(set, op, fd int, event *syscall.EpollEvent) error) {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	epollCtl = call
}

// CloseEpollSet closes the epoll set under the goroutine that watches it, and
// reports whether one does.
func CloseEpollSet() bool {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	return parkingLot.count > 0 && parkingLot.set.Close() == nil
}
