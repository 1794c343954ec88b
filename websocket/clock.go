package websocket

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"time"
)

// now is a monotonic clock in nanoseconds.
func now() int64 { return int64(time.Since(epoch)) }

var epoch = time.Now()

// clockEntry is what the timeouts of one connection need: no timer, but a
// place in the wheel and the time of the last receipt.
type clockEntry struct {
	heard   atomic.Int64 // when something was last received
	pinged  atomic.Int64 // when the server last sent a ping
	idle    atomic.Int64 // Options.IdleTimeout; 0: none
	ping    atomic.Int64 // Options.PingInterval; 0: none
	end     atomic.Int64 // when the closing handshake is over; 0: not begun
	napping atomic.Bool  // it hibernated since there was last something to do

	// Of the wheel, under its lock.
	filed      bool
	gone       bool
	slot       int16
	next, prev *Conn
}

// due returns when the connection is to be looked at next, or 0: never.
func (c *Conn) due() int64 {
	e := &c.clock
	if end := e.end.Load(); end != 0 {
		return end
	}
	heard := e.heard.Load()
	var due int64
	if idle := e.idle.Load(); idle > 0 {
		due = heard + idle
	}
	if ping := e.ping.Load(); ping > 0 {
		due = sooner(due, max(heard, e.pinged.Load())+ping)
	}
	if nap := int64(c.settings.Value().hibernateAfter); nap > 0 && !e.napping.Load() {
		due = sooner(due, max(heard, c.stirred.Load())+nap)
	}
	return due
}

// sooner returns the earlier of two times, of which the first may be 0: never.
func sooner(due, other int64) int64 {
	if due == 0 {
		return other
	}
	return min(due, other)
}

const (
	tick      = 10 * time.Millisecond
	slotCount = 8192 // more than the default timeouts are ahead
)

// slotTick is the tick at which a connection that is due then is looked at:
// the next one, or for what is far ahead one that it shares with others, so
// that the timer seldom fires. It is late by a sixteenth at most.
func slotTick(due, present int64) int64 {
	at := due/int64(tick) + 1
	ahead := (due - present) / int64(tick) / 16
	if ahead < 2 {
		return at
	}
	step := int64(1) << (bits.Len64(uint64(ahead)) - 1)
	return (at + step - 1) &^ (step - 1)
}

// wheel is a hashed timing wheel: a connection stands in the slot of the tick
// at which it is due, and a single timer is set to the next slot in use. A
// connection that was heard of meanwhile is filed again, so that receiving
// costs no more than a store.
type wheel struct {
	mu    sync.Mutex
	slots [slotCount]*Conn
	used  [slotCount / 64]uint64
	last  int64 // the tick up to which slots were looked at
	timer *time.Timer
	armed int64 // the tick for which timer is set; 0: none
}

var timeouts wheel

// file puts c where it is due, or takes it out where it never is.
func (w *wheel) file(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refile(c, now())
}

// forget takes c out for good.
func (w *wheel) forget(c *Conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unlink(c)
	c.clock.gone = true
}

func (w *wheel) refile(c *Conn, present int64) {
	w.unlink(c)
	due := c.due()
	if due == 0 || c.clock.gone {
		return
	}
	if w.armed == 0 {
		w.last = present / int64(tick)
	}
	at := max(slotTick(due, present), w.last+1)
	w.link(c, int16(at%slotCount))
	if wake := min(at, w.last+slotCount-1); w.armed == 0 || wake < w.armed {
		w.arm(wake)
	}
}

func (w *wheel) link(c *Conn, slot int16) {
	e := &c.clock
	e.slot, e.filed = slot, true
	e.prev, e.next = nil, w.slots[slot]
	if e.next != nil {
		e.next.clock.prev = c
	}
	w.slots[slot] = c
	w.used[slot/64] |= 1 << (slot % 64)
}

func (w *wheel) unlink(c *Conn) {
	e := &c.clock
	if !e.filed {
		return
	}
	if e.next != nil {
		e.next.clock.prev = e.prev
	}
	if e.prev != nil {
		e.prev.clock.next = e.next
	} else if w.slots[e.slot] = e.next; e.next == nil {
		w.used[e.slot/64] &^= 1 << (e.slot % 64)
	}
	e.next, e.prev, e.filed = nil, nil, false
}

func (w *wheel) arm(at int64) {
	w.armed = at
	wait := time.Duration(at*int64(tick) - now())
	if w.timer == nil {
		w.timer = time.AfterFunc(wait, w.turn)
		return
	}
	w.timer.Reset(wait)
}

// turn signals the connections that are due by now, without the lock: that
// may take its time.
func (w *wheel) turn() {
	for _, c := range w.expire() {
		c.signal(signalTick)
	}
}

// expire takes the connections out that are due by now, and sets the timer
// for the next ones.
func (w *wheel) expire() []*Conn {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := w.look(now())
	w.armed = 0
	if ahead := w.nextUsed(w.last + 1); ahead > 0 {
		w.arm(ahead)
	}
	return due
}

// look goes through all slots up to the present, and takes the connections
// out that are due. They are filed again by their loops.
func (w *wheel) look(present int64) (due []*Conn) {
	until := present / int64(tick)
	for at := max(w.last+1, until-slotCount+1); at <= until; at++ {
		for c := w.slots[at%slotCount]; c != nil; {
			next := c.clock.next
			if w.isDue(c, present) {
				due = append(due, c)
			}
			c = next
		}
	}
	w.last = until
	return due
}

// isDue takes c out, and files it anew where it is due later.
func (w *wheel) isDue(c *Conn, present int64) bool {
	w.unlink(c)
	due := c.due()
	if due > present {
		w.link(c, int16(slotTick(due, present)%slotCount))
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
