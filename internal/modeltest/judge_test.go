package modeltest

import (
	"errors"
	"slices"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// judge compares what happened with the reference, once the connection has
// ended.
func (r *run) judge() *violation {
	m, v, err := r.look()
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.subject.overlap:
		return broken("callbacks ran at the same time", "%v", r.subject.entries())
	case v.fault != nil:
		return broken("the stream is torn", "%v, after %v", v.fault, tail(v.frames))
	case err != nil:
		return broken("a call is wrong", "%v", err)
	case m.ended == nil:
		return broken("Terminate was not called", "")
	case r.subject.onEnds != 1 || len(r.subject.groups.Members(room)) > 0:
		return broken("OnEnd was not called once", "%d, members %v", r.subject.onEnds, r.subject.groups.Members(room))
	}
	for _, check := range []func(*machine, *view) *violation{
		r.judgeReplies, r.judgeOrder, r.judgeSends, r.judgeDropped, r.judgeEnd, r.judgeTimeout,
	} {
		if broken := check(m, &v); broken != nil {
			return broken
		}
	}
	return nil
}

func tail[E any](list []E) []E { return list[max(0, len(list)-5):] }

// judgeReplies: they come in order, and all of them if the close frame does.
func (r *run) judgeReplies(m *machine, v *view) *violation {
	got := v.replies()
	for i, f := range got {
		if i == len(m.replies) || m.replies[i].opcode != f.opcode || m.replies[i].label != f.label {
			return broken("replies out of order", "reply %d of %v; want %v", i, got, m.replies)
		}
		if m.replies[i].plain && f.compressed {
			return broken("a reply is compressed against the handler's will", "%v", f)
		}
	}
	if _, closed := v.closed(); closed && len(got) < len(m.replies) {
		return broken("replies are missing before the close frame", "%v; want %v", got, m.replies)
	}
	for _, f := range v.frames {
		if unsolicited := !f.labelled && f.opcode != opClose; unsolicited && (f.opcode != opPing || !r.script.Setup.Pings) {
			return broken("a frame that nobody sent", "%v", f)
		}
	}
	return nil
}

// judgeOrder: the handler's own sends and the frames that it returns come in
// the order in which it made them.
func (r *run) judgeOrder(m *machine, v *view) *violation {
	rest := m.ordered
	lossy := r.script.Setup.Policy == websocket.DropOldest
	for _, l := range v.ordered() {
		for lossy && len(rest) > 0 && rest[0] != l && rest[0].source == fromOwnSend {
			rest = rest[1:]
		}
		if len(rest) == 0 || rest[0] != l {
			return broken("own sends and replies out of order", "%v; want %v", v.ordered(), m.ordered)
		}
		rest = rest[1:]
	}
	if _, closed := v.closed(); closed && !lossy && len(rest) > 0 {
		return broken("own sends are missing before the close frame", "%v; want %v", v.ordered(), m.ordered)
	}
	return nil
}

// judgeSends: frames come in the order of sending, once, if they were
// accepted; those that were accepted come before the close frame.
func (r *run) judgeSends(_ *machine, v *view) *violation {
	var accepted []int
	for _, o := range r.sends {
		if o.err == nil {
			accepted = append(accepted, o.number)
		}
	}
	for source, name := range map[byte]string{fromSend: "sends", fromGroup: "published frames"} {
		got := v.numbers(source)
		if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) < len(got) {
			return broken(name+" out of order", "%v", got)
		}
	}
	got := v.numbers(fromSend)
	for _, number := range got {
		if !slices.Contains(accepted, number) {
			return broken("a refused frame was sent", "%d of %v", number, r.sends)
		}
	}
	if _, closed := v.closed(); closed && len(got) < len(accepted) && r.script.Setup.Policy != websocket.DropOldest {
		return broken("sends are missing before the close frame", "%v; want %v", got, accepted)
	}
	return nil
}

// judgeDropped: Dropped counts what was refused, what was dropped, and, if the
// connection broke, the frames that it hadn't sent.
func (r *run) judgeDropped(m *machine, v *view) *violation {
	dropped, refused := r.conn.Dropped(), r.refused(m)
	_, closed := v.closed()
	exact := closed && r.script.Setup.Policy != websocket.DropOldest && len(r.group) == 0 && len(m.notes["group"]) == 0
	if dropped < refused || exact && dropped > refused && !r.publishedInfos() {
		return broken("Dropped is wrong", "%d; %d were refused", dropped, refused)
	}
	if _, closed := v.closed(); closed && !exact {
		missing := len(m.ordered) - len(v.ordered())
		for _, o := range r.sends {
			if o.err == nil && !slices.Contains(v.numbers(fromSend), o.number) {
				missing++
			}
		}
		if int64(missing) > dropped-refused {
			return broken("frames were dropped silently", "%d are missing, %d dropped of which %d refused", missing, dropped, refused)
		}
	}
	return nil
}

func (r *run) publishedInfos() bool {
	return slices.ContainsFunc(r.script.Steps, func(s step) bool { return s.Kind == "publish info" })
}

// judgeEnd: the reason is one of the causes, and the close frame is that of
// the reason.
func (r *run) judgeEnd(m *machine, v *view) *violation {
	reason := m.ended.reason
	code, closed := v.closed()
	possible := r.possible(m, v)
	for _, c := range possible {
		if c.matches(&reason) && (!closed || code == c.code) {
			return r.judgeClose(m, v, &c)
		}
	}
	return broken("the end has another reason than its cause", "reason %v, close frame %v %d; possible %+v", reason, closed, code, possible)
}

