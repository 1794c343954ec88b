package modeltest

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

// run is a case under way.
type run struct {
	transport string
	script    *script
	server    *server
	peer      *peer
	subject   *subject
	conn      *websocket.Conn
	pulse     *pulse

	stopping sync.WaitGroup

	mu       sync.Mutex
	numbers  int
	tasks    map[int]*task
	posts    []outcome // Notify
	sends    []outcome // Conn.Send
	group    []outcome // frames that were published
	timers   []*note   // that were not stopped
	causes   []cause   // why the connection may end
	gone     bool      // the client broke the connection
	cut      bool      // the server did
	vanished bool      // and never will read
}

// outcome is what became of an info or a frame.
type outcome struct {
	number int
	err    error
}

// violation is a broken property; rapid shrinks a case as long as it breaks
// the same one.
type violation struct{ property, details string }

func broken(property, format string, args ...any) *violation {
	return &violation{property, fmt.Sprintf(format, args...)}
}

// start makes the server and connects.
func start(transport string, s *script) (*run, error) {
	r := &run{transport: transport, script: s, pulse: startPulse(), tasks: make(map[int]*task)}
	r.subject = &subject{init: r.task(s.Init), groups: group.New(group.Options{}), tasks: r.taskOf}
	how := serving{
		transport: transport,
		hesitant:  s.Setup.Hesitant,
		oneSided:  s.Setup.OneSided,
		upgrade:   func(*handler.Request) (websocket.Handler, websocket.Options) { return r.subject, s.Setup.options() },
	}
	if s.Setup.Stalls {
		how.writeBuffer, how.readBuffer = smallWriteBuffer, smallReadBuffer
	}
	var err error
	if r.server, err = how.start(); err != nil {
		r.pulse.stop()
		return nil, err
	}
	r.peer = &peer{silent: s.Setup.Silent}
	if r.peer.raw, r.peer.conn, err = r.server.dial(); err != nil {
		return r, err
	}
	var early []*message
	for range s.Setup.Early {
		early = append(early, r.message(opText, step{Size: 20}, plan{Commands: []command{{Kind: "text"}}}))
	}
	if err := r.peer.connect(s.Setup.Compression, early); err != nil {
		return r, err
	}
	eventually(patience, func() bool { r.conn = r.subject.opened(); return r.conn != nil })
	if r.conn == nil {
		return r, fmt.Errorf("Init was not called")
	}
	return r, nil
}

// options are those of the connection.
func (s *setup) options() websocket.Options {
	o := websocket.Options{
		Compress:       websocket.CompressOff,
		IdleTimeout:    longTimeout,
		WriteTimeout:   longTimeout,
		CloseTimeout:   longTimeout,
		HibernateAfter: -1,
		MaxFrameSize:   maxFrameSize,
		MailboxPolicy:  s.Policy,
		LendPayloads:   s.Lends,
	}
	if s.Compression != "" {
		o.Compress = websocket.CompressOn
	}
	if s.Tiny {
		o.MailboxSize, o.MaxPending = tinyMailbox, tinyPending
	}
	if s.Hibernates {
		o.HibernateAfter = shortestSleep
	}
	if s.Hasty {
		o.IdleTimeout = idleTimeout
	}
	if s.Stalls {
		o.WriteTimeout = writeTimeout
	}
	if s.Silent || s.OneSided { // what refuses a client cannot end its own side then, and waits
		o.CloseTimeout = closeTimeout
	}
	if s.Pings {
		o.PingInterval = idleTimeout / 3
	}
	return o
}

// number returns n numbers of their own.
func (r *run) number(n int) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.numbers += n
	return r.numbers - n + 1
}

func (r *run) task(p plan) *task {
	t := &task{plan: p, number: r.number(numbersPerTask)}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tasks[t.number] = t
	return t
}

func (r *run) taskOf(number int) *task {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tasks[number]
}

// message makes a message of the client's, whose callback carries out a plan.
func (r *run) message(opcode byte, s step, p plan) *message {
	l := label{fromClient, r.task(p).number, ofText, s.Size}
	m := &message{opcode: opcode, pieces: 1}
	switch opcode {
	case opPing, opPong:
		l.size = min(l.size, 120)
		m.payload = string(l.payload())
		m.wire = appendFrame(nil, fin|opcode, []byte(m.payload))
	default:
		if opcode == opBinary {
			l.content = ofBinary
		}
		compressed := s.Compressed && r.script.Setup.Compression != ""
		m.payload, m.pieces = string(l.payload()), max(1, s.Count/2)
		m.wire = appendMessage(nil, opcode, []byte(m.payload), max(1, s.Count-2), compressed)
	}
	return m
}

// notify sends an info.
func (r *run) notify(p plan) error {
	t := r.task(p)
	err := r.conn.Notify(&note{source: "notify", number: t.number, task: t})
	r.note(&r.posts, t.number, err)
	return err
}

func (r *run) note(list *[]outcome, number int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	*list = append(*list, outcome{number, err})
	if err == websocket.ErrMailboxFull && r.script.Setup.Policy == websocket.CloseWhenFull {
		r.causes = append(r.causes, overflow)
	}
}

var overflow = cause{name: "overflow", kind: websocket.ReasonError, err: websocket.ErrMailboxFull, code: 1013}

// send sends frames, one by one.
func (r *run) send(s step, size int) {
	for range max(1, s.Count) {
		l := label{fromSend, r.number(1), ofText, size}
		if s.Binary {
			l.content = ofBinary
		}
		r.note(&r.sends, l.number, r.conn.Send(prepare(l)))
		time.Sleep(s.Wait)
	}
}

func (r *run) publish(s step) {
	for range max(1, s.Count) {
		l := label{fromGroup, r.number(1), ofText, s.Size}
		r.note(&r.group, l.number, r.subject.groups.Publish(room, frameOf(l)))
	}
}

func (r *run) publishInfo(p plan) {
	t := r.task(p)
	_ = r.subject.groups.PublishInfo(room, &note{source: "group", number: t.number, task: t})
}

// timer starts a timer, and stops it again if stopped.
func (r *run) timer(wait time.Duration, p plan, stopped bool) {
	t := r.task(p)
	n := &note{source: "timer", number: t.number, task: t, due: time.Now().Add(wait)}
	timer := r.conn.NotifyAfter(wait, n)
	if stopped && timer.Stop() {
		n.due = time.Now().Add(time.Hour) // it must not come
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timers = append(r.timers, n)
}

// arm notes why the connection may end.
func (r *run) arm(c cause) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.causes = append(r.causes, c)
}

func (r *run) armed() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.causes) > 0
}

// stop stops the listener, in its own goroutine; the sessions are cut when
// within is over.
func (r *run) stop(within time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	r.stopping.Go(func() {
		defer cancel()
		_ = r.server.stop(ctx)
	})
}
