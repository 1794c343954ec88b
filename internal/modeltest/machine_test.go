package modeltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// machine is the reference. It is told the calls of the handler, one by one,
// and says which may not come, and what the client has to get for them.
type machine struct {
	sent   []message // by the client, in order
	policy websocket.MailboxPolicy

	handled  int   // of sent
	own      []int // infos that the handler sent to itself and that are due
	notes    map[string][]int
	active   bool
	inactive time.Time // since when
	plain    bool      // the handler turned compression off
	shutdown any
	refused  int

	replies []reply // the pongs and the frames of commands
	ordered []label // the frames of commands and the handler's own sends
	ending  *cause  // a command that ends the connection
	ended   *entry  // Terminate
}

// reply is a frame that the client has to get.
type reply struct {
	opcode byte
	label  label
	plain  bool // not compressed
}

// cause is why a connection may end.
type cause struct {
	name    string
	kind    websocket.ReasonKind
	err     error  // nil: any other than those that are exported
	code    int    // of the close frame; 0: one without payload, -1: none
	payload string // of a remote close frame
}

func newMachine(sent []message, policy websocket.MailboxPolicy) *machine {
	return &machine{sent: sent, policy: policy, active: true, notes: make(map[string][]int)}
}

// follow takes the calls so far. It returns the property that one of them
// breaks.
func (m *machine) follow(log []entry) error {
	for i := range log {
		if err := m.call(i, &log[i]); err != nil {
			return fmt.Errorf("call %d, %s: %w", i, log[i].call, err)
		}
	}
	return nil
}

func (m *machine) call(i int, e *entry) error {
	switch {
	case m.ended != nil:
		return fmt.Errorf("it comes after Terminate")
	case (i == 0) != (e.call == "Init"):
		return fmt.Errorf("it is call %d", i)
	case m.ending != nil && e.call != "Terminate":
		return fmt.Errorf("it comes after %s", m.ending.name)
	}
	var err error
	switch e.call {
	case "HandleFrame":
		err = m.frame(e)
	case "HandleInfo":
		err = m.info(e)
	case "Terminate":
		m.ended = e
	}
	if e.task != nil && !e.ended.IsZero() {
		m.carryOut(e)
	}
	return err
}

// frame is a call of HandleFrame: the next message of the client's.
func (m *machine) frame(e *entry) error {
	if m.handled == 0 && len(m.own) > 0 && m.policy != websocket.DropOldest && m.notes["own"] == nil {
		return fmt.Errorf("an info that Init sent to itself comes after the first frame")
	}
	if m.handled == len(m.sent) {
		return fmt.Errorf("the client did not send %x %.40q", e.opcode, e.payload)
	}
	want := &m.sent[m.handled]
	switch {
	case want.barrier:
		return fmt.Errorf("the client sent the end before %x %.40q", e.opcode, e.payload)
	case want.opcode != e.opcode, want.payload != e.payload:
		return fmt.Errorf("got %x %.40q of %d bytes, sent %x %.40q of %d", e.opcode, e.payload, len(e.payload), want.opcode, want.payload, len(want.payload))
	case !m.active && want.begun.After(m.inactive):
		return fmt.Errorf("%.40q was sent when nothing was to be read", e.payload)
	}
	m.handled++
	if e.opcode == opPing {
		l, _ := readLabel([]byte(e.payload))
		m.replies = append(m.replies, reply{opcode: opPong, label: l})
	}
	return nil
}

// info is a call of HandleInfo. Those of one source come in order.
func (m *machine) info(e *entry) error {
	n := e.note
	switch n.source {
	case "own":
		at := slices.Index(m.own, n.number)
		if at < 0 || at > 0 && m.policy != websocket.DropOldest {
			return fmt.Errorf("own info %d comes, %v are due", n.number, m.own)
		}
		m.own = m.own[at+1:]
	case "timer":
		if slices.Contains(m.notes["timer"], n.number) || e.began.Before(n.due) {
			return fmt.Errorf("timer %d comes twice, or %v early", n.number, n.due.Sub(e.began))
		}
	default:
		if before := m.notes[n.source]; len(before) > 0 && before[len(before)-1] >= n.number {
			return fmt.Errorf("%s %d comes after %d", n.source, n.number, before[len(before)-1])
		}
	}
	m.notes[n.source] = append(m.notes[n.source], n.number)
	return nil
}

// carryOut is what a callback did and returned.
func (m *machine) carryOut(e *entry) {
	m.ordered = append(m.ordered, e.ownSends...)
	m.own = append(m.own, e.ownNotes...)
	m.refused += e.refused
	for _, c := range e.task.Commands {
		if c.Kind == "command panic" || c.Kind == "command goexit" {
			m.ending = endings(c) // nothing was returned
			return
		}
	}
	for i, c := range e.task.Commands {
		if m.ending = endings(c); m.ending != nil {
			return
		}
		m.command(e, i)
	}
}

func (m *machine) command(e *entry, i int) {
	switch c := e.task.Commands[i]; c.Kind {
	case "active on":
		m.active = true
	case "active off":
		if m.active {
			m.active, m.inactive = false, e.ended
		}
	case "deflate on", "deflate off":
		m.plain = c.Kind == "deflate off"
	case "shutdown reason":
		m.shutdown = e.task.number + i
	case "hibernate", "set options":
	default:
		opcode, l := e.task.frame(i)
		m.replies = append(m.replies, reply{opcode: opcode, label: l, plain: m.plain || opcode > opBinary})
		m.ordered = append(m.ordered, l)
	}
}

// endings returns how a command ends the connection, or nil.
func endings(c command) *cause {
	switch c.Kind {
	case "command stop":
		return &cause{name: c.Kind, kind: websocket.ReasonStop, code: 1000}
	case "command close":
		return &cause{name: c.Kind, kind: websocket.ReasonStop, code: int(closeCodes[c.Size%len(closeCodes)])}
	case "command panic", "command goexit", "command nil", "command bad text":
		return &cause{name: c.Kind, kind: websocket.ReasonCrash, code: 1011}
	}
	return nil
}
