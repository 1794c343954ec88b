package websocket

import (
	"errors"

	"github.com/cowhand/cowhand/websocket/frame"
)

// execute carries out the commands that a callback returned. A command that
// can't be carried out is the handler's crash.
func (c *Conn) execute(commands Commands) {
	if c.timing.rest.Load() == drowsy { // Hibernate lasts until the next callback
		c.wakeUp()
	}
	switch list := commands.list; {
	case list == nil:
	case list.single:
		c.executeFrame(Frame{Opcode: list.opcode, Payload: commands.payload})
	default:
		c.executeList(list)
	}
}

func (c *Conn) executeList(list *commandList) {
	c.executeCommand(list.first)
	for _, f := range list.frames {
		c.executeFrame(f)
	}
	for _, command := range list.commands {
		c.executeCommand(command)
	}
}

func (c *Conn) executeCommand(command Command) {
	if c.stage != open {
		return
	}
	switch command := command.(type) {
	case Frame:
		c.executeFrame(command)
	case Active:
		c.active = bool(command)
	case Deflate:
		c.setCompress(bool(command))
	case SetOptions:
		c.setOptions(command)
	case shutdownReason:
		c.ensureReason().Shutdown = command.value
	case signalCommand:
		c.executeSignal(command)
	case failure:
		c.failMessage(command.err)
	default:
		c.crash(errNilCommand)
	}
}

// executeFrame appends a frame of the handler's to the batch.
func (c *Conn) executeFrame(f Frame) {
	if c.stage != open {
		return
	}
	if err := f.check(c.skipUTF8); err != nil {
		c.crash(err)
		return
	}
	if c.signals.Load()&uint32(signalOutput) != 0 {
		c.collect() // frames of other goroutines that were sent before
	}
	if f.Opcode == frame.Close {
		c.stop(Reason{Kind: ReasonStop}, f.Code, string(f.Payload))
		return
	}
	c.append(f)
	if c.batch.len() > flushAbove {
		c.flush()
	}
}

func (c *Conn) executeSignal(command signalCommand) {
	switch command {
	case Stop:
		c.stop(Reason{Kind: ReasonStop}, frame.NormalClosure, "")
	case Hibernate:
		c.timing.rest.Store(drowsy)
	default:
		c.crash(errNilCommand)
	}
}

var errNilCommand = errors.New("websocket: the handler returned a nil command")

func (c *Conn) setOptions(o SetOptions) {
	if o.MaxFrameSize != 0 {
		c.maxFrameSize = max(o.MaxFrameSize, 0)
		c.parser.MaxSize = c.maxFrameSize
	}
	if o.IdleTimeout != 0 {
		c.timing.idle.Store(int64(interval(o.IdleTimeout)))
		c.timing.received.Store(c.now())
	}
	if o.PingInterval != 0 {
		c.timing.ping.Store(int64(interval(o.PingInterval)))
	}
	timeouts.schedule(c)
}
