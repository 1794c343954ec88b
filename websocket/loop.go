package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime/debug"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/frame"
)

// run is the connection's goroutine. Where its loop goes on in another one,
// it does nothing more.
func (c *Conn) run() {
	outcome := over
	defer func() {
		if outcome == over { // or a callback called runtime.Goexit
			c.leave()
		}
	}()
	if outcome = c.transport.serve(c); outcome == fresh {
		c.hibernate = false
		go c.run()
	}
}

// start runs the handler's Init, once, and handles what follows at once from
// it: the infos that it sent, then what came together with the request.
func (c *Conn) start() {
	c.takeParser()
	if c.started {
		return
	}
	c.started = true
	c.heard()
	timeouts.file(c)
	c.call(func() Commands { return c.handler.Init(c) })
	c.handleInfos(c.infos.Len())
	c.attend()
	c.input(c.takeEarly())
	c.endBatch()
}

// call runs a callback and its commands.
func (c *Conn) call(callback func() Commands) {
	defer c.recoverCrash()
	c.execute(callback())
}

// input handles what was received, and everything in it (but the flush at
// the end of the batch).
func (c *Conn) input(in []byte) {
	for len(in) > 0 && c.phase < lingering {
		n := c.inputUntilCrash(in)
		if n == 0 {
			return
		}
		in = in[n:]
	}
}

// inputUntilCrash returns how much it took. What is behind the frame of a
// callback that panicked has its part in the closing handshake.
func (c *Conn) inputUntilCrash(in []byte) (n int) {
	defer c.recoverCrash()
	next := 1 // the frame after which to look at the batch
	for frames := 1; n < len(in) && c.phase < lingering; frames++ {
		msg, taken, err := c.parser.Next(in[n:])
		n += taken
		c.received(msg, err)
		if frames == next || c.codec != nil {
			next += c.flushEarly(frames)
		}
	}
	return n
}

// slowBatch is how long what a batch was answered with is held back at most,
// but for the callback under way.
const slowBatch = int64(time.Millisecond)

// flushEarly writes what a slow batch, or one that inflates to much, was
// answered with so far. It returns after how many more frames to look again:
// seldom, where they are quick.
func (c *Conn) flushEarly(frames int) int {
	if present := c.now(); present-c.stirred.Load() > slowBatch {
		c.flush()
		c.parser.Release()
		c.stirred.Store(present)
		return 1
	}
	if c.parser.Lent() > flushAbove {
		c.flush()
		c.parser.Release()
	}
	return min(frames, seldom)
}

// seldom is after how many quick frames the batch is looked at.
const seldom = 16

// inputTail is input for bytes that were read into the parser's own memory.
func (c *Conn) inputTail(n int) {
	defer c.recoverCrash()
	if c.phase < lingering {
		msg, err := c.parser.Filled(n)
		c.received(msg, err)
	}
}

// received handles what the parser found.
func (c *Conn) received(msg frame.Message, err error) {
	switch {
	case err != nil:
		c.refuse(err)
	case !msg.Complete:
	case msg.Opcode == frame.Close:
		c.remoteClose(msg.Payload)
	case c.phase == opened:
		if msg.Opcode == frame.Ping {
			c.output().frame(frame.Pong, 0, msg.Payload)
		}
		c.execute(c.handler.HandleFrame(c, Frame{Opcode: msg.Opcode, Payload: msg.Payload}))
	}
}

// recoverCrash ends the connection of a callback that panicked.
func (c *Conn) recoverCrash() {
	if value := recover(); value != nil {
		c.crash(&handler.PanicError{Value: value, Stack: debug.Stack()})
	}
}

// execute carries out what a callback returned. A command that cannot be
// carried out is the handler's crash.
func (c *Conn) execute(commands Commands) {
	c.hibernate = false // it lasts until the next wake-up only
	if commands.frame.Opcode != 0 {
		c.executeFrame(&commands.frame)
		for i := range commands.more {
			c.executeFrame(&commands.more[i])
		}
	}
	if commands.first != nil {
		c.executeOne(commands.first)
		for _, command := range commands.rest {
			c.executeOne(command)
		}
	}
}

func (c *Conn) executeFrame(f *Frame) {
	if c.phase != opened {
		return
	}
	if err := c.reply(f); err != nil {
		c.crash(err)
	}
}

func (c *Conn) executeOne(command Command) {
	if c.phase != opened {
		return
	}
	switch command := command.(type) {
	case Frame:
		c.executeFrame(&command)
	case Active:
		c.active = bool(command)
	case Deflate:
		c.setDeflate(bool(command))
	case SetOptions:
		c.setOptions(command)
	case shutdownReason:
		c.reasonToBe().Shutdown = command.value
	case signalCommand:
		c.executeSignal(command)
	default:
		c.crash(errNilCommand)
	}
}

func (c *Conn) executeSignal(command signalCommand) {
	switch command {
	case Stop:
		c.stop(Reason{Kind: ReasonStop}, frame.NormalClosure, "")
	case Hibernate:
		c.hibernate = true
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
		c.clock.idle.Store(int64(interval(o.IdleTimeout)))
		c.clock.heard.Store(c.now())
	}
	if o.PingInterval != 0 {
		c.clock.ping.Store(int64(interval(o.PingInterval)))
	}
	timeouts.file(c)
}

// signal tells the loop to look at something.
func (c *Conn) signal(s signal) {
	c.signals.Or(uint32(s))
	c.wake()
}

