package websocket

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestCoarseClockTicksOnceMore: whoever asks for the next tick gets it, even if
// the clock ticks at that very moment.
func TestCoarseClockTicksOnceMore(t *testing.T) {
	k := newCoarseClock()
	for n := range 100 {
		first := k.next()
		present := first
		for present == first {
			present = k.next()
		}
		ticked := func() bool { return k.ticks.Load() != present }
		require.Eventually(t, ticked, 5*time.Second, 100*time.Microsecond, "after %d ticks", n)
	}
}
