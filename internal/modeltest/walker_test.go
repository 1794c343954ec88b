package modeltest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
)

// yard is the servers of a soak and their handlers.
type yard struct {
	servers  []*server
	visits   atomic.Int64
	wakes    atomic.Int64
	sleepers sync.Map // by path
}

func (y *yard) upgrade(r *handler.Request) (websocket.Handler, websocket.Options) {
	found, _ := y.sleepers.Load(r.Path())
	s := found.(*sleeper)
	return s, s.options
}

// sleeper echoes messages, replies to infos, and hibernates after each second
// one.
type sleeper struct {
	options websocket.Options
	awake   bool // it does not hibernate at once
	opened  chan *websocket.Conn
	ended   chan websocket.Reason
	running atomic.Bool
	over    atomic.Bool
	wrong   atomic.Bool // callbacks at the same time, or after Terminate
}

func newSleeper() *sleeper {
	return &sleeper{
		options: websocket.Options{HibernateAfter: shortestSleep, CloseTimeout: longTimeout},
		opened:  make(chan *websocket.Conn, 1),
		ended:   make(chan websocket.Reason, 2),
	}
}

func (s *sleeper) enter() (leave func()) {
	if !s.running.CompareAndSwap(false, true) || s.over.Load() {
		s.wrong.Store(true)
	}
	return func() { s.running.Store(false) }
}

func (s *sleeper) Init(c *websocket.Conn) websocket.Commands {
	defer s.enter()()
	s.opened <- c
	if s.awake {
		return websocket.None
	}
	return websocket.Do(websocket.Hibernate)
}

func (s *sleeper) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	defer s.enter()()
	if !f.IsData() {
		return websocket.None
	}
	l, _ := readLabel(f.Payload)
	return answer(f, l)
}

func (s *sleeper) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	defer s.enter()()
	l := info.(label)
	return answer(frameOf(l), l)
}

func answer(f websocket.Frame, l label) websocket.Commands {
	if l.number%2 == 0 {
		return websocket.Reply(f)
	}
	return websocket.Do(f, websocket.Hibernate)
}

func (s *sleeper) Terminate(_ *websocket.Conn, reason websocket.Reason) {
	defer s.enter()()
	s.over.Store(true)
	s.ended <- reason
}

// walker is one client after another.
type walker struct {
	yard   *yard
	random *rand.Rand

	// Of the visit under way.
	path      string
	sleeper   *sleeper
	conn      *websocket.Conn
	raw, wire net.Conn
	in        *bufio.Reader
	decoder   decoder
	number    int
}

// visit is one connection from its beginning to its end.
func (w *walker) visit() (err error) {
	w.path = fmt.Sprintf("/%d", w.yard.visits.Add(1))
	w.sleeper, w.decoder = newSleeper(), decoder{}
	idle := w.random.IntN(16) == 0
	if idle {
		w.sleeper.options.IdleTimeout = 2 * idleTimeout / 3
	}
	w.yard.sleepers.Store(w.path, w.sleeper)
	defer w.yard.sleepers.Delete(w.path)
	if err := w.connect(); err != nil {
		return err
	}
	defer w.raw.Close()
	for range w.random.IntN(20) {
		if idle {
			break
		}
		if err := w.act(); err != nil {
			return err
		}
	}
	if err := w.end(idle); err != nil {
		return err
	}
	if w.sleeper.wrong.Load() || len(w.sleeper.ended) > 0 {
		return errors.New("callbacks at the same time, or after Terminate")
	}
	return nil
}

func (w *walker) connect() error {
	server := w.yard.servers[0]
	if n := w.random.IntN(8); n < len(w.yard.servers) {
		server = w.yard.servers[n]
	}
	return w.connectTo(server)
}

func (w *walker) connectTo(server *server) (err error) {
	if w.raw, w.wire, err = server.dial(); err != nil {
		return err
	}
	if w.in, err = handshake(w.wire, w.path, "", nil); err != nil {
		return err
	}
	select {
	case w.conn = <-w.sleeper.opened:
		return nil
	case <-time.After(patience):
		return errors.New("Init was not called")
	}
}

