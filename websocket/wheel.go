package websocket

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// timing is what the timeouts of one connection need: no timer, but a place in
// the wheel. The loop writes the times, and the wheel reads them; a write that
// waits may set closeBy from another goroutine. All times are of the
// connection's clock, and 0 means never or none.
type timing struct {
	received atomic.Int64  // when bytes were last received
	active   atomic.Int64  // when there was last something to do
	pinged   atomic.Int64  // when the server last sent a ping
	idle     atomic.Int64  // Options.IdleTimeout
	ping     atomic.Int64  // Options.PingInterval
	closeBy  atomic.Int64  // when the closing handshake must be over
	rest     atomic.Uint32 // settling, awake, drowsy or hibernated

	// The wheel's, under its lock.
	slot       int16
	scheduled  bool
	forgotten  bool
	next, prev *Conn
}

// The values of timing.rest.
const (
	settling   uint32 = iota // has not hibernated yet
	awake                    // has hibernated before
	drowsy                   // is to hibernate at the end of the batch
	hibernated               // has hibernated since there was last something to do
)

// settleTime is how long a new connection stays awake if nothing happens. Most
// connections of a storm are silent after their first messages: if they all
// stayed awake for HibernateAfter, the runtime would keep a goroutine and a
// place in its poller for each, for good.
const settleTime = 100 * time.Millisecond

// restAfter returns after how long without anything to do the connection
// hibernates, or 0: not by itself.
func (t *timing) restAfter(hibernateAfter time.Duration) time.Duration {
	switch t.rest.Load() {
	case settling:
		return min(hibernateAfter, settleTime)
	case awake:
		return hibernateAfter
	}
	return 0
}

// due returns when the connection is to be looked at next, or 0: never.
func (t *timing) due(hibernateAfter time.Duration) int64 {
	if closeBy := t.closeBy.Load(); closeBy != 0 {
		return closeBy
	}
	received := t.received.Load()
	var due int64
	if idle := t.idle.Load(); idle > 0 {
		due = received + idle
	}
	if ping := t.ping.Load(); ping > 0 {
		due = sooner(due, max(received, t.pinged.Load())+ping)
	}
	if rest := t.restAfter(hibernateAfter); rest > 0 {
		due = sooner(due, max(received, t.active.Load())+int64(rest))
	}
	return due
}

func (c *Conn) due() int64 { return c.timing.due(c.settings.Value().hibernateAfter) }

// sooner returns the earlier of two times, of which the first may be 0: never.
func sooner(due, other int64) int64 {
	if due == 0 {
		return other
	}
	return min(due, other)
}

const (
	wheelTick = 10 * time.Millisecond
	slotCount = 8192 // reaches further ahead than the default timeouts
)

// tickFor returns the tick at which the wheel looks at a connection: the next
// one after it is due. Times far ahead share a tick, which is at most a
// sixteenth of the wait late, so that the timer seldom fires.
func tickFor(due, present int64) int64 {
	at := due/int64(wheelTick) + 1
	ahead := (due - present) / int64(wheelTick) / 16
	if ahead < 2 {
		return at
	}
	step := int64(1) << (bits.Len64(uint64(ahead)) - 1)
	return (at + step - 1) &^ (step - 1)
}

// wheel is a hashed timing wheel: a connection is in the slot of the tick at
// which it is due, and a single timer is set to the next slot in use.
// Receiving bytes only stores the time: when the slot's turn comes, a
// connection that isn't due yet is scheduled again.
type wheel struct {
	mu    sync.Mutex
	slots [slotCount]*Conn
	used  [slotCount / 64]uint64
	last  int64 // the last tick whose slot was emptied
	timer *time.Timer
	armed int64 // the tick that timer is set to; 0: none
}

var timeouts wheel

// schedule puts c into the slot where it is due, or takes it out if it never
// is.
func (w *wheel) schedule(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scheduleFrom(now(), c)
}

func (w *wheel) scheduleFrom(present int64, c *Conn) {
	w.unlink(c)
	due := c.due()
	if due == 0 || c.timing.forgotten {
		return
	}
	if w.armed == 0 {
		w.last = present / int64(wheelTick)
	}
	at := max(tickFor(due, present), w.last+1)
	w.link(c, int16(at%slotCount))
	if wake := min(at, w.last+slotCount-1); w.armed == 0 || wake < w.armed {
		w.arm(wake)
	}
}

// forget takes c out for good.
func (w *wheel) forget(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(c)
	c.timing.forgotten = true
}

func (w *wheel) link(c *Conn, slot int16) {
	t := &c.timing
	t.slot, t.scheduled = slot, true
	t.prev, t.next = nil, w.slots[slot]
	if t.next != nil {
		t.next.timing.prev = c
	}
	w.slots[slot] = c
	w.used[slot/64] |= 1 << (slot % 64)
}

func (w *wheel) unlink(c *Conn) {
	t := &c.timing
	if !t.scheduled {
		return
	}
	if t.next != nil {
		t.next.timing.prev = t.prev
	}
	if t.prev != nil {
		t.prev.timing.next = t.next
	} else if w.slots[t.slot] = t.next; t.next == nil {
		w.used[t.slot/64] &^= 1 << (t.slot % 64)
	}
	t.next, t.prev, t.scheduled = nil, nil, false
}

func (w *wheel) arm(at int64) {
	w.armed = at
	wait := time.Duration(at*int64(wheelTick) - now())
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, w.fire)
		return
	}
	w.timer.Reset(wait)
}

// fire signals the connections that are due. It does so without the lock,
// because it may take a while.
func (w *wheel) fire() {
	for _, c := range w.expire() {
		c.signal(signalTick)
	}
}

// expire takes out the connections that are due, and sets the timer for the
// next ones.
func (w *wheel) expire() []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := w.emptySlots(now())
	w.armed = 0
	if next := w.nextUsed(w.last + 1); next > 0 {
		w.arm(next)
	}
	return due
}

// emptySlots goes through the slots up to the present and takes out the
// connections that are due. Their loops schedule them again.
func (w *wheel) emptySlots(present int64) (due []*Conn) {
	until := present / int64(wheelTick)
	for at := max(w.last+1, until-slotCount+1); at <= until; at++ {
		for c := w.slots[at%slotCount]; c != nil; {
			next := c.timing.next
			if w.takeIfDue(c, present) {
				due = append(due, c)
			}
			c = next
		}
	}
	w.last = until
	return due
}

// takeIfDue takes c out, and puts it into a later slot if it isn't due.
func (w *wheel) takeIfDue(c *Conn, present int64) bool {
	w.unlink(c)
	due := c.due()
	if due > present {
		w.link(c, int16(tickFor(due, present)%slotCount))
	}
	return due > 0 && due <= present
}

// nextUsed returns the first tick from at on whose slot is in use, or 0.
func (w *wheel) nextUsed(at int64) int64 {
	for ahead := int64(0); ahead < slotCount; {
		slot := (at + ahead) % slotCount
		if rest := w.used[slot/64] >> (slot % 64); rest != 0 {
			return at + ahead + int64(bits.TrailingZeros64(rest))
		}
		ahead += 64 - slot%64
	}
	return 0
}
