//go:build race

package frame_test

const raceDetector = true
