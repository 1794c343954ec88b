//go:build !linux

package websocket_test

// injectRaw does nothing: no transport reads a descriptor itself.
func injectRaw(harm, *chance) (restore func()) { return func() {} }
