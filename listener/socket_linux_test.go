package listener_test

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
)

func TestSocketOptions(t *testing.T) {
	tests := map[string]struct {
		socket                          listener.Socket
		noDelay, keepAlive, sendTimeout int
	}{
		"default": {listener.Socket{}, 1, 1, 30_000},
		"none":    {listener.Socket{DisableNoDelay: true, KeepAlive: -1, SendTimeout: listener.Infinity}, 0, 0, 0},
		"set":     {listener.Socket{SendTimeout: 1500 * time.Millisecond}, 1, 1, 1500},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			took := make(chan net.Conn, 1)
			options := local
			options.Socket = tt.socket
			l := startClear(t, options, lines{took: func(c net.Conn) { took <- c }}.options())
			p := dial(t, l)
			p.upgrade()
			raw, err := (<-took).(*net.TCPConn).SyscallConn()
			require.NoError(t, err)
			get := func(level, option int) (value int) {
				require.NoError(t, raw.Control(func(fd uintptr) { value, err = unix.GetsockoptInt(int(fd), level, option) }))
				require.NoError(t, err)
				return value
			}
			assert.Equal(t, tt.noDelay, get(unix.IPPROTO_TCP, unix.TCP_NODELAY))
			assert.Equal(t, tt.keepAlive, get(unix.SOL_SOCKET, unix.SO_KEEPALIVE))
			assert.Equal(t, tt.sendTimeout, get(unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT))
		})
	}
}

// TestSendTimeout has a client that asks for a lot and reads none of it.
func TestSendTimeout(t *testing.T) {
	failed := make(chan error, 1)
	options := local
	options.Socket.SendTimeout = 100 * time.Millisecond
	l := startClear(t, options, with(func(req *handler.Request) (*handler.Upgrade, error) {
		w, megabyte := req.Writer(), make([]byte, 1<<20)
		for {
			if _, err := w.Write(megabyte); err != nil {
				failed <- err
				return nil, nil
			}
		}
	}))
	dial(t, l).request()
	select {
	case err := <-failed:
		// The read that net/http has under way may get the timeout first,
		// and the write then finds a broken pipe.
		assert.True(t, errors.Is(err, unix.ETIMEDOUT) || errors.Is(err, unix.EPIPE), "%v", err)
	case <-time.After(patience):
		t.Error("the server still waits for the client")
	}
}

func TestSocketBuffers(t *testing.T) {
	took := make(chan net.Conn, 1)
	options := local
	options.Socket = listener.Socket{ReadBuffer: 5000, WriteBuffer: 6000}
	l := startClear(t, options, lines{took: func(c net.Conn) { took <- c }}.options())
	dial(t, l).upgrade()
	raw, err := (<-took).(*net.TCPConn).SyscallConn()
	require.NoError(t, err)
	require.NoError(t, raw.Control(func(fd uintptr) {
		for option, want := range map[int]int{unix.SO_RCVBUF: 10_000, unix.SO_SNDBUF: 12_000} { // Linux doubles them
			got, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, option)
			assert.NoError(t, err)
			assert.Equal(t, want, got)
		}
	}))
}
