package websocket

import "time"

// Command is one thing to do after a callback: a [Frame] to send, [Active],
// [Deflate], [SetOptions], [ShutdownReason], [Stop] or [Hibernate].
type Command interface{ command() }

// Commands is what a callback returns: what to do, in order. Its zero value
// is [None].
type Commands struct {
	frame Frame // where one is all, or comes first
	first Command
	rest  []Command
	more  []Frame
}

// None does nothing: Cowboy's {[], State}.
var None Commands

// Reply sends frames: Cowboy's {[Frame], State}. With one frame it allocates
// nothing.
func Reply(f Frame, more ...Frame) Commands {
	if f.Opcode == 0 { // refused when it is carried out
		return Commands{first: f}
	}
	return Commands{frame: f, more: more}
}

// Do carries out commands in order. What follows a close frame or Stop is
// not carried out.
func Do(first Command, more ...Command) Commands {
	if first == nil {
		first = noCommand
	}
	return Commands{first: first, rest: more}
}

// List returns the commands one by one, for tests of handlers.
func (c Commands) List() []Command {
	var list []Command
	if c.frame.Opcode != 0 {
		list = append(list, c.frame)
	}
	for _, f := range c.more {
		list = append(list, f)
	}
	if c.first != nil {
		list = append(list, c.first)
	}
	return append(list, c.rest...)
}

// Active stops the reading of the socket, or resumes it: Cowboy's {active,
// Bool}. Bytes that were received before are still handled, infos and timers
// arrive, and the idle timeout goes on.
type Active bool

// Deflate says whether the messages that follow are compressed: Cowboy's
// {deflate, Bool}. It does nothing where no compression was negotiated.
type Deflate bool

// SetOptions changes options of the live connection: Cowboy's {set_options,
// Map}. Fields that are zero are left as they are.
type SetOptions struct {
	// IdleTimeout is as in [Options]; setting it restarts its clock.
	// Negative: no timeout.
	IdleTimeout time.Duration

	// MaxFrameSize is as in [Options], in bytes. Negative: no limit. It
	// holds from the next frame on.
	MaxFrameSize int64

	// PingInterval is as in [Options]. Negative: no pings.
	PingInterval time.Duration
}

// ShutdownReason puts a value of the handler's choice into the
// [Reason] of a connection that ends by Stop or a close frame: Cowboy's
// {shutdown_reason, Term}.
func ShutdownReason(value any) Command { return shutdownReason{value} }

type shutdownReason struct{ value any }

// signalCommand is a command that is no more than its name.
type signalCommand byte

// Stop closes the connection with code 1000: Cowboy's {stop, State}.
//
// Hibernate lets go of all that the connection can do without until it wakes
// up next: its buffers, its stack and, where the platform allows, its
// goroutine: Cowboy's {[], State, hibernate}. What the handler sees does not
// change.
const (
	Stop signalCommand = iota + 1
	Hibernate
	noCommand // refused when it is carried out
)

func (Frame) command()          {}
func (Active) command()         {}
func (Deflate) command()        {}
func (SetOptions) command()     {}
func (shutdownReason) command() {}
func (signalCommand) command()  {}
