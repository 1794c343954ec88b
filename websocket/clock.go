package websocket

import "time"

// clock is the time of a connection: the system's, or that of a test.
type clock interface {
	// now is in nanoseconds and never goes back.
	now() int64

	// afterFunc calls f in a goroutine of its own after d. The caller holds
	// Conn.mu.
	afterFunc(d time.Duration, f func()) stopper
}

// stopper is a [time.Timer], as far as it is used.
type stopper interface{ Stop() bool }

type systemClock struct{}

func (systemClock) now() int64 { return now() }

func (systemClock) afterFunc(d time.Duration, f func()) stopper { return time.AfterFunc(d, f) }

// now is a monotonic clock in nanoseconds.
func now() int64 { return int64(time.Since(epoch)) }

var epoch = time.Now()

// now is the time by the connection's clock.
func (c *Conn) now() int64 { return c.settings.Value().clock.now() }
