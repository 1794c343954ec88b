package websocket

import (
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
)

// outbox has the frames of other goroutines. Its lock keeps frames whole: a
// goroutine other than the loop holds it while it writes to the transport. The
// loop holds it too, but not while it waits for the client: then its activity
// keeps the others from writing.
type outbox struct {
	mu      sync.Mutex
	waiting *backlog // nil: nothing waits
}

// backlog is what waits for the loop to write it.
type backlog struct {
	begun   []byte // frames that were written in part, and must come first
	written int    // bytes of begun
	queue   []*Prepared
	size    int // bytes in both
}

// Send sends a prepared frame: at once if the loop is idle and the client
// reads, else by the loop, in the order of sending. It never waits for the
// client and is safe for concurrent use. The first Send of p to a connection
// with a new form of compression compresses p.
//
// Send returns [ErrMailboxFull] if other frames wait for the client and p
// would bring them above Options.MaxPending bytes (unless the policy is
// DropOldest, which makes room), and [ErrClosed] once nothing can be sent.
func (c *Conn) Send(p *Prepared) error {
	written, err := c.send(p)
	switch {
	case written || err == ErrClosed:
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

// sendParts sends the parts of a batch for which there is room, and returns
// ErrMailboxFull if that isn't all.
func (c *Conn) sendParts(parts []*Prepared) (err error) {
	for _, p := range parts {
		if failed := c.Send(p); failed != nil {
			err = failed
		}
	}
	return err
}

// send reports whether p was written; otherwise it is queued. The encoding is
// made without a lock, so another goroutine may change the form meanwhile.
func (c *Conn) send(p *Prepared) (written bool, err error) {
	o := &c.outbox
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		if c.sealed {
			return false, ErrClosed
		}
		if !c.mayWrite() {
			return false, c.enqueue(p)
		}
		form := c.sharedForm()
		if encoded, ok := p.encoded(form); ok {
			return c.writeDirectly(p, encoded.bytes)
		}
		o.mu.Unlock()
		p.encode(form)
		o.mu.Lock()
	}
}

// sharedForm is the form in which other goroutines write; the caller holds the
// lock.
func (c *Conn) sharedForm() deflate.Form {
	if c.compression == nil {
		return noForm
	}
	return c.compression.shared
}

// mayWrite reports whether the caller, who holds the lock, may write to the
// transport: the loop is idle, nothing waits, and messages don't refer to
// earlier ones.
func (c *Conn) mayWrite() bool {
	if c.outbox.waiting != nil || c.compression != nil && c.compression.ordered {
		return false
	}
	activity := c.activity.Load()
	return activity == waiting || activity == parked
}

// writeDirectly writes p, or queues the rest of it; the caller holds the lock.
func (c *Conn) writeDirectly(p *Prepared, encoded []byte) (written bool, err error) {
	n, ok := c.transport.writeFrom(encoded)
	switch {
	case !ok:
		return false, c.enqueue(p)
	case n < len(encoded):
		c.outbox.waiting = &backlog{begun: encoded, written: n, size: len(encoded) - n}
		return false, nil
	}
	return true, nil
}

// enqueue leaves p to the loop if there is room; the caller holds the lock.
func (c *Conn) enqueue(p *Prepared) error {
	settings := c.settings.Value()
	if c.outbox.waiting == nil {
		c.outbox.waiting = new(backlog)
	}
	b := c.outbox.waiting
	if settings.maxPending > 0 {
		if settings.policy == DropOldest {
			c.infos.Lose(b.makeRoom(p.size, settings.maxPending))
		}
		if b.size > 0 && b.size+p.size > settings.maxPending {
			return ErrMailboxFull
		}
	}
	b.queue = append(b.queue, p)
	b.size += p.size
	return nil
}

// makeRoom drops the oldest frames until there is room for size more bytes,
// and returns how many. Frames written in part stay; if they leave no room
// nothing is dropped.
func (b *backlog) makeRoom(size, limit int) (dropped uint32) {
	if b.begun != nil && len(b.begun)-b.written+size > limit {
		return 0
	}
	for len(b.queue) > 0 && b.size+size > limit {
		b.size -= b.queue[0].size
		dropped += uint32(len(b.queue[0].frames))
		b.queue[0] = nil
		b.queue = b.queue[1:]
	}
	return dropped
}

// collect moves the queued frames to the batch.
func (c *Conn) collect() {
	c.signals.And(^uint32(signalOutput))
	c.collectLast(false)
}

// seal collects for the last time: from now on only the loop writes.
func (c *Conn) seal() { c.collectLast(true) }

func (c *Conn) collectLast(last bool) {
	c.outbox.mu.Lock()
	queue, begun := c.outbox.take()
	c.sealed = c.sealed || last
	c.outbox.mu.Unlock()
	c.unfinished = c.unfinished || begun
	for _, p := range queue {
		c.appendPrepared(p)
	}
}

// take returns the queue, and whether a frame was begun before it; the caller
// holds the lock.
func (o *outbox) take() (queue []*Prepared, begun bool) {
	b := o.waiting
	if b == nil {
		return nil, false
	}
	queue = b.queue
	if o.waiting = nil; b.begun != nil {
		o.waiting = &backlog{begun: b.begun, written: b.written, size: len(b.begun) - b.written}
	}
	return queue, b.begun != nil
}

// takeBegun returns the frames that were written in part; the caller holds the
// lock.
func (o *outbox) takeBegun() (begun []byte, written int) {
	b := o.waiting
	if b == nil || b.begun == nil {
		return nil, 0
	}
	begun, written = b.begun, b.written
	b.size -= len(begun) - written
	if b.begun, b.written = nil, 0; len(b.queue) == 0 {
		o.waiting = nil
	}
	return begun, written
}

// discard drops all that waits, and returns the number of frames; the caller
// holds the lock.
func (o *outbox) discard() (frames int) {
	if begun, written := o.takeBegun(); begun != nil {
		frames = countFrames([][]byte{begun}, written)
	}
	if o.waiting != nil {
		for _, p := range o.waiting.queue {
			frames += len(p.frames)
		}
		o.waiting = nil
	}
	return frames
}

// setCompress says whether messages are compressed from now on.
func (c *Conn) setCompress(on bool) {
	if c.compression == nil {
		return
	}
	c.compress = on
	c.outbox.mu.Lock()
	defer c.outbox.mu.Unlock()
	c.compression.shared, c.compression.ordered = noForm, false
	if on {
		c.compression.shared, c.compression.ordered = c.compression.compressor.Form(), c.compression.takesOver()
	}
}
