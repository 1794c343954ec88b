package websocket

import (
	"sync"

	"github.com/cowhand/cowhand/websocket/deflate"
)

// outgoing is what other goroutines want to be written, and the lock that
// keeps frames whole: who writes to the transport holds mu or is the one
// that set writing.
type outgoing struct {
	mu      sync.Mutex
	writing bool        // the loop is writing
	partial []byte      // the rest of a frame, to be written before all else
	queue   []*Prepared // to be written by the loop
	size    int         // bytes in partial and queue
	limit   int         // of size; 0: none
	closed  bool        // no frame is accepted any more
	form    deflate.Form
	takes   bool // a context is taken over from message to message
}

// Send sends a prepared frame: at once where the loop is idle and the peer
// reads, else by the loop, in the order of sending. It never blocks and is
// safe for concurrent use. It returns [ErrMailboxFull] where more than
// Options.MaxPending bytes wait for the peer, and [ErrClosed] once nothing
// can be sent any more.
func (c *Conn) Send(p *Prepared) error {
	o := &c.outgoing
	o.mu.Lock()
	if o.closed {
		o.mu.Unlock()
		return ErrClosed
	}
	if c.direct() {
		encoded := p.encoded(o.form)
		n, ok := c.transport.tryWrite(encoded)
		if ok && n == len(encoded) {
			o.mu.Unlock()
			return nil
		}
		if ok {
			o.partial = append(o.partial, encoded[n:]...)
			o.size += len(o.partial)
			o.mu.Unlock()
			c.signal(signalOutput)
			return nil
		}
	}
	err := o.enqueue(p)
	o.mu.Unlock()
	if err == nil {
		c.signal(signalOutput)
		return nil
	}
	c.dropped.Add(1)
	if c.policy == CloseWhenFull {
		c.signal(signalOverflow)
	}
	return err
}

// direct reports whether the caller, who holds the lock, may write by itself:
// the loop is idle, nothing waits before it, and no context is taken over
// from message to message, which only the loop can do.
func (c *Conn) direct() bool {
	o := &c.outgoing
	return !o.writing && o.partial == nil && len(o.queue) == 0 &&
		c.state.Load() != running && !o.takes
}

func (o *outgoing) enqueue(p *Prepared) error {
	if o.limit > 0 && o.size+p.size > o.limit {
		return ErrMailboxFull
	}
	o.queue = append(o.queue, p)
	o.size += p.size
	return nil
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
	queue := o.queue
	o.queue, o.size = nil, len(o.partial)
	o.closed = o.closed || last
	return queue
}

// prepared appends prepared frames to the batch's output. Where a context is
// taken over they are compressed for this connection alone, so that they can
// refer to what it was sent before, and what comes later can refer to them.
func (c *Conn) prepared(p *Prepared) {
	switch {
	case !c.deflate:
		c.output().bytes(p.encoded(deflate.Form{}))
	case !c.codec.takesOver():
		c.output().bytes(p.encoded(c.codec.form()))
	default:
		for i := range p.frames {
			c.append(&p.frames[i])
		}
	}
}

// setDeflate says whether messages are compressed from now on.
func (c *Conn) setDeflate(on bool) {
	c.deflate = on && c.codec != nil
	o := &c.outgoing
	o.mu.Lock()
	defer o.mu.Unlock()
	o.form, o.takes = deflate.Form{}, c.deflate && c.codec.takesOver()
	if c.deflate {
		o.form = c.codec.form()
	}
}

// write writes pieces, after what another goroutine left unfinished. Only
// the loop calls it.
func (c *Conn) write(pieces [][]byte) error {
	o := &c.outgoing
	o.mu.Lock()
	if o.partial != nil {
		pieces = append([][]byte{o.partial}, pieces...)
		o.size -= len(o.partial)
		o.partial = nil
	}
	rest, err := c.transport.tryWriteAll(pieces)
	if err != nil || len(rest) == 0 {
		o.mu.Unlock()
		return err
	}
	o.writing = true
	o.mu.Unlock()
	err = c.transport.writeAll(rest, c.writeTimeout)
	o.mu.Lock()
	o.writing = false
	o.mu.Unlock()
	return err
}
