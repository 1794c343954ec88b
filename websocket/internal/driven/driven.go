// Package driven is how package websockettest gets at a connection without a
// socket: package websocket fills it in.
package driven

import "log/slog"

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
