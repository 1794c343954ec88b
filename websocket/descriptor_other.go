//go:build !linux

package websocket

import "net"

func unacknowledgedBy(net.Conn) int { return 0 }

func bytesWaitFor(net.Conn) (waiting, known bool) { return false, false }
