package modeltest

import (
	"fmt"
	"slices"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// settle waits until all that was sent so far has arrived, unless the
// connection is ending.
func (r *run) settle() *violation {
	var what string
	resumed := 0
	arrived := eventually(patience, func() bool {
		m, v, err := r.look()
		if err != nil || v.fault != nil || r.ending(m, v) {
			return true // judge looks at it again
		}
		if what = r.missing(m, v); what == "inactive" && r.resumed(resumed) {
			if r.notify(plan{Commands: []command{{Kind: "active on"}}}) == nil {
				resumed = r.lastPost()
			}
		}
		return what == ""
	})
	if !arrived {
		return broken("something was lost", "%s", what)
	}
	return nil
}

// look has the machine follow what happened so far.
func (r *run) look() (*machine, view, error) {
	log := r.subject.entries()
	v := r.peer.view() // after the log, so that each message handled is in it
	m := newMachine(v.sent, r.script.Setup.Policy)
	return m, v, m.follow(log)
}

// ending reports whether the connection ends, or has.
func (r *run) ending(m *machine, v view) bool {
	_, closed := v.closed()
	return closed || m.ending != nil || m.ended != nil || v.ended != nil || r.armed()
}

// resumed reports whether the info of that number was handled; 0 is none.
func (r *run) resumed(number int) bool {
	for _, e := range r.subject.entries() {
		if e.note != nil && e.note.number == number {
			return true
		}
	}
	return number == 0 || r.script.Setup.Policy == websocket.DropOldest
}

func (r *run) lastPost() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.posts[len(r.posts)-1].number
}

// missing names something that has yet to come, or is "".
func (r *run) missing(m *machine, v view) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	lossy, dropped := r.script.Setup.Policy == websocket.DropOldest, int64(0)
	if lossy {
		dropped = r.conn.Dropped()
	}
	switch {
	case !arrivedAll(m.notes["notify"], r.posts, dropped):
		return fmt.Sprintf("infos: %v of %v", m.notes["notify"], r.posts)
	case !lossy && len(m.own) > 0:
		return fmt.Sprintf("own infos: %v", m.own)
	case !lossy && len(m.notes["timer"]) < len(r.timers):
		return fmt.Sprintf("timers: %v of %d", m.notes["timer"], len(r.timers))
	case !m.active:
		return "inactive"
	case m.handled < len(m.sent):
		return fmt.Sprintf("messages: %d of %d were handled", m.handled, len(m.sent))
	case !arrivedAll(v.numbers(fromSend), r.sends, dropped):
		return fmt.Sprintf("sends: %v of %v", v.numbers(fromSend), r.sends)
	case len(v.replies()) < len(m.replies):
		return fmt.Sprintf("replies: %v of %v", v.replies(), m.replies)
	case !lossy && len(v.ordered()) < len(m.ordered):
		return fmt.Sprintf("replies and own sends: %v of %v", v.ordered(), m.ordered)
	case !r.publishedArrived(m, v, lossy):
		return fmt.Sprintf("published frames: %v of %v", v.numbers(fromGroup), r.group)
	}
	return ""
}

// arrivedAll reports whether all that was accepted has arrived, but as many as
// were dropped. Which those are depends on all that the mailbox held: the
// handler's own infos and the timers displace others, too.
func arrivedAll(arrived []int, sent []outcome, dropped int64) bool {
	missing := int64(0)
	for _, o := range sent {
		if o.err == nil && !slices.Contains(arrived, o.number) {
			missing++
		}
	}
	return missing <= dropped
}

// publishedArrived is the same for published frames, of which the connection
// may have refused some.
func (r *run) publishedArrived(m *machine, v view, lossy bool) bool {
	missing := len(r.group) - len(v.numbers(fromGroup))
	return lossy || int64(missing) <= r.conn.Dropped()-r.refused(m)
}

// refused is how many infos and frames are known to have been refused; the
// caller holds mu.
func (r *run) refused(m *machine) (n int64) {
	for _, list := range [][]outcome{r.posts, r.sends} {
		for _, o := range list {
			if o.err == websocket.ErrMailboxFull {
				n++
			}
		}
	}
	return n + int64(m.refused)
}

// numbers are those of the frames of a source that the client got.
func (v *view) numbers(source byte) (numbers []int) {
	for _, f := range v.frames {
		if f.labelled && f.label.source == source {
			numbers = append(numbers, f.label.number)
		}
	}
	return numbers
}

// replies are the frames of commands, and the pongs that answer pings.
func (v *view) replies() (frames []received) {
	for _, f := range v.frames {
		if f.labelled && (f.label.source == fromReply || f.label.source == fromClient) {
			frames = append(frames, f)
		}
	}
	return frames
}

// ordered are the frames of commands and the handler's own sends.
func (v *view) ordered() (labels []label) {
	for _, f := range v.frames {
		if f.labelled && (f.label.source == fromReply || f.label.source == fromOwnSend) {
			labels = append(labels, f.label)
		}
	}
	return labels
}

// finish brings the connection to its end, if it is not there yet.
func (r *run) finish() *violation {
	if !r.armed() {
		if broken := r.settle(); broken != nil {
			return broken
		}
	}
	for end := time.Now().Add(patience); !r.over(); {
		if time.Now().After(end) {
			_, v, _ := r.look()
			return broken("the connection does not end", "causes %v, the client got %v, %v", r.causes, v.frames, v.ended)
		}
		if !r.armed() {
			r.end(r.script.End)
		}
		if !r.active() {
			_ = r.notify(plan{Commands: []command{{Kind: "active on"}}})
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

// active reports whether the connection reads, so that it finds out what the
// client did.
func (r *run) active() bool {
	m, _, _ := r.look()
	return m.active
}

// over reports whether Terminate was called and the client has read to the
// end.
func (r *run) over() bool {
	r.mu.Lock()
	vanished := r.vanished
	r.mu.Unlock()
	return r.subject.terminated() && (vanished || r.peer.view().ended != nil)
}
