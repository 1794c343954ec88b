package websocket

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStaleEvent: an event of a connection that was woken up by other means
// does not wake another one that parks with the same descriptor.
func TestStaleEvent(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	var p parking
	defer func() {
		for _, fd := range pair {
			assert.NoError(t, syscall.Close(fd))
		}
		assert.NoError(t, p.set.Close())
	}()
	fd := pair[0]
	event := func() syscall.EpollEvent {
		return syscall.EpollEvent{Fd: int32(fd), Pad: p.spots[fd].serial}
	}
	first, second := new(Conn), new(Conn)
	require.True(t, p.enter(fd, first))
	stale := event()
	p.exit(fd, first)
	require.True(t, p.enter(fd, second))
	assert.Nil(t, p.take(stale))
	assert.Same(t, second, p.take(event()))
	assert.Nil(t, p.take(event()))
}
