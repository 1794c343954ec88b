//go:build !linux

package websocket

import "net"

// newSocket returns nil: on this platform every connection is a stream.
func newSocket(net.Conn) transport { return nil }
