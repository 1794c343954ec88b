package websocket

// DisableParking has connections hibernate without an epoll set, as where
// none can be had, until restore is called.
func DisableParking() (restore func()) {
	set := func(failed bool) {
		parkingLot.mu.Lock()
		defer parkingLot.mu.Unlock()
		parkingLot.failed = failed
	}
	set(true)
	return func() { set(false) }
}
