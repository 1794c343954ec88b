//go:build race

package conformance

// raceEnabled: the race detector makes deflating twenty times as slow.
const raceEnabled = true
