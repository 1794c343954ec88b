package websocket

import (
	"os"
	"syscall"
)

// DisableParking has every attempt to make an epoll set fail, as if no
// descriptor were left, until restore is called.
func DisableParking() (restore func()) {
	set := swapEpoll(nil, func(int) (int, error) { return -1, syscall.EMFILE })
	return func() { swapEpoll(set, syscall.EpollCreate1) }
}

func swapEpoll(set *os.File, create func(int) (int, error)) (old *os.File) {
	parkingLot.mu.Lock()
	defer parkingLot.mu.Unlock()
	old, parkingLot.set, epollCreate = parkingLot.set, set, create
	return old
}