// possible are the causes for which the connection may have ended.
func (r *run) possible(m *machine, v *view) []cause {
	var list []cause
	if m.ending != nil { // then nothing else can have ended it before
		list = append(list, *m.ending)
	} else {
		list = append(list, r.causes...)
		if r.script.Setup.Hasty {
			list = append(list, timedOut)
		}
		if r.script.Setup.Policy == websocket.CloseWhenFull && (m.refused > 0 || r.conn.Dropped() > 0) {
			list = append(list, overflow)
		}
	}
	if r.slow(m, v) || r.vanished {
		list = append(list, cause{name: "write timeout", kind: websocket.ReasonError, code: -1})
	}
	if r.gone {
		list = append(list, cause{name: "gone", kind: websocket.ReasonError, err: websocket.ErrClosed, code: -1})
	}
	if r.cut {
		list = append(list, cause{name: "cut", kind: websocket.ReasonShutdown, code: -1})
	}
	return list
}

func (c *cause) matches(reason *websocket.Reason) bool {
	switch {
	case reason.Kind != c.kind:
		return false
	case c.kind == websocket.ReasonRemote:
		return int(reason.Code) == c.code && string(reason.Payload) == c.payload
	case c.kind != websocket.ReasonError:
		return true
	case c.err != nil:
		return errors.Is(reason.Err, c.err)
	}
	for _, known := range []error{websocket.ErrBadFrame, websocket.ErrBadEncoding, websocket.ErrBadSize, websocket.ErrMailboxFull} {
		if errors.Is(reason.Err, known) {
			return false
		}
	}
	return reason.Err != nil
}

// slow reports whether a write may have reached its WriteTimeout: the client
// got nothing for a while shortly before the end, or the machine stalled. A
// server that is short of time notices when the client reads again. The client
// need not have paused: with small buffers the kernel itself may send nothing
// for 200 ms.
func (r *run) slow(m *machine, v *view) bool {
	if !r.script.Setup.Stalls {
		return false
	}
	end := m.ended.began
	return v.quiet(end.Add(-3*writeTimeout), end) >= writeTimeout/2 || r.paused(end, writeTimeout)
}

// late reports whether the close frame may have missed its CloseTimeout, which
// progress doesn't put off.
func (r *run) late(m *machine) bool {
	setup := &r.script.Setup
	return (setup.Silent || setup.OneSided) && (setup.Stalls || r.paused(m.ended.began, closeTimeout))
}

// paused reports whether the machine stalled so much, shortly before the end,
// that a timeout may have been over in the meantime. Many short stalls count
// too: a client that has a tenth of a core is slow to make room.
func (r *run) paused(end time.Time, timeout time.Duration) bool {
	total, _ := r.pulse.stalled(end.Add(-2*timeout), end)
	return total >= timeout/4
}

// judgeClose: nothing but a broken connection keeps the close frame back.
func (r *run) judgeClose(m *machine, v *view, c *cause) *violation {
	_, closed := v.closed()
	broke := r.gone || r.cut || r.slow(m, v) || r.late(m) || c.name == "command goexit"
	if c.code >= 0 && !closed && !broke {
		return broken("the close frame is missing", "%s: the client got %v, then %v", c.name, tail(v.frames), v.ended)
	}
	if v.cut && !broke {
		return broken("the last frame is cut", "%s: after %v", c.name, tail(v.frames))
	}
	if want := m.shutdown; m.ending != nil && c.name == m.ending.name && m.ended.reason.Shutdown != want {
		return broken("the shutdown reason is wrong", "%v; want %v", m.ended.reason.Shutdown, want)
	}
	return nil
}

// judgeTimeout: a connection is idle if nothing came for IdleTimeout, and not
// if its callback kept it from looking.
func (r *run) judgeTimeout(m *machine, _ *view) *violation {
	if m.ended.reason.Kind != websocket.ReasonTimeout {
		return nil
	}
	for _, heard := range m.sent[:m.handled] {
		if idle := m.ended.began.Sub(heard.begun); !heard.begun.IsZero() && idle < idleTimeout {
			return broken("a connection timed out too early", "%v after %.40q was sent", idle, heard.payload)
		}
	}
	if m.handled == len(m.sent) || !m.active {
		return nil
	}
	log := r.subject.entries()
	looked := log[len(log)-2].ended // then the connection could look again
	next := &m.sent[m.handled]
	if !next.written.IsZero() && next.written.Add(r.delay(next.written, looked)).Before(looked) && !r.blind(looked, m.ended.began) {
		return broken("a live connection timed out", "%.40q was sent %v before the last callback ended", next.payload, looked.Sub(next.written))
	}
	return nil
}

// delay is how long what was written may have been on its way.
func (r *run) delay(written, until time.Time) time.Duration {
	const arrival = 10 * time.Millisecond
	stalled, _ := r.pulse.stalled(written, until)
	return arrival + stalled
}

// blind reports whether the machine stalled for so long that a connection of
// which nothing is known but Read could not look: the last of its reads takes
// 400 ms, and looks only if it begins within that time.
func (r *run) blind(from, to time.Time) bool {
	_, longest := r.pulse.stalled(from, to)
	return r.transport == "opaque" && longest > 300*time.Millisecond
}
