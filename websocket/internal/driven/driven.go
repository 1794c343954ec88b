// Package driven is how package websockettest gets at a connection without a
// socket: package websocket fills it in.
package driven

import (
	"log/slog"
	"sync"
)

// Conn is a connection whose loop is run step by step, in the caller's
// goroutine, by a clock that stands still in between.
type Conn interface {
	// Conn is the *websocket.Conn.
	Conn() any

	// Start runs the handler's Init.
	Start()

	// Receive handles bytes of the peer, and Fail the error of a read.
	Receive(b []byte)
	Fail(err error)

	// Attend handles infos and requests of other goroutines, and reports
	// whether there were any.
	Attend() bool

	// End ends the connection at once for a reason, a websocket.Reason.
	End(reason any)

	// Step moves the clock to the next timer or timeout, but not beyond a
	// time in nanoseconds, and runs it; it reports whether there was one.
	Step(until int64) bool

	// Now is the clock, in nanoseconds.
	Now() int64

	// Active reports whether the peer's bytes are to be received.
	Active() bool

	// Ended reports whether the connection is over, Terminate included.
	Ended() bool

	// Written returns what was written since the last call.
	Written() []byte
}

// Config is what a connection is made of.
type Config struct {
	Handler      any // websocket.Handler
	Options      any // websocket.Options
	Request      any // websocket.RequestInfo
	Version      int
	Subprotocols []string // that the client offers
	Logger       *slog.Logger
}

// Open makes a connection. Its error is that of bad options.
var Open func(Config) (Conn, error)

// conns are the connections under test, with what their clients wait for.
var conns sync.Map // of *websocket.Conn to *waits

type waits struct {
	mu    sync.Mutex
	waits []func()
}

// Register makes a connection one under test, until Forget.
func Register(conn any) { conns.Store(conn, new(waits)) }

// Forget undoes Register.
func Forget(conn any) { conns.Delete(conn) }

// Is reports whether a connection is under test.
func Is(conn any) bool {
	_, ok := conns.Load(conn)
	return ok
}

// OnSettle has Settle call wait, which returns once all that is under way for
// the connection in another goroutine has reached it.
func OnSettle(conn any, wait func()) {
	if w, ok := conns.Load(conn); ok {
		w := w.(*waits)
		w.mu.Lock()
		defer w.mu.Unlock()
		w.waits = append(w.waits, wait)
	}
}

// Settle waits for other goroutines.
func Settle(conn any) {
	w, ok := conns.Load(conn)
	if !ok {
		return
	}
	for _, wait := range w.(*waits).list() {
		wait()
	}
}

func (w *waits) list() []func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.waits[:len(w.waits):len(w.waits)]
}
