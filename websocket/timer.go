package websocket

import "time"

// Timer is a pending [Conn.NotifyAfter].
type Timer struct {
	conn  *Conn
	timer stopper
}

// NotifyAfter sends an info to the connection after d, even if the mailbox is
// full: Erlang's erlang:start_timer. The timer ends with its connection.
// NotifyAfter is safe for concurrent use.
func (c *Conn) NotifyAfter(d time.Duration, info any) *Timer {
	t := &Timer{conn: c}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isTerminated() {
		return t
	}
	x := c.attachmentsLocked()
	if x.timers == nil {
		x.timers = make(map[*Timer]struct{})
	}
	x.timers[t] = struct{}{}
	t.timer = c.settings.Value().clock.afterFunc(d, func() {
		if t.forget() && c.infos.PutTimed(info) {
			c.signal(signalInfo)
		}
	})
	return t
}

// Stop cancels the timer, and reports whether it did: false if the info was
// sent or the timer was stopped before. It is safe for concurrent use.
func (t *Timer) Stop() bool {
	if !t.forget() {
		return false
	}
	t.timer.Stop()
	return true
}

// forget reports whether the timer was pending until now.
func (t *Timer) forget() bool {
	c := t.conn
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attachments == nil {
		return false
	}
	_, pending := c.attachments.timers[t]
	delete(c.attachments.timers, t)
	return pending
}
