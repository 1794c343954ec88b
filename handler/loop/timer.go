package loop

import "time"

// Timer is a pending [Loop.NotifyAfter].
type Timer struct {
	loop  *Loop
	timer *time.Timer
}

// NotifyAfter sends an info to the loop after d: Erlang's erlang:send_after.
// It is sent even if the mailbox is full. It is safe for concurrent use. A timer whose loop ends is stopped.
func (l *Loop) NotifyAfter(d time.Duration, info any) *Timer {
	t := &Timer{loop: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return t
	}
	if l.timers == nil {
		l.timers = make(map[*Timer]struct{})
	}
	l.timers[t] = struct{}{}
	t.timer = time.AfterFunc(d, func() {
		if t.forget() && l.infos.PutTimed(info) {
			l.wakeUp()
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
	t.loop.mu.Lock()
	defer t.loop.mu.Unlock()
	_, pending := t.loop.timers[t]
	delete(t.loop.timers, t)
	return pending
}

// stopTimers ends all timers, and lets no other begin.
func (l *Loop) stopTimers() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	for t := range l.timers {
		t.timer.Stop()
	}
	l.timers = nil
}
