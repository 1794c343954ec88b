package websocket

import "time"

// Command is something that a callback wants done: a [Frame] to send,
// [Active], [Deflate], [SetOptions], [ShutdownReason], [Stop] or [Hibernate].
type Command interface{ command() }

// Commands are the result of a callback. Cowhand carries them out in order once
// the callback has returned. The zero value is [None].
//
// It is small enough to be returned in registers: frame or first is usually
// all there is.
type Commands struct {
	frame Frame   // Opcode 0: none
	first Command // nil: none
	more  *moreCommands
}

// moreCommands follow the first one.
type moreCommands struct {
	frames   []Frame
	commands []Command
}

// None does nothing. Cowboy: {[], State}.
var None Commands

// Reply sends frames. With one frame it allocates nothing. Cowboy: {[{text,
// Data}], State}.
func Reply(f Frame, more ...Frame) Commands {
	if f.Opcode == 0 { // to be rejected when carried out
		return Commands{first: f}
	}
	c := Commands{frame: f}
	if len(more) > 0 {
		c.more = &moreCommands{frames: more}
	}
	return c
}

// Do carries out commands in order. It ignores commands after a close frame or
// [Stop]. A command that can't be carried out, such as nil or a ping of more
// than 125 bytes, ends the connection like a panic: the client gets close code
// 1011.
func Do(first Command, more ...Command) Commands {
	if first == nil {
		first = noCommand
	}
	c := Commands{first: first}
	if len(more) > 0 {
		c.more = &moreCommands{commands: more}
	}
	return c
}

// List returns the commands one by one, for tests of handlers.
func (c Commands) List() []Command {
	var list []Command
	if c.frame.Opcode != 0 {
		list = append(list, c.frame)
	}
	if c.first != nil {
		list = append(list, c.first)
	}
	if c.more == nil {
		return list
	}
	for _, f := range c.more.frames {
		list = append(list, f)
	}
	return append(list, c.more.commands...)
}

// Active(false) stops reading from the client, and Active(true) resumes. Frames
// already read are still handled. Infos and timers go on, and so does
// IdleTimeout. Cowboy: {active, Bool}.
type Active bool

// Deflate turns compression of the following messages on or off. It does
// nothing if no compression was negotiated. Cowboy: {deflate, Bool}.
type Deflate bool

// SetOptions changes options of the live connection. A zero field leaves its
// option unchanged. Cowboy: {set_options, Map}.
type SetOptions struct {
	// IdleTimeout replaces [Options].IdleTimeout and restarts its clock.
	// [NoLimit]: never.
	IdleTimeout time.Duration

	// MaxFrameSize replaces [Options].MaxFrameSize, in bytes, from the next
	// frame on; or [NoLimit].
	MaxFrameSize int64

	// PingInterval replaces [Options].PingInterval. [NoLimit]: no pings.
	PingInterval time.Duration
}

// ShutdownReason sets the field Shutdown of the [Reason] that Terminate gets.
// Cowboy: {shutdown_reason, Term}.
func ShutdownReason(value any) Command { return shutdownReason{value} }

type shutdownReason struct{ value any }

// signalCommand is a command without parameters.
type signalCommand byte

const (
	// Stop closes the connection with code 1000. Cowboy: {stop, State}.
	Stop signalCommand = iota + 1

	// Hibernate frees the connection's buffers and stack until something
	// happens. On Linux, over TCP, a Unix socket or the listener's TLS, it
	// frees the goroutine too. The handler notices nothing. Cowboy: {[], State,
	// hibernate}.
	Hibernate

	noCommand // rejected when carried out
)

func (Frame) command()          {}
func (Active) command()         {}
func (Deflate) command()        {}
func (SetOptions) command()     {}
func (shutdownReason) command() {}
func (signalCommand) command()  {}
