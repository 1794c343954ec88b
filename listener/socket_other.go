//go:build !linux

package listener

import (
	"net"
	"time"
)

// setSendTimeout has no option to set on this system.
func setSendTimeout(*net.TCPConn, time.Duration) {}
