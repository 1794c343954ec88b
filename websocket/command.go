package websocket

import (
	"time"

	"github.com/cowhand/cowhand/websocket/frame"
)

// Command is something that a callback wants done: a [Frame] to send,
// [Active], [Deflate], [SetOptions], [ShutdownReason], [Stop] or [Hibernate].
type Command interface{ command() }

// Commands are the result of a callback. Cowhand carries them out in order once
// the callback has returned. The zero value is [None].
//
// It is four words, which the compiler keeps in registers: a single frame
// takes no memory at all.
type Commands struct {
	payload []byte       // of the frame, if list is one of singles
	list    *commandList // nil: none
}

// commandList is carried out in the order of its fields.
type commandList struct {
	single   bool         // a frame of opcode and Commands.payload
	opcode   frame.Opcode // if single
	first    Command      // if not single
	frames   []Frame
	commands []Command
}

// singles are the lists of a single frame, by opcode.
var singles = func() (lists [16]commandList) {
	for opcode := range lists {
		lists[opcode] = commandList{single: true, opcode: frame.Opcode(opcode)}
	}
	return lists
}()

// None does nothing. Cowboy: {[], State}.
var None Commands

// Reply sends frames. With one frame, unless it is a close frame, it allocates
// nothing. Cowboy: {[{text, Data}], State}.
func Reply(f Frame, more ...Frame) Commands {
	if len(more) > 0 || f.Code != 0 || int(f.Opcode) >= len(singles) {
		return replyAll(f, more)
	}
	return Commands{payload: f.Payload, list: &singles[f.Opcode]}
}

func replyAll(f Frame, more []Frame) Commands {
	return Commands{list: &commandList{first: f, frames: more}}
}

// Do carries out commands in order. It ignores commands after a close frame or
// [Stop]. A command that can't be carried out, such as nil or a ping of more
// than 125 bytes, ends the connection like a panic: the client gets close code
// 1011.
func Do(first Command, more ...Command) Commands {
	if len(more) == 0 {
		for i := range constants {
			if constants[i].first == first {
				return Commands{list: &constants[i]}
			}
		}
	}
	return Commands{list: &commandList{first: first, commands: more}}
}

// constants are the lists of a single command that Do need not allocate.
var constants = [...]commandList{
	{first: Stop}, {first: Hibernate},
	{first: Active(true)}, {first: Active(false)},
	{first: Deflate(true)}, {first: Deflate(false)},
}

// List returns the commands one by one, for tests of handlers.
func (c Commands) List() []Command {
	if c.list == nil {
		return nil
	}
	if c.list.single {
		return []Command{Frame{Opcode: c.list.opcode, Payload: c.payload}}
	}
	list := []Command{c.list.first}
	for _, f := range c.list.frames {
		list = append(list, f)
	}
	return append(list, c.list.commands...)
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
)

func (Frame) command()          {}
func (Active) command()         {}
func (Deflate) command()        {}
func (SetOptions) command()     {}
func (shutdownReason) command() {}
func (signalCommand) command()  {}
