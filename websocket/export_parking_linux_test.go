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

// FailNextParking has the next attempts to make an epoll set fail, as if no
// descriptor were left. Those after them succeed. Nothing may be parked. failed
// tells how many did fail.
func FailNextParking(attempts int) (failed func() int) {
	dropSet()
	done := 0
	swapEpoll(nil, func(flag int) (int, error) {
		if done < attempts {
			done++
			return -1, syscall.EMFILE
		}
		return syscall.EpollCreate1(flag)
	})
	return func() int {
		parkingLot.mu.Lock()
		defer parkingLot.mu.Unlock()
		return done
	}
}

// dropSet closes the epoll set once nobody watches it, for the next connection
// that parks to make one.
func dropSet() {
	for isWatched() {
		runtime.Gosched()
	}
	if old := swapEpoll(nil, syscall.EpollCreate1); old != nil {
		_ = old.Close()
	}
}

func isWatched() bool {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	return parkingLot.watching
}
