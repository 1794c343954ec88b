package websocket

import "github.com/cowhand/cowhand/websocket/frame"

// recordActivity notes that there is something to do, which postpones
// hibernation.
func (c *Conn) recordActivity() (present int64) {
	present = c.now()
	c.timing.active.Store(present)
	if c.timing.rest.Load() == hibernated {
		c.wakeUp()
	}
	return present
}

// recordReceipt notes that bytes were received.
func (c *Conn) recordReceipt() { c.timing.received.Store(c.recordActivity()) }

// wakeUp cancels a hibernation, or ends one.
func (c *Conn) wakeUp() {
	c.timing.rest.Store(awake)
	timeouts.schedule(c)
}

// checkTimeouts looks at the timeouts when the wheel found one to be due.
func (c *Conn) checkTimeouts() {
	if c.stage > open {
		if c.now() >= c.timing.closeBy.Load() {
			c.end(Reason{})
		}
	} else {
		c.checkIdle()
		c.checkRest()
		c.checkPing()
	}
	if c.stage < closed {
		timeouts.schedule(c)
	}
}

// checkIdle closes a connection that was silent for IdleTimeout. If a
// callback, or the whole process, stood still for that long, the client's
// bytes may still wait to be read. So it looks at the socket first, and lets
// the loop read if there is something.
func (c *Conn) checkIdle() {
	switch {
	case !c.isSilent():
	case c.active && c.transport.pending(c):
		c.signals.Or(uint32(signalTick)) // look again after the read
	case c.isSilent(): // pending may have read
		c.stop(Reason{Kind: ReasonTimeout}, frame.NormalClosure, "")
	}
}

// isSilent reports whether the open connection received nothing for
// IdleTimeout.
func (c *Conn) isSilent() bool {
	idle := c.timing.idle.Load()
	return c.stage == open && idle > 0 && c.now()-c.timing.received.Load() >= idle
}

// checkRest lets the connection hibernate after HibernateAfter, and again if
// only a timeout woke it.
func (c *Conn) checkRest() {
	hibernateAfter := c.settings.Value().hibernateAfter
	after := c.timing.restAfter(hibernateAfter)
	if c.timing.rest.Load() == hibernated {
		after = hibernateAfter
	}
	if after > 0 && c.stage == open && c.now()-c.timing.active.Load() >= int64(after) {
		c.timing.rest.Store(drowsy)
	}
}

// checkPing sends the server's ping after PingInterval.
func (c *Conn) checkPing() {
	ping := c.timing.ping.Load()
	present := c.now()
	if ping > 0 && c.stage == open && present-max(c.timing.received.Load(), c.timing.pinged.Load()) >= ping {
		c.timing.pinged.Store(present)
		c.output().frame(frame.Ping, 0, nil)
	}
}

// hibernatesSoon reports whether a silent connection hibernates within seconds.
// Parking then finds the end of a stream that a read has missed.
func (c *Conn) hibernatesSoon() bool {
	after := c.settings.Value().hibernateAfter
	return after > 0 && after <= 2*DefaultHibernateAfter
}
