//go:build race

package servetest

// Large is what the race detector can do in the time of 2 GiB, and LargeHeap
// the most bytes that may be allocated meanwhile: the detector makes pools
// forget a part of what they hold.
const (
	Large     = 128 << 20
	LargeHeap = Large / 2
)
