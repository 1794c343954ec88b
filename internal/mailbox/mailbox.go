// Package mailbox is the bounded queue of infos that the handlers of
// WebSocket connections and loops have.
package mailbox

import "sync"

// Policy says what happens to an info for which there is no room.
type Policy byte

// The policies.
const (
	Refuse     Policy = iota // it is not accepted
	DropOldest               // it is accepted; the oldest one is dropped
	Overflow                 // it is not accepted, and the owner is to end
)

// Result is what became of an info.
type Result byte

// The results of Put.
const (
	Accepted   Result = iota
	Full              // not accepted
	Overflowed        // not accepted, and the owner is to end
	Closed            // not accepted: the owner has ended
)

// kept is the room, in infos, that a mailbox keeps while it runs empty.
const kept = 8

// Mailbox is a queue of infos, in 32 bytes while there are none. Put,
// PutTimed, Lose, Lost and Close are safe for concurrent use, and so is Take, though one
// goroutine should do it. Set the exported fields first.
type Mailbox struct {
	mu     sync.Mutex
	queue  *queue // nil: empty
	lost   uint32
	Limit  int32 // the most infos that wait; not positive: no limit
	Policy Policy
	closed bool
}

type queue struct {
	infos []any
	head  int
}

// Put queues an info and never blocks.
func (m *Mailbox) Put(info any) Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Closed
	}
	if m.queue == nil {
		m.queue = new(queue)
	}
	if q := m.queue; m.Limit > 0 && len(q.infos)-q.head >= int(m.Limit) {
		m.lost++
		switch m.Policy {
		case Refuse:
			return Full
		case Overflow:
			return Overflowed
		}
		q.drop()
	}
	m.queue.infos = append(m.queue.infos, info)
	return Accepted
}

// PutTimed queues an info whose number is bounded by other means, such as
// timers, whatever the limit. It reports false once the mailbox is closed.
func (m *Mailbox) PutTimed(info any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return false
	}
	if m.queue == nil {
		m.queue = new(queue)
	}
	m.queue.infos = append(m.queue.infos, info)
	return true
}

// Take returns the oldest info, and whether there was one. Where there was
// none it gives the queue's memory up.
func (m *Mailbox) Take() (info any, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if q := m.queue; q == nil || q.head == len(q.infos) {
		m.queue = nil
		return nil, false
	}
	return m.queue.drop(), true
}

// Len returns how many infos wait.
func (m *Mailbox) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.queue == nil {
		return 0
	}
	return len(m.queue.infos) - m.queue.head
}

// drop removes the oldest info, and makes the queue small again as it empties.
func (q *queue) drop() any {
	info := q.infos[q.head]
	q.infos[q.head] = nil
	q.head++
	switch {
	case q.head < len(q.infos):
		if q.head >= kept && q.head > len(q.infos)/2 {
			n := copy(q.infos, q.infos[q.head:])
			clear(q.infos[n:])
			q.infos, q.head = q.infos[:n], 0
		}
	case cap(q.infos) > kept:
		q.infos, q.head = nil, 0
	default:
		q.infos, q.head = q.infos[:0], 0
	}
	return info
}

// Lose counts what its owner lost besides.
func (m *Mailbox) Lose(n uint32) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.lost += n
}

// Lost returns how many infos were not accepted for want of room, or dropped
// for newer ones, and what Lose counted.
func (m *Mailbox) Lost() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(m.lost)
}

// Close refuses what comes from now on and forgets what waits.
func (m *Mailbox) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.queue = true, nil
}
