package websocket

// This file is the contract of a connection's loop. docs/how_a_connection_works.md
// tells it at length, with examples.
//
// # Life
//
// A connection is in one stage. Only advance changes it, only forward, and
// only the loop calls advance:
//
//	                  Init                    close frame sent
//	101 ─▶ starting ───────▶ open ─────────────────────────────▶ closing
//	                          │                                     │ close frame received,
//	                          │ read or write failed,               │ or the client broke the protocol
//	                          │ cut                                 ▼
//	                          │                                 lingering
//	                          ▼                                     │ end of TCP, or CloseTimeout
//	                        closed ◀────────────────────────────────┘
//	                          │ the loop returns
//	                          ▼
//	                      terminated: OnEnd's functions run, then Terminate
//
// # The loop
//
// The loop is one goroutine at a time, or none. activity tells what it does:
//
//	          ┌────────────── input or signal ─────────────┐
//	          ▼                                            │
//	       running ── nothing to do ──▶ waiting ── hibernates ──▶ parked
//	          │  ▲                                         (no goroutine)
//	          ▼  │ written, or an urgent signal
//	       writing
//
// Other goroutines tell the loop what to do by signals:
//
//  1. A goroutine sets its signal before it looks at activity. The loop sets
//     activity before it looks at its signals. So one of them sees the other.
//  2. The goroutine that wins the change from waiting, writing or parked to
//     running must wake the loop: interrupt, interruptWrite or unpark. Nobody
//     else may. It may be late, so the loop must stand an interruption for
//     nothing.
//  3. Only urgent signals end writing. The others wait until the client has
//     taken the output.
//
// # Ownership
//
// The fields of Conn stand grouped by owner. The loop owns its group: no lock,
// no other goroutine. assertLoop checks that in tests and with the race
// detector.
//
// # Writing
//
// Only two may write to the transport: the loop, and a goroutine that holds the
// outbox's lock while the loop is waiting or parked and nothing is queued. So
// frames stay whole and in order. After a failed write nothing is written: the
// stage is closed then, and the transport aborted.

// stage is how far a connection's life is (RFC 6455, section 7).
type stage uint8

const (
	starting   stage = iota // Init hasn't run yet
	open                    // frames go both ways
	closing                 // a close frame was sent; the client's is awaited
	lingering               // the client's end of TCP is awaited
	closed                  // nothing is read or written any more
	terminated              // Terminate has run, or is about to
)

// advance moves the connection to a later stage. It does nothing if the
// connection is there already, or further.
func (c *Conn) advance(next stage) {
	c.assertLoop()
	if next <= c.stage {
		return
	}
	c.mu.Lock()
	c.stage = next
	c.mu.Unlock()
	switch next {
	case open:
		c.timing.received.Store(c.recordActivity())
		timeouts.schedule(c)
	case closing:
		c.active = true // to read the client's close frame
		c.infos.Close()
		c.boundClosing()
		c.seal()
	case lingering:
		c.boundClosing()
	case closed:
		c.infos.Close()
		c.discard()
	case terminated:
		timeouts.forget(c)
	}
}

// isTerminated is for other goroutines; the caller holds mu.
func (c *Conn) isTerminated() bool { return c.stage == terminated }

// What the loop does: the values of Conn.activity.
const (
	running uint32 = iota
	waiting        // for bytes; any signal ends it
	writing        // for the client to take bytes; an urgent signal ends it
	parked         // without a goroutine; a signal or the socket starts one
)

// signal is a bit of Conn.signals: something for the loop to look at.
type signal uint32

const (
	signalInfo     signal = 1 << iota // the mailbox has an info
	signalOutput                      // the outbox has frames
	signalTick                        // a timeout may have passed
	signalDrain                       // the listener is stopping
	signalCut                         // end the connection at once
	signalClose                       // Close or CloseWith was called
	signalOverflow                    // the mailbox was full, and its policy is to close

	// urgent signals are heard even while the loop writes.
	urgent = signalDrain | signalCut | signalClose | signalOverflow
)

// signal tells the loop to look at something. It never blocks and is safe for
// concurrent use.
func (c *Conn) signal(s signal) {
	c.signals.Or(uint32(s))
	switch {
	case c.activity.CompareAndSwap(waiting, running):
		c.transport.interrupt()
	case c.activity.CompareAndSwap(parked, running):
		c.transport.unpark(c)
	case s&urgent != 0 && c.activity.CompareAndSwap(writing, running):
		c.transport.interruptWrite()
	}
}

// prepareWait reports whether the loop may wait for bytes: no signal has come.
// From then on a signal interrupts it.
func (c *Conn) prepareWait() bool {
	c.activity.Store(waiting)
	return c.signals.Load() == 0 || !c.activity.CompareAndSwap(waiting, running)
}

// prepareWrite reports whether the loop may wait for the client to take bytes:
// no urgent signal has come but those in known.
func (c *Conn) prepareWrite(known signal) bool {
	c.activity.Store(writing)
	news := signal(c.signals.Load()) & urgent &^ known
	return news == 0 || !c.activity.CompareAndSwap(writing, running)
}

// resume ends waiting or writing, whether or not a signal has.
func (c *Conn) resume() { c.activity.Store(running) }
