package faultconn_test

import (
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/faultconn"
)

// TestFaultMakesTheCall: a fault may pass a call on, shorten it, or fail it.
func TestFaultMakesTheCall(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	go func() { _, _ = io.WriteString(far, "hello") }()
	number := 0
	c := faultconn.New(near, func(c *faultconn.Conn, op faultconn.Op, b []byte) (int, error) {
		switch number++; number {
		case 1:
			return c.Call(op, b[:1])
		case 2:
			return c.Call(op, b)
		}
		return 0, syscall.ECONNRESET
	})
	b := make([]byte, 10)
	n, err := c.Read(b)
	require.NoError(t, err)
	assert.Equal(t, "h", string(b[:n]))
	n, err = c.Read(b)
	require.NoError(t, err)
	assert.Equal(t, "ello", string(b[:n]))
	_, err = c.Read(b)
	assert.ErrorIs(t, err, syscall.ECONNRESET)
}

// TestStall ends by the deadline, whenever that is set, and by Close.
func TestStall(t *testing.T) {
	for op, set := range map[faultconn.Op]func(net.Conn, time.Time) error{
		faultconn.Read:  net.Conn.SetReadDeadline,
		faultconn.Write: net.Conn.SetWriteDeadline,
	} {
		synctest.Test(t, func(t *testing.T) {
			near, far := net.Pipe()
			defer far.Close()
			c := faultconn.New(near, func(c *faultconn.Conn, op faultconn.Op, _ []byte) (int, error) {
				return 0, c.Stall(op)
			})
			stalled := make(chan error)
			call := func() {
				if op == faultconn.Read {
					_, err := c.Read(make([]byte, 1))
					stalled <- err
					return
				}
				_, err := c.Write(make([]byte, 1))
				stalled <- err
			}
			go call()
			synctest.Wait()
			require.NoError(t, set(c, time.Now().Add(time.Hour)))
			assert.ErrorIs(t, <-stalled, os.ErrDeadlineExceeded)
			require.NoError(t, set(c, time.Time{}))
			go call()
			synctest.Wait()
			require.NoError(t, c.Close())
			assert.ErrorIs(t, <-stalled, net.ErrClosed)
		})
	}
}
