package websocket

import (
	"sync/atomic"
	"time"
)

// batchClock lets loops notice that time passes in a batch of many frames,
// without a look at the clock after each.
var batchClock = newCoarseClock()

// batchTick is the time between two ticks.
const batchTick = time.Millisecond

// coarseClock counts ticks. It ticks only once for each time that somebody
// wants the next tick, so it stands still while no batch is under way.
type coarseClock struct {
	ticks   atomic.Uint32
	ticking atomic.Bool
	timer   *time.Timer // used by the goroutine that set ticking
}

func newCoarseClock() *coarseClock {
	k := new(coarseClock)
	k.timer = time.AfterFunc(time.Hour, k.tick)
	k.timer.Stop()
	return k
}

// next returns the current tick. The next one follows within batchTick: if the
// clock was to tick already when next looked, it had not counted that tick yet.
func (k *coarseClock) next() uint32 {
	present := k.ticks.Load()
	if !k.ticking.Load() && k.ticking.CompareAndSwap(false, true) {
		k.timer.Reset(batchTick)
	}
	return present
}

// tick counts after it has cleared ticking; see next.
func (k *coarseClock) tick() {
	k.ticking.Store(false)
	k.ticks.Add(1)
}
