package group

import (
	"slices"
	"sync"

	"github.com/cowhand/cowhand/websocket"
)

// room is a group: its members and a queue of items for them. One goroutine
// delivers the queue and exits when it is empty. Publishers therefore never
// wait, and all members see the same order.
//
// Joins are numbered. An item goes to the members whose number is at most the
// room's when it was published.
type room struct {
	mu         sync.Mutex
	members    map[*websocket.Conn]uint64 // with the number of their join
	joins      uint64                     // the last join's number
	snapshot   []member                   // the members as an immutable list; nil if outdated
	queue      []item
	size       int  // payload bytes in queue
	delivering bool // the goroutine is running
	history    []item
}

type member struct {
	conn *websocket.Conn
	join uint64
}

// item is a published frame or info.
type item struct {
	frame  *websocket.Prepared // nil for an info
	size   int                 // payload bytes
	only   bool                // it is history, for the member of just the number joins
	except *websocket.Conn
	info   any
	joins  uint64 // the last join's number when it was published
}

// barrier is the info of an item that reaches no member: it is closed once all
// items before it are delivered.
type barrier chan struct{}

// barrier returns nil if everything is delivered already.
func (r *room) barrier() barrier {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.delivering {
		return nil
	}
	b := make(barrier)
	r.queue = append(r.queue, item{info: b})
	return b
}

// add reports whether conn is a new member.
// It also reports whether the caller must start the goroutine that delivers the
// history to it.
func (r *room) add(conn *websocket.Conn) (added, start bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, member := r.members[conn]; member {
		return false, false
	}
	r.joins++
	r.members[conn] = r.joins
	r.snapshot = nil
	for _, it := range r.history {
		it.joins, it.only, it.except = r.joins, true, nil
		r.queue = append(r.queue, it)
	}
	start = len(r.history) > 0 && !r.delivering
	r.delivering = r.delivering || start
	return true, start
}

// remember keeps the last frames; r.mu is held.
func (r *room) remember(it item, keep int) {
	if keep <= 0 || it.frame == nil {
		return
	}
	if n := len(r.history) + 1 - keep; n > 0 {
		r.history = slices.Delete(r.history, 0, n)
	}
	r.history = append(r.history, it)
}

func (r *room) remove(conn *websocket.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, conn)
	r.snapshot = nil
}

func (r *room) isEmpty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members) == 0
}

// isUnused reports whether the room may be deleted. While its goroutine is
// running it must stay: a new room of that name would start a second goroutine,
// and the two could swap a publisher's messages.
func (r *room) isUnused() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members) == 0 && !r.delivering && len(r.history) == 0
}

// list returns the members. Don't change the list.
func (r *room) list() []member {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listLocked()
}

func (r *room) listLocked() []member {
	if r.snapshot == nil {
		r.snapshot = make([]member, 0, len(r.members))
		for conn, join := range r.members {
			r.snapshot = append(r.snapshot, member{conn, join})
		}
	}
	return r.snapshot
}

// publish queues an item. It reports whether the caller must start the
// goroutine that delivers it.
func (r *room) publish(it item, limit *Options) (start bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) == 0 {
		r.remember(it, limit.History)
		return false, nil
	}
	if len(r.queue) >= limit.MaxQueued || r.size+it.size > limit.MaxQueuedBytes {
		return false, ErrQueueFull
	}
	it.joins = r.joins
	r.size += it.size
	r.queue = append(r.queue, it)
	r.remember(it, limit.History)
	start = !r.delivering
	r.delivering = true
	return start, nil
}

// deliver sends queued items until the queue is empty.
func (r *room) deliver() {
	for {
		items, members := r.take()
		if items == nil {
			return
		}
		for len(items) > 0 {
			items = send(items, members)
		}
	}
}

// take empties the queue and returns its items with the members. If there are
// none, the caller's goroutine must exit.
func (r *room) take() ([]item, []member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	items := r.queue
	r.queue, r.size = nil, 0
	if items == nil {
		r.delivering = false
		return nil, nil
	}
	return items, r.listLocked()
}

// Limits of a batch, which is one write.
const (
	maxBatchFrames = 256
	maxBatchBytes  = 64 << 10
)

// send sends the first item to the members, batched with the following frames
// that have the same recipients. It ignores errors, because each connection
// counts the frames and infos that it drops.
func send(items []item, members []member) (rest []item) {
	first := &items[0]
	if first.frame == nil {
		if b, ok := first.info.(barrier); ok {
			close(b)
			return items[1:]
		}
		for _, m := range members {
			if first.reaches(m) {
				_ = m.conn.Notify(first.info)
			}
		}
		return items[1:]
	}
	n := batchLen(items)
	frames := first.frame
	if n > 1 {
		frames = batch(items[:n])
	}
	for _, m := range members {
		if first.reaches(m) {
			_ = m.conn.Send(frames)
		}
	}
	return items[n:]
}

func (it *item) reaches(m member) bool {
	if it.only {
		return m.join == it.joins
	}
	return m.join <= it.joins && m.conn != it.except
}

// batchLen returns the number of leading frames that have the same recipients
// and fit in a batch.
func batchLen(items []item) (n int) {
	first := &items[0]
	size := first.size
	for n = 1; n < len(items) && n < maxBatchFrames; n++ {
		next := &items[n]
		if size += next.size; next.frame == nil || next.except != first.except || next.joins != first.joins || next.only != first.only || size > maxBatchBytes {
			break
		}
	}
	return n
}

func batch(items []item) *websocket.Prepared {
	parts := make([]*websocket.Prepared, len(items))
	for i := range items {
		parts[i] = items[i].frame
	}
	return websocket.Batch(parts...)
}
