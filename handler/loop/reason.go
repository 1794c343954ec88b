package loop

import (
	"errors"
	"fmt"
)

// ReasonKind tells apart what can end a loop.
type ReasonKind byte

// The kinds of reasons, with Cowboy's terms for them.
const (
	// ReasonStop: a callback returned Stop (stop).
	ReasonStop ReasonKind = iota + 1
	// ReasonClosed: the client went away, or the request's context ended
	// otherwise. Err is the context's cause ({socket_error, closed, _} and
	// {stream_error, cancel, _} of Cowboy's streams).
	ReasonClosed
	// ReasonError: a callback returned an error, or the mailbox was full and
	// its policy is to end the loop. Err says which.
	ReasonError
	// ReasonCrash: a callback panicked ({crash, Class, Reason}). Err is a
	// [*handler.PanicError].
	ReasonCrash
	// ReasonShutdown: the listener was stopped (shutdown).
	ReasonShutdown
)

// String returns the kind's name.
func (k ReasonKind) String() string {
	names := [...]string{"none", "stop", "closed", "error", "crash", "shutdown"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("reason %d", byte(k))
}

// Reason is why a loop ended.
type Reason struct {
	Kind ReasonKind

	// Err is the cause where Kind is ReasonClosed, ReasonError or
	// ReasonCrash, else nil.
	Err error
}

// String returns the reason as one line, for logs.
func (r Reason) String() string {
	if r.Err != nil {
		return fmt.Sprintf("%v: %v", r.Kind, r.Err)
	}
	return r.Kind.String()
}

var (
	// ErrMailboxFull: an info was not accepted, or, by policy, the loop was
	// ended for it.
	ErrMailboxFull = errors.New("loop: mailbox full")
	// ErrClosed: an info was not accepted, since the loop has ended.
	ErrClosed = errors.New("loop: ended")
)
