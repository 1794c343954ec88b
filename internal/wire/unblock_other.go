//go:build !linux

package wire

// unblocked is never made: elsewhere connections over TLS wait in a goroutine.
type unblocked struct{ feed }

func (u *unblocked) write([]byte) (int, error) { panic("wire: unreachable") }
