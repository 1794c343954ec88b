package loop

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/mailbox"
)

// Loop is one request that waits for infos. All methods are safe for
// concurrent use and never block.
type Loop struct {
	handler Handler
	req     *handler.Request
	env     *handler.Env

	// The request's goroutine's own.
	timeout time.Duration // for which Timeout is delivered, or Infinity
	timer   *time.Timer   // of timeout; nil before the first

	// What other goroutines share with it.
	infos   mailbox.Mailbox
	wake    chan struct{} // of size 1: infos or signals has something new
	signals atomic.Uint32
	cancel  context.CancelCauseFunc
	mu      sync.Mutex // of what follows
	ended   bool
	timers  map[*Timer]struct{}
}

// signal is a bit of Loop.signals.
type signal uint32

const (
	signalShutdown signal = 1 << iota // the listener is being stopped
	signalOverflow                    // the mailbox was full, and its policy is to end the loop
)

// Notify sends an info to the loop, for Info: Erlang's Pid ! Msg. It returns
// [ErrMailboxFull] where Options.MailboxSize infos wait already (unless the
// policy is DropOldest), and [ErrClosed] once the loop has ended.
func (l *Loop) Notify(info any) error {
	switch l.infos.Put(info) {
	case mailbox.Full:
		return ErrMailboxFull
	case mailbox.Overflowed:
		l.signal(signalOverflow)
		return ErrMailboxFull
	case mailbox.Closed:
		return ErrClosed
	}
	l.wakeUp()
	return nil
}

// Dropped returns how many infos were refused or dropped because the mailbox
// was full.
func (l *Loop) Dropped() int64 { return l.infos.Lost() }

// Drain ends the loop after the callback that is running, for a listener that
// stops. See [handler.Session].
func (l *Loop) Drain() { l.signal(signalShutdown) }

// Cut ends the loop and the request's context at once. A callback that
// ignores the context goes on. See [handler.Session].
func (l *Loop) Cut() {
	l.signal(signalShutdown)
	l.cancel(context.Canceled)
}

func (l *Loop) signal(s signal) {
	l.signals.Or(uint32(s))
	l.wakeUp()
}

// wakeUp makes the loop look at its signals and infos.
func (l *Loop) wakeUp() {
	select {
	case l.wake <- struct{}{}:
	default: // it is about to look
	}
}
