//go:build race

package protocol_test

// large is what the race detector can do in the time of 2 GiB, and largeHeap
// the most bytes that may be allocated meanwhile: the detector makes pools
// forget a part of what they hold.
const (
	large     int64  = 128 << 20
	largeHeap uint64 = 64 << 20
)
