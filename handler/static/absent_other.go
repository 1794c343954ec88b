//go:build !windows

package static

import "syscall"

var ownNameErrors []syscall.Errno
