package websocket

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"runtime/debug"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/frame"
)

// run is the goroutine of the loop. When the loop continues in another one, or
// in none, it just returns.
func (c *Conn) run() {
	outcome := over
	defer func() {
		if outcome == over { // or a callback called runtime.Goexit
			c.terminate()
		}
	}()
	c.enterLoop()
	if outcome = c.transport.serve(c); outcome == fresh {
		c.wakeUpFresh()
	}
}

// wakeUpFresh continues in a new goroutine, whose stack is small.
func (c *Conn) wakeUpFresh() {
	c.exitLoop()
	go c.run()
}

// begin prepares the loop to run. The first time, it runs the handler's Init,
// then the infos that Init sent, and then handles the bytes that came together
// with the request.
func (c *Conn) begin() (first bool) {
	c.acquireParser()
	if c.stage != starting {
		return false
	}
	c.advance(open)
	c.call(func() Commands { return c.handler.Init(c) })
	c.handleInfos(c.infos.Len())
	c.recordReceipt() // Init may have taken long, and the client's bytes still wait
	c.handleSignals()
	c.input(c.takeEarly())
	c.endBatch()
	return true
}

// call runs a callback and its commands.
func (c *Conn) call(callback func() Commands) {
	defer c.recoverCrash()
	c.execute(callback())
}

// input parses bytes of the client and handles them; the caller ends the
// batch.
func (c *Conn) input(in []byte) {
	for len(in) > 0 && c.stage < lingering {
		in = in[c.inputUntilCrash(in):]
	}
}

// inputUntilCrash returns how many bytes it consumed. If a callback panics,
// the frames behind may still hold the client's close frame.
func (c *Conn) inputUntilCrash(in []byte) (n int) {
	defer c.recoverCrash()
	msg, n, err := c.parser.Next(in)
	c.received(msg, err)
	if n == len(in) {
		return n
	}
	c.tick = batchClock.next()
	for n < len(in) && c.stage < lingering {
		msg, taken, err := c.parser.Next(in[n:])
		n += taken
		c.received(msg, err)
		c.flushEarly()
	}
	return n
}

// inputTail is input for n bytes that were read into the parser's memory.
func (c *Conn) inputTail(n int) {
	defer c.recoverCrash()
	if c.stage < lingering {
		msg, err := c.parser.Filled(n)
		c.received(msg, err)
	}
}

const (
	// slowBatch is the maximum time in nanoseconds that replies stay
	// unflushed, apart from the running callback.
	slowBatch = int64(batchTick)

	// flushAbove is the most bytes of a batch that stay unflushed, and the
	// most that messages inflate to before their memory is reused.
	flushAbove = 256 << 10
)

// flushEarly flushes in the middle of a batch that is slow, or inflates to
// much, and lets other goroutines run.
func (c *Conn) flushEarly() {
	if c.parser.Lent() <= flushAbove && (batchClock.ticks.Load() == c.tick || !c.isSlow()) {
		return
	}
	c.flush()
	c.parser.Release()
	runtime.Gosched()
}

// isSlow reports whether the batch is under way for slowBatch, and if so,
// starts counting anew.
func (c *Conn) isSlow() bool {
	c.tick = batchClock.next()
	present := c.now()
	slow := present-c.timing.active.Load() >= slowBatch
	if slow {
		c.timing.active.Store(present)
	}
	return slow
}

// received handles what the parser found.
func (c *Conn) received(msg frame.Message, err error) {
	switch {
	case err != nil:
		c.refuse(err)
	case !msg.Complete:
	case msg.Opcode == frame.Close:
		c.remoteClose(msg.Payload)
	case c.stage == open:
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

// handleSignals does what other goroutines asked for, and ends the batch.
// Urgent signals stay set until the end, where they are obeyed: a write in
// between must hear them. signalCut is never cleared, because fail looks at it.
func (c *Conn) handleSignals() {
	signals := signal(c.signals.And(uint32(urgent)))
	if signals == 0 || c.stage >= closed {
		return
	}
	if signals&^signalTick != 0 {
		c.recordActivity()
	}
	if signals&signalCut != 0 {
		c.end(Reason{Kind: ReasonShutdown})
		return
	}
	if signals&signalOutput != 0 {
		c.collect()
	}
	if signals&signalInfo != 0 {
		c.handleInfos(infosPerBatch)
	}
	if signals&signalTick != 0 {
		c.checkTimeouts()
	}
	obeyed := signal(c.signals.And(^uint32(urgent &^ signalCut)))
	if reason, code, text := c.closeReason(obeyed); code != 0 {
		c.stop(reason, code, text)
	}
	c.endBatch()
}

// closeReason returns the reason and the close frame of signals that close the
// connection; code 0: none of them does.
func (c *Conn) closeReason(signals signal) (reason Reason, code CloseCode, text string) {
	switch {
	case signals&signalOverflow != 0:
		return Reason{Kind: ReasonError, Err: ErrMailboxFull}, frame.TryAgainLater, ""
	case signals&signalDrain != 0:
		return Reason{Kind: ReasonShutdown}, frame.GoingAway, ""
	case signals&signalClose != 0:
		code, text = c.wantedClose()
		return Reason{Kind: ReasonStop}, code, text
	}
	return Reason{}, 0, ""
}

// infosPerBatch is the most infos handled before the socket has its turn.
const infosPerBatch = 64

// handleInfos handles infos in the order of sending. It leaves the signal if
// there may be more than limit.
func (c *Conn) handleInfos(limit int) {
	defer c.recoverCrash()
	for i := range limit {
		if c.stage != open {
			return
		}
		info, ok := c.infos.Take()
		switch {
		case !ok:
			return
		case i == 1:
			c.tick = batchClock.next()
		case i > 1:
			c.flushEarly()
		}
		c.execute(c.handler.HandleInfo(c, info))
	}
	c.signals.Or(uint32(signalInfo))
}

// fail ends the connection after a failed read.
func (c *Conn) fail(err error) {
	switch {
	case c.stage != open:
		c.end(Reason{})
	case signal(c.signals.Load())&signalCut != 0:
		c.end(Reason{Kind: ReasonShutdown})
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), isReset(err):
		c.end(Reason{Kind: ReasonError, Err: ErrClosed})
	default:
		c.end(Reason{Kind: ReasonError, Err: err})
	}
}

// failWrite ends the connection after a failed write. Nothing is written from
// now on: the client may have got a part of a frame.
func (c *Conn) failWrite(err error) {
	c.transport.abort()
	switch reason, code, _ := c.closeReason(signal(c.signals.Load())); {
	case errors.Is(err, errCloseTimeout) && code != 0:
		c.end(reason)
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.fail(errWriteTimeout)
	default:
		c.fail(err)
	}
}
