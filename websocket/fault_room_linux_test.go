package websocket_test

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/websocket"
)

// injectWrites puts a fault under the writes to all descriptors. It gets the
// number of the write, from 1.
func injectWrites(t *testing.T, fault func(number, fd int, b []byte, call rawio.Call) (int, syscall.Errno)) {
	t.Helper()
	number := 0
	t.Cleanup(rawio.Inject(func(op rawio.Op, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
		if op == rawio.Read {
			return call(fd, b)
		}
		number++
		return fault(number, fd, b, call)
	}))
}

// noRoom is a write for which the socket has no room yet.
func noRoom(fd int) (int, syscall.Errno) {
	renew(rawio.Write, fd)
	return -1, syscall.EAGAIN
}

// TestTimedOutWrite: a write that the kernel gave up is no deadline of ours
// that has passed. The connection ends at once, not after WriteTimeout.
func TestTimedOutWrite(t *testing.T) {
	for name, on := range map[string]setup{"tcp": {}, "unix": {unix: true}, "tls": {tls: true}} {
		t.Run(name, func(t *testing.T) {
			if name == "tcp" {
				notOn(t, "it has a case of its own", "unix", "tls", "stream")
			}
			injectWrites(t, func(number, fd int, _ []byte, _ rawio.Call) (int, syscall.Errno) {
				if number <= 3 {
					return noRoom(fd)
				}
				return -1, syscall.ETIMEDOUT
			})
			h := &callbacks{frame: echo}
			c := on.serve(t, h).connect(t)
			c.send(text("x"))
			reason := h.reason(t)
			assert.Equal(t, websocket.ReasonError, reason.Kind)
			assert.ErrorIs(t, reason.Err, syscall.ETIMEDOUT)
		})
	}
}

// TestEndOfTLSWaitsForRoom: the alert that ends TLS comes whole, even if the
// socket has room only for a part of it at first.
func TestEndOfTLSWaitsForRoom(t *testing.T) {
	injectWrites(t, func(number, fd int, b []byte, call rawio.Call) (int, syscall.Errno) {
		switch number {
		case 1: // the close frame
			return call(fd, b)
		case 2:
			return call(fd, b[:1])
		case 3, 4, 5:
			return noRoom(fd)
		}
		return call(fd, b)
	})
	h := &callbacks{}
	c := setup{tls: true}.serve(t, h).connect(t)
	c.send(closing(1000, ""))
	c.expect(closing(1000, ""))
	c.expectEnd()
	require.NoError(t, c.conn.Close())
	assert.Equal(t, websocket.ReasonRemote, h.reason(t).Kind)
}
