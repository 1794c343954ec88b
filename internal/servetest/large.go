//go:build !race

package servetest

// Large is the size in bytes of a body that must not pass through memory.
const Large = 2 << 30

// LargeHeap is the most bytes that may be allocated while it goes through.
const LargeHeap = Large / 16
