package websocket_test

import (
	"fmt"
	"sync"
	"time"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

// host is the server's end of a conversation: a handler that checks how it is
// called, and keeps count of what it was told would be sent.
type host struct {
	script  *conversation
	conn    *websocket.Conn
	ended   chan struct{} // closed by Terminate
	opened  chan struct{} // closed by Init
	told    chan struct{} // closed when the first goroutine of outside is over
	rooms   *group.Groups
	senders sync.WaitGroup

	mu       sync.Mutex
	running  string // the callback under way
	over     bool
	from     ledger
	accepted map[string]int // frames and infos of each source
	replied  int            // frames that callbacks returned, and pongs
	refused  int            // frames that Send had no room for
	reason   websocket.Reason
	wrong    []error
}

func newHost(script *conversation) *host {
	return &host{
		script:   script,
		ended:    make(chan struct{}),
		opened:   make(chan struct{}),
		told:     make(chan struct{}),
		rooms:    group.New(group.Options{}),
		accepted: make(map[string]int),
	}
}

func (h *host) blame(format string, args ...any) {
	h.wrong = append(h.wrong, fmt.Errorf(format, args...))
}

// enter notes that a callback runs, until leave.
func (h *host) enter(callback string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.over:
		h.blame("%s was called after Terminate", callback)
	case h.running != "":
		h.blame("%s was called during %s", callback, h.running)
	case (h.conn == nil) != (callback == "Init"):
		h.blame("%s was called, Init before: %v", callback, h.conn != nil)
	}
	h.running = callback
}

func (h *host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running = ""
}

// Init implements [websocket.Handler].
func (h *host) Init(c *websocket.Conn) websocket.Commands {
	h.enter("Init")
	defer h.leave()
	h.conn = c
	close(h.opened)
	if h.script.init == nil {
		return websocket.None
	}
	return h.script.init(h)
}

// HandleFrame implements [websocket.Handler].
func (h *host) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	h.enter("HandleFrame")
	defer h.leave()
	h.mu.Lock()
	if err := h.from.take(wireFrame{true, 0, byte(f.Opcode), string(f.Payload)}); err != nil {
		h.blame("from the client: %w", err)
	}
	h.mu.Unlock()
	switch {
	case f.IsPing():
		h.count(1)
		return websocket.None
	case f.IsPong():
		return websocket.None
	case h.script.frame != nil:
		return h.script.frame(h, f)
	}
	return h.reply(f)
}

// HandleInfo implements [websocket.Handler].
func (h *host) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	h.enter("HandleInfo")
	defer h.leave()
	return info.(func() websocket.Commands)()
}

// Terminate implements [websocket.Handler].
func (h *host) Terminate(_ *websocket.Conn, reason websocket.Reason) {
	h.enter("Terminate")
	defer h.leave()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.over {
		h.over, h.reason = true, reason
		close(h.ended)
	}
}

// count notes that callbacks made frames.
func (h *host) count(frames int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.replied += frames
}

// reply is what a callback returns to send a frame.
func (h *host) reply(f websocket.Frame) websocket.Commands {
	h.count(1)
	return websocket.Reply(f)
}

// replyWith is reply with more commands behind the frame.
func (h *host) replyWith(f websocket.Frame, more ...websocket.Command) websocket.Commands {
	h.count(1)
	return websocket.Do(f, more...)
}

// outside runs f in a goroutine other than the connection's.
func (h *host) outside(f func()) {
	h.senders.Go(f)
}

// label returns the next payload of a source, which counts once accept is
// called.
func (h *host) label(source string, size int) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return labelled(source, h.accepted[source], size)
}

func (h *host) accept(source string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.accepted[source]++
}

// send sends a frame of a source, and reports whether the connection lives.
func (h *host) send(source string, size int) bool {
	p, err := websocket.Prepare(websocket.Text(h.label(source, size)))
	if err != nil {
		panic(err)
	}
	switch h.conn.Send(p) {
	case nil:
		h.accept(source)
	case websocket.ErrMailboxFull:
		h.mu.Lock()
		h.refused++
		h.mu.Unlock()
	case websocket.ErrClosed:
		return false
	}
	return true
}

// notify has HandleInfo send a frame of a source.
func (h *host) notify(source string, size int) bool {
	f := websocket.Text(h.label(source, size))
	if h.conn.Notify(func() websocket.Commands { return h.replyWith(f, h.script.then...) }) != nil {
		return false
	}
	h.accept(source)
	return true
}

// notifyAfter is notify by a timer.
func (h *host) notifyAfter(d time.Duration, source string, size int) {
	f := websocket.Text(h.label(source, size))
	h.conn.NotifyAfter(d, func() websocket.Commands { return h.reply(f) })
	h.accept(source)
}

// publish sends a frame to the group of the connection.
func (h *host) publish(source string, size int) {
	if h.rooms.Publish("room", websocket.Text(h.label(source, size))) == nil {
		h.accept(source)
	}
}

// hasOpened reports whether the upgrade succeeded.
func (h *host) hasOpened() bool {
	select {
	case <-h.opened:
		return true
	default:
		return false
	}
}
