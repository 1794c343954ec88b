package modeltest

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

const room = "room"

// task is a plan with the numbers of what it sends.
type task struct {
	plan
	number int
}

// numbersPerTask is how many numbers a task has for what it sends.
const numbersPerTask = 100

// frame returns the i-th command, which is a frame.
func (t *task) frame(i int) (opcode byte, l label) {
	c := t.Commands[i]
	l = label{fromReply, t.number + i, ofText, c.Size}
	switch c.Kind {
	case "text":
		opcode = opText
	case "binary":
		opcode, l.content = opBinary, ofBinary
	case "ping":
		opcode, l.size = opPing, min(c.Size, 120)
	case "pong":
		opcode, l.size = opPong, min(c.Size, 120)
	}
	return opcode, l
}

// ownSend returns the i-th frame for Conn.Send.
func (t *task) ownSend(i int) label { return label{fromOwnSend, t.number + 50 + i, ofText, 40} }

// note is an info.
type note struct {
	source string // "notify", "timer", "own" or "group"
	number int
	task   *task
	due    time.Time // of a timer
}

// entry is a call of the handler.
type entry struct {
	call         string
	opcode       byte
	payload      string
	note         *note
	task         *task
	reason       websocket.Reason
	ownSends     []label // accepted
	ownNotes     []int   // accepted
	refused      int     // own sends and notes
	began, ended time.Time
}

// subject is the handler of the connection under test. It logs what it is
// called with, and carries out plans.
type subject struct {
	init   *task
	groups *group.Groups
	tasks  func(number int) *task // of the client's messages

	running atomic.Bool
	mu      sync.Mutex
	conn    *websocket.Conn
	log     []entry
	overlap bool
	onEnds  int
}

// entries returns a copy of the log.
func (s *subject) entries() []entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.log)
}

// opened returns the connection, or nil before Init.
func (s *subject) opened() *websocket.Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conn
}

// terminated reports whether Terminate was called.
func (s *subject) terminated() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.log) > 0 && s.log[len(s.log)-1].call == "Terminate"
}

// handling reports whether the last call is, or was, for a payload.
func (s *subject) handling(payload string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.log) > 0 && s.log[len(s.log)-1].payload == payload
}

func (s *subject) Init(c *websocket.Conn) websocket.Commands {
	return s.call(c, entry{call: "Init", task: s.init}, func() {
		c.OnEnd(func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.onEnds++
		})
		s.groups.Join(room, c)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.conn = c // from now on others use it
	})
}

func (s *subject) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	e := entry{call: "HandleFrame", opcode: byte(f.Opcode), payload: string(f.Payload)}
	if l, ok := readLabel(f.Payload); ok && l.source == fromClient {
		e.task = s.tasks(l.number)
	}
	return s.call(c, e, nil)
}

func (s *subject) HandleInfo(c *websocket.Conn, info any) websocket.Commands {
	n := info.(*note)
	return s.call(c, entry{call: "HandleInfo", note: n, task: n.task}, nil)
}

func (s *subject) Terminate(c *websocket.Conn, reason websocket.Reason) {
	s.call(c, entry{call: "Terminate", reason: reason}, nil)
}

// call logs a call and carries its plan out.
func (s *subject) call(c *websocket.Conn, e entry, before func()) websocket.Commands {
	overlap := !s.running.CompareAndSwap(false, true)
	e.began = time.Now()
	s.mu.Lock()
	at := len(s.log)
	s.log = append(s.log, e)
	s.overlap = s.overlap || overlap
	s.mu.Unlock()
	defer func() { // after a panic, too
		e.ended = time.Now()
		s.mu.Lock()
		s.log[at] = e
		s.mu.Unlock()
		s.running.Store(false)
	}()
	if before != nil {
		before()
	}
	if e.task == nil {
		return websocket.None
	}
	return s.carryOut(c, &e)
}

func (s *subject) carryOut(c *websocket.Conn, e *entry) websocket.Commands {
	time.Sleep(e.task.Block)
	for i := range e.task.OwnSends {
		l := e.task.ownSend(i)
		if c.Send(prepare(l)) == nil {
			e.ownSends = append(e.ownSends, l)
		} else {
			e.refused++
		}
	}
	for i := range e.task.OwnNotes {
		n := &note{source: "own", number: e.task.number + i}
		if c.Notify(n) == nil {
			e.ownNotes = append(e.ownNotes, n.number)
		} else {
			e.refused++
		}
	}
	return e.task.commands()
}

// prepare makes a frame to send.
func prepare(l label) *websocket.Prepared {
	p, err := websocket.Prepare(frameOf(l))
	if err != nil {
		panic(err)
	}
	return p
}

func frameOf(l label) websocket.Frame {
	if l.content == ofBinary {
		return websocket.Binary(l.payload())
	}
	return websocket.Text(l.payload())
}

// commands returns the commands in the shortest form.
func (t *task) commands() websocket.Commands {
	var list []websocket.Command
	var frames []websocket.Frame
	for i := range t.Commands {
		command := t.command(i)
		list = append(list, command)
		if f, ok := command.(websocket.Frame); ok {
			frames = append(frames, f)
		}
	}
	switch {
	case len(list) == 0:
		return websocket.None
	case len(frames) == len(list):
		return websocket.Reply(frames[0], frames[1:]...)
	}
	return websocket.Do(list[0], list[1:]...)
}

// closeCodes are those of the command "command close", by its size.
var closeCodes = []websocket.CloseCode{1000, 1001, 3000, 0}

func (t *task) command(i int) websocket.Command {
	opcode, l := t.frame(i)
	switch opcode {
	case opText, opBinary:
		return frameOf(l)
	case opPing:
		return websocket.Ping(l.payload())
	case opPong:
		return websocket.Pong(l.payload())
	}
	switch c := t.Commands[i]; c.Kind {
	case "active off", "active on":
		return websocket.Active(c.Kind == "active on")
	case "deflate off", "deflate on":
		return websocket.Deflate(c.Kind == "deflate on")
	case "set options":
		return websocket.SetOptions{MaxFrameSize: maxFrameSize + int64(c.Size)}
	case "hibernate":
		return websocket.Hibernate
	case "shutdown reason":
		return websocket.ShutdownReason(t.number + i)
	case "command stop":
		return websocket.Stop
	case "command close":
		return websocket.Close(closeCodes[c.Size%len(closeCodes)], "")
	case "command bad text":
		return websocket.Text("\xff")
	case "command panic":
		panic("the plan says so")
	case "command goexit":
		runtime.Goexit()
	}
	return nil
}
