package websocket

import (
	"context"
	"slices"
	"sync/atomic"
)

// attachments are what few connections have, or only for a while.
type attachments struct {
	early  []byte              // sent by the client together with its request
	timers map[*Timer]struct{} // pending
	onEnd  []func()
	extras *extras // nil: none
}

// extras are what a connection has once somebody asks for it.
type extras struct {
	id      uint64 // 0: none yet
	context context.Context
	cancel  context.CancelCauseFunc
	closing *Frame // of CloseWith
}

func (c *Conn) attachmentsLocked() *attachments {
	if c.attachments == nil {
		c.attachments = new(attachments)
	}
	return c.attachments
}

func (c *Conn) extrasLocked() *extras {
	x := c.attachmentsLocked()
	if x.extras == nil {
		x.extras = new(extras)
	}
	return x.extras
}

// OnEnd registers a function that is called once, when the connection has
// ended, just before Terminate. If it has ended already, f is called at once.
// OnEnd is safe for concurrent use.
func (c *Conn) OnEnd(f func()) {
	if !c.addOnEnd(f) {
		f()
	}
}

func (c *Conn) addOnEnd(f func()) (added bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.isTerminated() {
		return false
	}
	x := c.attachmentsLocked()
	x.onEnd = append(x.onEnd, f)
	return true
}

// Context returns a context that ends with the connection: before the functions
// of OnEnd and Terminate run, or at once if a listener that stops has waited
// for long enough. Its cause is [ErrClosed]. The first call makes it; a
// connection without it costs nothing. Context is safe for concurrent use.
//
// Nothing is read while a callback runs. So a callback that waits for the
// context doesn't hear that its client has left: run slow work in a goroutine.
func (c *Conn) Context() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.extrasLocked()
	if x.context == nil {
		x.context, x.cancel = context.WithCancelCause(context.Background())
		if c.isTerminated() || c.signals.Load()&uint32(signalCut) != 0 {
			x.cancel(ErrClosed)
		}
	}
	return x.context
}

// cancelLocked returns what ends the context, or nil.
func (c *Conn) cancelLocked() context.CancelCauseFunc {
	if c.attachments == nil || c.attachments.extras == nil {
		return nil
	}
	return c.attachments.extras.cancel
}

var lastID atomic.Uint64

// ID returns a number that no other connection of this process has, for logs
// and for maps of connections. It is easily guessed: it proves nothing about a
// client. ID is safe for concurrent use. Cowboy: self().
func (c *Conn) ID() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.extrasLocked()
	if x.id == 0 {
		x.id = lastID.Add(1)
	}
	return x.id
}

// takeAttachments ends the context, stops all timers, and returns the functions
// of OnEnd. The ID and the context stay.
func (c *Conn) takeAttachments() (onEnd []func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := c.attachments
	if x == nil {
		return nil
	}
	for t := range x.timers {
		t.timer.Stop()
	}
	onEnd = x.onEnd
	if cancel := c.cancelLocked(); cancel != nil {
		onEnd = slices.Insert(onEnd, 0, func() { cancel(ErrClosed) })
	}
	x.early, x.timers, x.onEnd = nil, nil, nil
	return onEnd
}
