//go:build race

package deflate

// largest is less than without the race detector, which is slow, and makes
// sync.Pool forget, so that there is also no TestAllocations.
const largest = 33_000
