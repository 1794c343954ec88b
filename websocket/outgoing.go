package websocket

import (
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
)

// outgoing is the lock that keeps frames whole (who writes to the transport
// holds mu, or is the loop and has set writing), and what other goroutines
// want to be written.
type outgoing struct {
	mu      sync.Mutex
	pending *pending // nil: nothing
	writing bool     // the loop is writing
	closed  bool     // no frame is accepted any more
}

type pending struct {
	partial []byte      // the rest of a frame, to be written before all else
	queue   []*Prepared // to be written by the loop
	size    int         // bytes in both
}

// Send sends a prepared frame: at once where the loop is idle and the peer
// reads, else by the loop, in the order of sending. It never blocks and is
// safe for concurrent use. It returns [ErrMailboxFull] where others wait for
// the peer already and it would be more than Options.MaxPending bytes with p
// (unless the policy is DropOldest, which makes room), and [ErrClosed] once
// nothing can be sent any more.
func (c *Conn) Send(p *Prepared) error {
	done, err := c.send(p)
	switch {
	case done || err == ErrClosed:
		return err
	case err == nil:
		c.signal(signalOutput)
		return nil
	case len(p.parts) > 0:
		return c.sendParts(p.parts)
	}
	c.infos.Lose(uint32(len(p.frames)))
	if c.settings.Value().policy == CloseWhenFull {
		c.signal(signalOverflow)
	}
	return err
}

// sendParts sends what of a batch there is room for, and returns
// ErrMailboxFull where that is not all of it.
func (c *Conn) sendParts(parts []*Prepared) (err error) {
	for _, p := range parts {
		if failed := c.Send(p); failed != nil {
			err = failed
		}
	}
	return err
}

// send reports whether p was written; what was not is queued, if there is
// room.
func (c *Conn) send(p *Prepared) (written bool, err error) {
	o := &c.outgoing
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return false, ErrClosed
	}
	if !c.direct() {
		return false, c.enqueue(p)
	}
	encoded := p.encoded(c.form()).encoded
	n, ok := c.transport.tryWrite(encoded)
	switch {
	case !ok:
		return false, c.enqueue(p)
	case n < len(encoded):
		rest := encoded[n:] // which never changes
		o.pending = &pending{partial: rest, size: len(rest)}
		return false, nil
	}
	return true, nil
}

// direct reports whether the caller, who holds the lock, may write by itself:
// the loop is idle, nothing waits before it, and no context is taken over
// from message to message, which only the loop can do.
func (c *Conn) direct() bool {
	o := &c.outgoing
	return !o.writing && o.pending == nil && c.state.Load() != running && (c.codec == nil || !c.codec.takes)
}

// form is what frames of other goroutines are encoded in; the caller holds
// the lock.
func (c *Conn) form() deflate.Form {
	if c.codec == nil {
		return deflate.Form{}
	}
	return c.codec.form
}

// enqueue leaves p to the loop, if there is room; the caller holds the lock.
func (c *Conn) enqueue(p *Prepared) error {
	settings := c.settings.Value()
	if c.outgoing.pending == nil {
		c.outgoing.pending = new(pending)
	}
	waiting := c.outgoing.pending
	if settings.maxPending > 0 {
		if settings.policy == DropOldest {
			c.infos.Lose(waiting.makeRoom(p.size, settings.maxPending))
		}
		if waiting.size > 0 && waiting.size+p.size > settings.maxPending {
			return ErrMailboxFull
		}
	}
	waiting.queue = append(waiting.queue, p)
	waiting.size += p.size
	return nil
}

// makeRoom drops the oldest frames until there is room for size more bytes,
// and returns how many. What is written in part stays, and so does all where
// that leaves no room.
func (p *pending) makeRoom(size, limit int) (dropped uint32) {
	if len(p.partial) > 0 && len(p.partial)+size > limit {
		return 0
	}
	for len(p.queue) > 0 && p.size+size > limit {
		p.size -= p.queue[0].size
		dropped += uint32(len(p.queue[0].frames))
		p.queue[0] = nil
		p.queue = p.queue[1:]
	}
	return dropped
}

// collect moves what others want to be written to the batch's output.
func (c *Conn) collect() {
	c.signals.And(^uint32(signalOutput))
	for _, p := range c.outgoing.takeQueue(false) {
		c.prepared(p)
	}
}

// seal collects for the last time: from now on nobody but the loop writes.
func (c *Conn) seal() {
	for _, p := range c.outgoing.takeQueue(true) {
		c.prepared(p)
	}
}

func (o *outgoing) takeQueue(last bool) []*Prepared {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = o.closed || last
	p := o.pending
	if p == nil {
		return nil
	}
	queue := p.queue
	if o.pending = nil; p.partial != nil {
		o.pending = &pending{partial: p.partial, size: len(p.partial)}
	}
	return queue
}

// prepared appends prepared frames to the batch's output. They refer to
// nothing that was sent before, since they are shared; where a context is
// taken over, what comes later can refer to them.
func (c *Conn) prepared(p *Prepared) {
	if !c.deflate {
		c.output().bytes(p.encoded(deflate.Form{}).encoded)
		return
	}
	shared := p.encoded(c.codec.compressor.Form())
	c.output().bytes(shared.encoded)
	if !c.codec.takesOver() {
		return
	}
	for i, squeezed := range shared.squeezed {
		if squeezed {
			c.codec.compressor.Sent(p.frames[i].Payload)
		}
	}
}

// setDeflate says whether messages are compressed from now on.
func (c *Conn) setDeflate(on bool) {
	if c.codec == nil {
		return
	}
	c.deflate = on
	c.outgoing.mu.Lock()
	defer c.outgoing.mu.Unlock()
	c.codec.form, c.codec.takes = deflate.Form{}, false
	if on {
		c.codec.form, c.codec.takes = c.codec.compressor.Form(), c.codec.takesOver()
	}
}

// write writes pieces, after what another goroutine left unfinished. Only
// the loop calls it.
func (c *Conn) write(pieces [][]byte) error {
	o := &c.outgoing
	o.mu.Lock()
	if p := o.pending; p != nil && p.partial != nil {
		pieces = append([][]byte{p.partial}, pieces...)
		p.size -= len(p.partial)
		if p.partial = nil; p.queue == nil {
			o.pending = nil
		}
	}
	rest, err := c.transport.tryWriteAll(pieces)
	if err != nil || len(rest) == 0 {
		o.mu.Unlock()
		return err
	}
	o.writing = true
	o.mu.Unlock()
	err = c.transport.writeAll(rest, c.settings.Value().writeTimeout)
	o.mu.Lock()
	o.writing = false
	o.mu.Unlock()
	return err
}
