package websocket

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestEventOfAnotherStay: a signal wakes a connection and, before it leaves the
// set, its event is handled. The event must neither wake it a second time nor,
// after it has parked again, end that stay.
func TestEventOfAnotherStay(t *testing.T) {
	pair, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	require.NoError(t, err)
	var p parking
	defer func() {
		for _, fd := range pair {
			assert.NoError(t, syscall.Close(fd))
		}
		assert.NoError(t, p.set.Close())
	}()
	fd, c := pair[0], new(Conn)
	require.True(t, p.enter(fd, c))
	event := syscall.EpollEvent{Fd: int32(fd), Pad: p.spots[fd].serial}
	require.True(t, c.activity.CompareAndSwap(parked, running), "a signal wakes it")
	assert.Nil(t, p.take(event), "the event wakes it, too")
	assert.Zero(t, p.count)

	require.True(t, p.enter(fd, c))
	p.exit(pair[1], c) // another descriptor
	assert.Nil(t, p.take(event))
	assert.Equal(t, 1, p.count)
	assert.Equal(t, parked, c.activity.Load(), "its second stay is over")
	p.exit(fd, c)
	assert.Zero(t, p.count)
}