// act wakes the connection in one way, or in several at once.
func (w *walker) act() error {
	w.yard.wakes.Add(1)
	echo, info, sent := w.label(fromClient), w.label(fromReply), w.label(fromSend)
	switch n := w.random.IntN(10); n {
	case 0, 1:
		return errors.Join(w.write(echo), w.expect(echo))
	case 2:
		return errors.Join(w.conn.Notify(info), w.expect(info))
	case 3:
		return errors.Join(w.conn.Send(prepare(sent)), w.expect(sent))
	case 4:
		w.conn.NotifyAfter(time.Duration(w.random.IntN(3000))*time.Microsecond, info)
		return w.expect(info)
	case 5:
		time.Sleep(time.Duration(w.random.IntN(15)) * time.Millisecond)
		return nil
	default:
		time.Sleep(time.Duration(w.random.IntN(100)) * time.Microsecond)
		var others sync.WaitGroup
		var notified, sending error
		others.Go(func() { notified = w.conn.Notify(info) })
		others.Go(func() { sending = w.conn.Send(prepare(sent)) })
		written := w.write(echo)
		others.Wait()
		return errors.Join(written, notified, sending, w.expect(echo, info, sent))
	}
}

func (w *walker) label(source byte) label {
	w.number++
	return label{source, w.number, ofText, 30}
}

func (w *walker) write(l label) error {
	_, err := w.wire.Write(appendFrame(nil, fin|opText, l.payload()))
	return err
}

// expect reads frames, in any order, and nothing else.
func (w *walker) expect(labels ...label) error {
	for len(labels) > 0 {
		f, err := w.next()
		if err != nil {
			return fmt.Errorf("%v were awaited: %w", labels, err)
		}
		l, err := checkPayload(f.payload)
		at := slices.Index(labels, l)
		if err != nil || at < 0 {
			return fmt.Errorf("got %v (%v), want one of %v", f, err, labels)
		}
		labels = slices.Delete(labels, at, at+1)
	}
	return nil
}

// next reads one frame.
func (w *walker) next() (received, error) {
	var buffer [512]byte
	for {
		f, ok, err := w.decoder.next()
		if ok || err != nil {
			return f, err
		}
		_ = w.wire.SetReadDeadline(time.Now().Add(patience))
		n, err := w.in.Read(buffer[:])
		if err != nil {
			return f, err
		}
		w.decoder.buf = append(w.decoder.buf, buffer[:n]...)
	}
}

// end ends the connection in one of the ways that there are, and checks what
// each side is told.
func (w *walker) end(idle bool) error {
	if idle {
		return w.farewell(1000, true, websocket.ReasonTimeout)
	}
	choice := 0
	if w.random != nil {
		choice = w.random.IntN(7)
	}
	switch choice {
	case 0, 1:
		_, err := w.wire.Write(appendFrame(nil, fin|opClose, closePayload(1000, "")))
		return errors.Join(err, w.farewell(1000, false, websocket.ReasonRemote))
	case 2:
		w.conn.Close()
		return w.farewell(1000, true, websocket.ReasonStop)
	case 3:
		w.conn.Drain()
		return w.farewell(1001, true, websocket.ReasonShutdown)
	case 4:
		w.conn.Cut()
		return w.told(websocket.ReasonShutdown)
	case 5:
		err := w.wire.(interface{ CloseWrite() error }).CloseWrite()
		return errors.Join(err, w.told(websocket.ReasonError))
	default:
		if tcp, ok := w.raw.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = w.raw.Close()
		return w.told(websocket.ReasonError)
	}
}

// farewell reads the close frame and the end, and answers if it is to.
func (w *walker) farewell(code int, answer bool, kind websocket.ReasonKind) error {
	f, err := w.next()
	if err != nil || f.opcode != opClose || closeCode(f.payload) != code {
		return fmt.Errorf("got %v (%w), want close %d", f, err, code)
	}
	if answer {
		if _, err := w.wire.Write(appendFrame(nil, fin|opClose, f.payload)); err != nil {
			return err
		}
	}
	if f, err := w.next(); err != io.EOF {
		return fmt.Errorf("got %v (%w) after the close frame", f, err)
	}
	_ = w.raw.Close()
	return w.told(kind)
}

// told waits for Terminate.
func (w *walker) told(kind websocket.ReasonKind) error {
	select {
	case reason := <-w.sleeper.ended:
		if reason.Kind != kind {
			return fmt.Errorf("Terminate was told %v, want %v", reason, kind)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("Terminate was not called: want %v", kind)
	}
}
