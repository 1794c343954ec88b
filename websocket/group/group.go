package group

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cowhand/cowhand/websocket"
)

// Groups is a set of named groups: a scope of pg.
type Groups struct {
	limit Options
	mu    sync.Mutex
	rooms map[string]*room
	of    map[*websocket.Conn][]string // the groups of each connection
}

// Options are the options of [New]. The zero value of a field means its
// default.
type Options struct {
	// MaxQueued is the most frames and infos that wait in a group to be
	// handed to its members, while the processors are too busy for it.
	// Default 65536; negative: no limit.
	MaxQueued int

	// MaxQueuedBytes is the same for the payloads' bytes. Default 64 MiB.
	MaxQueuedBytes int
}

// The defaults of [Options].
const (
	DefaultMaxQueued      = 1 << 16
	DefaultMaxQueuedBytes = 64 << 20
)

// New returns groups without members.
func New(options Options) *Groups {
	options.MaxQueued = orDefault(options.MaxQueued, DefaultMaxQueued)
	options.MaxQueuedBytes = orDefault(options.MaxQueuedBytes, DefaultMaxQueuedBytes)
	return &Groups{
		limit: options,
		rooms: make(map[string]*room),
		of:    make(map[*websocket.Conn][]string),
	}
}

// orDefault returns value, or the default where it is zero, or as good as no
// limit where it is negative.
func orDefault(value, byDefault int) int {
	switch {
	case value == 0:
		return byDefault
	case value < 0:
		return math.MaxInt
	}
	return value
}

// ErrQueueFull is returned where MaxQueued or MaxQueuedBytes is reached.
var ErrQueueFull = errors.New("group: the group's queue is full")

// Join makes a connection a member of a group, which need not exist before;
// joining twice is joining once (pg:join/3). Where the connection has ended
// it does nothing.
func (g *Groups) Join(name string, conn *websocket.Conn) {
	if g.add(name, conn) {
		conn.OnEnd(func() { g.leaveAll(conn) })
	}
}

// add reports whether conn is new to all of the groups.
func (g *Groups) add(name string, conn *websocket.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.rooms[name]
	if r == nil {
		r = &room{members: make(map[*websocket.Conn]uint64)}
		g.rooms[name] = r
	}
	names, known := g.of[conn]
	if r.add(conn) {
		g.of[conn] = append(names, name)
	}
	return !known
}

// Leave ends a membership; it does nothing where there is none (pg:leave/3).
func (g *Groups) Leave(name string, conn *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.of[conn], name); i >= 0 {
		g.of[conn] = slices.Delete(g.of[conn], i, i+1)
		g.leave(name, conn)
	}
}

// leaveAll forgets a connection that has ended.
func (g *Groups) leaveAll(conn *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range g.of[conn] {
		g.leave(name, conn)
	}
	delete(g.of, conn)
}

func (g *Groups) leave(name string, conn *websocket.Conn) {
	r := g.rooms[name]
	r.remove(conn)
	g.forget(name, r)
}

// forget drops a room that is over; the caller holds the lock.
func (g *Groups) forget(name string, r *room) {
	if g.rooms[name] == r && r.isOver() {
		delete(g.rooms, name)
	}
}

// Members returns the members of a group, in no particular order
// (pg:get_members/2).
func (g *Groups) Members(name string) []*websocket.Conn {
	r := g.room(name)
	if r == nil {
		return nil
	}
	list := r.list()
	conns := make([]*websocket.Conn, len(list))
	for i, m := range list {
		conns[i] = m.conn
	}
	return conns
}

// Names returns the names of the groups that have members
// (pg:which_groups/1).
func (g *Groups) Names() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	names := make([]string, 0, len(g.rooms))
	for name, r := range g.rooms {
		if !r.isEmpty() {
			names = append(names, name)
		}
	}
	return names
}

// Publish sends a frame to those who are members of a group by now; a group
// without members gets nothing. The payload is not copied and must not change any more. It
// never waits for a member. It returns an error for a frame that must not be
// sent and for a close frame, and ErrQueueFull.
func (g *Groups) Publish(name string, f websocket.Frame) error {
	return g.PublishExcept(name, nil, f)
}

// PublishExcept is Publish to all members but one, such as the sender.
func (g *Groups) PublishExcept(name string, except *websocket.Conn, f websocket.Frame) error {
	prepared, err := websocket.Prepare(f)
	if err != nil {
		return fmt.Errorf("group: publish to %q: %w", name, err)
	}
	return g.publish(name, item{frame: prepared, size: len(f.Payload), except: except})
}

// PublishInfo sends an info to all members of a group, for their HandleInfo.
// It returns ErrQueueFull.
func (g *Groups) PublishInfo(name string, info any) error {
	return g.publish(name, item{info: info})
}

func (g *Groups) publish(name string, it item) error {
	r := g.room(name)
	if r == nil {
		return nil
	}
	idle, err := r.publish(it, &g.limit)
	if idle {
		go g.deliver(name, r)
	}
	return err
}

// deliver hands on what is queued in a room, and drops the room where all
// members left meanwhile.
func (g *Groups) deliver(name string, r *room) {
	r.deliver()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(name, r)
}

func (g *Groups) room(name string) *room {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rooms[name]
}
