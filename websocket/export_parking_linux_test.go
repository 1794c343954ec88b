package websocket

import (
	"os"
	"runtime"
	"syscall"
)

// Parked returns how many connections are parked.
func Parked() int {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	return parkingLot.count
}

// BreakParking has the watcher find its epoll set closed.
func BreakParking() error {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	return parkingLot.set.Close()
}

// SpoilParking puts another file in the place of the epoll set, so that waiting
// for events fails.
func SpoilParking() error {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	if err := syscall.Dup3(int(null.Fd()), parkingLot.epoll, syscall.O_CLOEXEC); err != nil {
		return err
	}
	return parkingLot.set.SetReadDeadline(past) // wakes the watcher
}

// FailParking has all attempts to make an epoll set fail, as if no descriptor
// were left, until restore is called. It waits until nothing is parked. failed
// tells how many attempts did fail.
func FailParking() (failed func() int, restore func()) {
	EmptyParking()
	attempts := 0
	setEpollCreate(func(int) (int, error) {
		attempts++
		return -1, syscall.EMFILE
	})
	failed = func() int {
		parkingLot.mu.Lock()
		defer parkingLot.mu.Unlock()
		return attempts
	}
	return failed, func() { setEpollCreate(syscall.EpollCreate1) }
}

// setEpollCreate also drops the epoll set, unless it is in use.
func setEpollCreate(create func(int) (int, error)) {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	epollCreate = create
	if parkingLot.set != nil && !parkingLot.watching {
		_ = parkingLot.set.Close()
		parkingLot.set = nil
	}
}

// EmptyParking waits until nothing is parked.
func EmptyParking() {
	for isWatched() {
		runtime.Gosched()
	}
}

func isWatched() bool {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	return parkingLot.watching
}
