//go:build race

package servetest

import "math"

// Large is what the race detector can do in the time of 2 GiB. It makes pools
// forget what they hold, so that LargeHeap is no limit.
const (
	Large     = 64 << 20
	LargeHeap = math.MaxInt64
)
