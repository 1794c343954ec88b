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
	members  map[*websocket.Conn]struct{}
	snapshot []*websocket.Conn // the members as a list; nil: to be made anew
	queue    []item
	size     int  // bytes of the payloads in queue
	busy     bool // the goroutine runs
}

// item is a frame or an info that was published.
type item struct {
	frame  websocket.Frame
	except *websocket.Conn
	info   any
	isInfo bool
}

// add reports whether conn was no member before.
func (r *room) add(conn *websocket.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, member := r.members[conn]; member {
		return false
	}
	r.members[conn] = struct{}{}
	r.snapshot = nil
	return true
}

// remove reports whether no member is left.
func (r *room) remove(conn *websocket.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, conn)
	r.snapshot = nil
	return len(r.members) == 0
}

// list returns the members; the list is not to be changed.
func (r *room) list() []*websocket.Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.listLocked()
}

func (r *room) listLocked() []*websocket.Conn {
	if r.snapshot == nil {
		r.snapshot = make([]*websocket.Conn, 0, len(r.members))
		for conn := range r.members {
			r.snapshot = append(r.snapshot, conn)
		}
	}
	return r.snapshot
}

func (r *room) publish(it item, limit *Options) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) >= limit.MaxQueued || r.size+len(it.frame.Payload) > limit.MaxQueuedBytes {
		return ErrQueueFull
	}
	r.size += len(it.frame.Payload)
	r.queue = append(r.queue, it)
	if !r.busy {
		r.busy = true
		go r.deliver()
	}
	return nil
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

func (r *room) take() ([]item, []*websocket.Conn) {
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
func handOn(items []item, members []*websocket.Conn) (rest []item) {
	first := items[0]
	if first.isInfo {
		for _, conn := range members {
			_ = conn.Notify(first.info)
		}
		return items[1:]
	}
	var more []websocket.Frame
	size := len(first.frame.Payload)
	for rest = items[1:]; len(rest) > 0 && len(more) < mostFrames; rest = rest[1:] {
		next := &rest[0]
		if size += len(next.frame.Payload); next.isInfo || next.except != first.except || size > mostBytes {
			break
		}
		more = append(more, next.frame)
	}
	if frames, err := websocket.Prepare(first.frame, more...); err == nil { // they were checked before
		for _, conn := range members {
			if conn != first.except {
				_ = conn.Send(frames)
			}
		}
	}
	return rest
}
