package group

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

// Groups is a set of named groups. Cowboy: a scope of `pg`.
type Groups struct {
	limit Options

	// A room's mutex may be locked while mu is held, not the reverse.
	mu    sync.Mutex
	rooms map[string]*room
	names map[*websocket.Conn][]string // the groups of each connection
}

// Options are the options of [New]. A zero field means its default.
type Options struct {
	// MaxQueued is the maximum number of frames and infos that wait in a group
	// to be handed to its members' connections. They wait only while the
	// processors are busy. Default 65536; negative: no limit.
	MaxQueued int

	// MaxQueuedBytes is the maximum sum of their payloads in bytes. Default
	// 64 MiB; negative: no limit.
	MaxQueuedBytes int

	// History is the number of frames that a group remembers: the last ones
	// published, which each new member gets before all later ones. A group
	// with a history is never forgotten, even without members, so don't let
	// clients make up names. Default 0.
	History int
}

// The defaults of [Options].
const (
	DefaultMaxQueued      = 1 << 16
	DefaultMaxQueuedBytes = 64 << 20
)

// New returns an empty set of groups.
func New(options Options) *Groups {
	options.MaxQueued = limit(options.MaxQueued, DefaultMaxQueued)
	options.MaxQueuedBytes = limit(options.MaxQueuedBytes, DefaultMaxQueuedBytes)
	return &Groups{
		limit: options,
		rooms: make(map[string]*room),
		names: make(map[*websocket.Conn][]string),
	}
}

// limit returns the limit that an option's value means.
func limit(value, byDefault int) int {
	if value = cmp.Or(value, byDefault); value < 0 {
		return math.MaxInt
	}
	return value
}

// ErrQueueFull means that a publish would exceed [Options].MaxQueued or
// MaxQueuedBytes.
var ErrQueueFull = errors.New("group: queue is full")

// Join adds a connection to a group, and creates the group if necessary. It
// does nothing if the connection is a member already or has ended. Cowboy:
// `pg:join/3`, which counts repeated joins.
func (g *Groups) Join(name string, conn *websocket.Conn) {
	if g.add(name, conn) {
		conn.OnEnd(func() { g.leaveAll(conn) })
		if driven.Is(conn) {
			driven.OnSettle(conn, g.settle)
		}
	}
}

// add reports whether this is conn's first group.
func (g *Groups) add(name string, conn *websocket.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	r := g.open(name)
	names, known := g.names[conn]
	added, start := r.add(conn)
	if added {
		g.names[conn] = append(names, name)
	}
	if start {
		go g.deliver(name, r)
	}
	return !known
}

// open returns a room that exists then; it needs g.mu.
func (g *Groups) open(name string) *room {
	r := g.rooms[name]
	if r == nil {
		r = &room{members: make(map[*websocket.Conn]uint64)}
		g.rooms[name] = r
	}
	return r
}

// Leave removes a connection from a group. It does nothing if the connection is
// not a member. Cowboy: `pg:leave/3`.
func (g *Groups) Leave(name string, conn *websocket.Conn) {
	if driven.Is(conn) {
		g.settle() // so that tests know what it gets
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if i := slices.Index(g.names[conn], name); i >= 0 {
		g.names[conn] = slices.Delete(g.names[conn], i, i+1)
		g.leave(name, conn)
	}
}

// leaveAll removes a connection that has ended.
func (g *Groups) leaveAll(conn *websocket.Conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, name := range g.names[conn] {
		g.leave(name, conn)
	}
	delete(g.names, conn)
}

// leave needs g.mu.
func (g *Groups) leave(name string, conn *websocket.Conn) {
	r := g.rooms[name]
	r.remove(conn)
	g.deleteIfUnused(name, r)
}

// deleteIfUnused needs g.mu.
func (g *Groups) deleteIfUnused(name string, r *room) {
	if g.rooms[name] == r && r.isUnused() {
		delete(g.rooms, name)
	}
}

// Members returns the members of a group in no particular order. Cowboy:
// `pg:get_members/2`.
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

// Names returns the names of all groups that have members. Cowboy:
// `pg:which_groups/1`.
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

// Publish sends a frame to the current members of a group, without waiting for
// them. Don't change the payload afterwards: Publish doesn't copy it. It
// returns [ErrQueueFull], or an error if the frame is invalid or a close frame.
func (g *Groups) Publish(name string, f websocket.Frame) error {
	return g.PublishExcept(name, nil, f)
}

// PublishExcept is like Publish, but skips one member, such as the sender.
func (g *Groups) PublishExcept(name string, except *websocket.Conn, f websocket.Frame) error {
	prepared, err := websocket.Prepare(f)
	if err != nil {
		return fmt.Errorf("group: publish to %q: %w", name, err)
	}
	return g.publish(name, item{frame: prepared, size: len(f.Payload), except: except})
}

// PublishInfo sends an info to the HandleInfo of each current member of a group.
// Its only error is [ErrQueueFull].
func (g *Groups) PublishInfo(name string, info any) error {
	return g.publish(name, item{info: info})
}

func (g *Groups) publish(name string, it item) error {
	r := g.target(name, it)
	if r == nil {
		return nil
	}
	start, err := r.publish(it, &g.limit)
	if start {
		go g.deliver(name, r)
	}
	return err
}

// target returns the room that takes an item, or nil if none does.
func (g *Groups) target(name string, it item) *room {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.limit.History > 0 && it.frame != nil {
		return g.open(name)
	}
	return g.rooms[name]
}

// deliver empties a room's queue. Leave can't delete the room meanwhile, so
// deliver does if all members have left.
func (g *Groups) deliver(name string, r *room) {
	r.deliver()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.deleteIfUnused(name, r)
}

// settle waits until the members' connections have all that was published
// before. It is for package websockettest.
func (g *Groups) settle() {
	for _, reached := range g.barriers() {
		<-reached
	}
}

// barriers puts a barrier into each room that has a queue.
func (g *Groups) barriers() (all []barrier) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, r := range g.rooms {
		if b := r.barrier(); b != nil {
			all = append(all, b)
		}
	}
	return all
}

func (g *Groups) room(name string) *room {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.rooms[name]
}