// wake makes the loop look at its signals. Who changes the state from
// waiting or parked is the one to wake it.
func (c *Conn) wake() {
	switch {
	case c.state.CompareAndSwap(waiting, running):
		c.transport.poke()
	case c.state.CompareAndSwap(parked, running):
		c.transport.unpark(c)
	}
}

// prepareWait reports whether the loop may wait: nothing has come up
// meanwhile. From then on wake interrupts it.
func (c *Conn) prepareWait() bool {
	c.state.Store(waiting)
	return c.signals.Load() == 0 || !c.state.CompareAndSwap(waiting, running)
}

// attend looks at the signals, and reports whether the socket is to have its
// turn before it goes on: there are more infos, or a timeout is in doubt.
func (c *Conn) attend() (more bool) {
	signals := signal(c.signals.Swap(0))
	if signals == 0 || c.phase == closed {
		return false
	}
	more = c.attendTo(signals)
	c.endBatch()
	return more
}

func (c *Conn) attendTo(signals signal) (more bool) {
	if signals&^signalTick != 0 {
		c.stir()
	}
	if signals&signalCut != 0 {
		c.end(Reason{Kind: ReasonShutdown})
		return false
	}
	if signals&signalOutput != 0 {
		c.flushPartial()
		c.collect()
	}
	if signals&signalInfo != 0 {
		more = c.handleInfos(infosPerBatch)
	}
	if signals&signalTick != 0 {
		more = c.checkTimeouts() || more
	}
	if c.phase != opened {
		return false
	}
	switch {
	case signals&signalOverflow != 0:
		c.stop(Reason{Kind: ReasonError, Err: ErrMailboxFull}, frame.TryAgainLater, "")
	case signals&signalDrain != 0:
		c.stop(Reason{Kind: ReasonShutdown}, frame.GoingAway, "")
	case signals&signalClose != 0:
		c.stop(Reason{Kind: ReasonStop}, frame.NormalClosure, "")
	}
	return more
}

// infosPerBatch is how many infos are handled before the socket has its turn.
const infosPerBatch = 64

// handleInfos handles infos in the order of sending. Where there may be more
// of them than most, it says so and leaves the signal.
func (c *Conn) handleInfos(most int) (more bool) {
	defer c.recoverCrash()
	for range most {
		if c.phase != opened {
			return false
		}
		info, ok := c.infos.Take()
		if !ok {
			return false
		}
		c.execute(c.handler.HandleInfo(c, info))
		c.flushEarly(1)
	}
	c.signals.Or(uint32(signalInfo))
	return true
}

// checkTimeouts looks at what the wheel found to be due.
func (c *Conn) checkTimeouts() (more bool) {
	present := c.now()
	if end := c.clock.end.Load(); end != 0 {
		if present >= end {
			c.end(Reason{})
			return false
		}
	} else {
		more = c.checkIdle(present)
	}
	timeouts.file(c)
	return more
}

// checkIdle ends a connection that was silent for IdleTimeout. Where a
// callback, or the whole process, stood still for so long, what the peer sent
// meanwhile waits to be read: so the socket has its turn before.
func (c *Conn) checkIdle(present int64) (more bool) {
	silent := present - c.clock.heard.Load()
	if idle := c.clock.idle.Load(); idle > 0 && silent >= idle {
		if c.active && !c.doubted {
			c.doubted = true
			c.signals.Or(uint32(signalTick))
			return true
		}
		c.stop(Reason{Kind: ReasonTimeout}, frame.NormalClosure, "")
		return false
	}
	c.doubted = false
	if after := int64(c.settings.Value().hibernateAfter); after > 0 && present-c.stirred.Load() >= after && !c.clock.napping.Swap(true) {
		c.hibernate = true
	}
	if ping := c.clock.ping.Load(); ping > 0 && present-max(c.clock.heard.Load(), c.clock.pinged.Load()) >= ping {
		c.ping(present)
	}
	return false
}

// ping sends the server's own ping. The next one is due an interval later.
func (c *Conn) ping(present int64) {
	c.clock.pinged.Store(present)
	c.output().frame(frame.Ping, 0, nil)
}

// heard notes that something was received.
func (c *Conn) heard() { c.clock.heard.Store(c.stir()) }

// stir notes that there is something to do for the connection, which does
// not hibernate for a while then.
func (c *Conn) stir() (present int64) {
	present = c.now()
	c.stirred.Store(present)
	if c.clock.napping.Load() {
		c.clock.napping.Store(false)
		timeouts.file(c)
	}
	return present
}

// hibernatesSoon reports whether the connection is looked at within seconds
// of its last receipt.
func (c *Conn) hibernatesSoon() bool {
	after := c.settings.Value().hibernateAfter
	return after > 0 && after <= 2*DefaultHibernateAfter
}

// readFailed ends the connection for an error of the socket.
func (c *Conn) readFailed(err error) {
	switch {
	case c.phase != opened:
		c.end(Reason{})
	case signal(c.signals.Load())&signalCut != 0:
		c.end(Reason{Kind: ReasonShutdown})
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), isReset(err):
		c.end(Reason{Kind: ReasonError, Err: ErrClosed})
	default:
		c.end(Reason{Kind: ReasonError, Err: err})
	}
}

// fail ends the connection for an error of writing.
func (c *Conn) fail(err error) {
	if errors.Is(err, os.ErrDeadlineExceeded) {
		err = errWriteTimeout
	}
	c.readFailed(err)
}

var errWriteTimeout = errors.New("websocket: the peer took no bytes for WriteTimeout")
