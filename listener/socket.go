package listener

import (
	"context"
	"errors"
	"net"
	"os"
	"syscall"
)

// listen opens the socket at addr. A Unix socket that a dead process left
// behind is removed.
func listen(o *Options, addr string) (net.Listener, error) {
	config := net.ListenConfig{KeepAlive: o.Socket.KeepAlive}
	socket, err := config.Listen(context.Background(), o.Network, addr)
	if o.Network == "unix" && errors.Is(err, syscall.EADDRINUSE) && removeStale(addr) {
		return config.Listen(context.Background(), o.Network, addr)
	}
	return socket, err
}

// removeStale removes the Unix socket at path if nobody listens on it.
func removeStale(path string) bool {
	info, err := os.Stat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return false
	}
	c, err := net.Dial("unix", path)
	if err == nil {
		_ = c.Close()
		return false
	}
	return errors.Is(err, syscall.ECONNREFUSED) && os.Remove(path) == nil
}

// configure sets the socket options of an accepted connection. One that the
// system refuses does not end the connection.
func (s *Socket) configure(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		if s.DisableNoDelay {
			_ = t.SetNoDelay(false)
		}
		if s.SendTimeout != Infinity {
			setSendTimeout(t, s.SendTimeout)
		}
	}
	b, ok := c.(interface {
		SetReadBuffer(int) error
		SetWriteBuffer(int) error
	})
	if !ok {
		return
	}
	if s.ReadBuffer > 0 {
		_ = b.SetReadBuffer(s.ReadBuffer)
	}
	if s.WriteBuffer > 0 {
		_ = b.SetWriteBuffer(s.WriteBuffer)
	}
}
