//go:build !linux

package websocket

import "net"

func unacknowledged(net.Conn) int { return 0 }

func bytesWait(net.Conn) (waiting, known bool) { return false, false }
