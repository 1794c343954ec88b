package websocket

import (
	"sync/atomic"
	"time"
)

// batchClock lets loops notice that time passes in a batch of many frames,
// without a look at the clock after each.
var batchClock coarseClock

// batchTick is how long after the start of a batch its loop looks at the
// clock.
const batchTick = time.Millisecond

// coarseClock counts ticks, as long as somebody wants the next one.
type coarseClock struct {
	ticks   atomic.Uint32
	ticking atomic.Bool
	timer   *time.Timer // of the goroutine that set ticking
}

// next returns the current tick, and has the clock tick once more.
func (k *coarseClock) next() uint32 {
	if !k.ticking.Load() && k.ticking.CompareAndSwap(false, true) {
		if k.timer == nil {
			k.timer = time.AfterFunc(batchTick, k.tick)
		} else {
			k.timer.Reset(batchTick)
		}
	}
	return k.ticks.Load()
}

func (k *coarseClock) tick() {
	k.ticks.Add(1)
	k.ticking.Store(false)
}
