//go:build !race

package protocol_test

const (
	large     int64  = 2 << 30      // bytes of a body that must not pass through memory
	largeHeap uint64 = 2 << 30 / 16 // the most bytes that may be allocated while it goes through
)
