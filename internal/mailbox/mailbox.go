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

// kept is the room, in infos, that an empty mailbox keeps.
const kept = 8

// Mailbox is a queue of infos. Put and Close are safe for concurrent use, and
// so is Take, though one goroutine should do it. Set the limit first.
type Mailbox struct {
	mu     sync.Mutex
	queue  []any
	head   int
	closed bool
	lost   int64

	Policy Policy
	Limit  int32 // the most infos that wait; not positive: no limit
}

// Put queues an info and never blocks.
func (m *Mailbox) Put(info any) Result {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return Closed
	}
	if m.Limit > 0 && len(m.queue)-m.head >= int(m.Limit) {
		switch m.Policy {
		case Refuse:
			return Full
		case Overflow:
			return Overflowed
		}
		m.drop()
		m.lost++
	}
	m.queue = append(m.queue, info)
	return Accepted
}

// Take returns the oldest info, and whether there was one.
func (m *Mailbox) Take() (info any, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.head == len(m.queue) {
		return nil, false
	}
	return m.drop(), true
}

// drop removes the oldest info, and makes the queue small again as it empties.
func (m *Mailbox) drop() any {
	info := m.queue[m.head]
	m.queue[m.head] = nil
	m.head++
	switch {
	case m.head < len(m.queue):
		if m.head >= kept && m.head > len(m.queue)/2 {
			n := copy(m.queue, m.queue[m.head:])
			clear(m.queue[n:])
			m.queue, m.head = m.queue[:n], 0
		}
	case cap(m.queue) > kept:
		m.queue, m.head = nil, 0
	default:
		m.queue, m.head = m.queue[:0], 0
	}
	return info
}

// Dropped returns how many infos were dropped for newer ones.
func (m *Mailbox) Dropped() int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.lost
}

// Close refuses what comes from now on and forgets what waits.
func (m *Mailbox) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.queue, m.head = true, nil, 0
}
