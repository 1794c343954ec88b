//go:build race

package deflate

// largest is smaller here because the race detector is slow. There is no
// TestAllocations either: under the race detector, sync.Pool drops items.
const largest = 33_000
