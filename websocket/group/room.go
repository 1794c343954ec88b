package group

import (
	"sync"

	"github.com/cowhand/cowhand/websocket"
)

// room is one group: its members, and what was published but not yet handed
// to them. While there is any of that, one goroutine hands it on, so that a
// publisher never waits and the order is the same for all.
type room struct {
	mu       sync.Mutex
	members  map[*websocket.Conn]uint64 // and which join was theirs
	joins    uint64                     // so far
	snapshot []member                   // the members as a list; nil: to be made anew
	queue    []item
	size     int  // bytes of the payloads in queue
	busy     bool // the goroutine runs
}

// member is a connection, and which join was its own.
type member struct {
	conn *websocket.Conn
	join uint64
}

// item is a frame or an info that was published.
type item struct {
	frame  *websocket.Prepared // nil: an info
	size   int                 // bytes of its payload
	except *websocket.Conn
	info   any
	joins  uint64 // how many there were before; who joined later does not get it
}

// add reports whether conn was no member before.
func (r *room) add(conn *websocket.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, member := r.members[conn]; member {
		return false
	}
	r.joins++
	r.members[conn] = r.joins
	r.snapshot = nil
	return true
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

// isOver reports whether nothing is left to be done for the room. Until its
// goroutine has ended it is not: another room of the same name would have
// another one, and a publisher's order would be lost between them.
func (r *room) isOver() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.members) == 0 && !r.busy
}

// list returns the members; the list is not to be changed.
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

// publish queues an item. It reports whether the room needs a goroutine that
// delivers it.
func (r *room) publish(it item, limit *Options) (idle bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.members) == 0 {
		return false, nil
	}
	if len(r.queue) >= limit.MaxQueued || r.size+it.size > limit.MaxQueuedBytes {
		return false, ErrQueueFull
	}
	it.joins = r.joins
	r.size += it.size
	r.queue = append(r.queue, it)
	idle = !r.busy
	r.busy = true
	return idle, nil
}

// deliver hands on what is queued until there is no more.
func (r *room) deliver() {
	for {
		items, members := r.take()
		if items == nil {
			return
		}
		for len(items) > 0 {
			items = handOn(items, members)
		}
	}
}

func (r *room) take() ([]item, []member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	items := r.queue
	r.queue, r.size = nil, 0
	if items == nil {
		r.busy = false
		return nil, nil
	}
	return items, r.listLocked()
}

// What goes out to a member in one write, at most.
const (
	mostFrames = 256
	mostBytes  = 64 << 10
)

// handOn hands the first item to the members, together with the frames after
// it that go to the same ones. What a member refuses is counted there.
func handOn(items []item, members []member) (rest []item) {
	first := &items[0]
	if first.frame == nil {
		for _, m := range members {
			if m.join <= first.joins {
				_ = m.conn.Notify(first.info)
			}
		}
		return items[1:]
	}
	n := together(items)
	frames := first.frame
	if n > 1 {
		frames = batch(items[:n])
	}
	for _, m := range members {
		if m.join <= first.joins && m.conn != first.except {
			_ = m.conn.Send(frames)
		}
	}
	return items[n:]
}

// together returns how many items from the first one on are frames to the
// same members, as far as they are to go out in one write.
func together(items []item) (n int) {
	first := &items[0]
	size := first.size
	for n = 1; n < len(items) && n <= mostFrames; n++ {
		next := &items[n]
		if size += next.size; next.frame == nil || next.except != first.except || next.joins != first.joins || size > mostBytes {
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
