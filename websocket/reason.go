package websocket

import (
	"errors"
	"fmt"
)

// ReasonKind tells apart what can end a connection.
type ReasonKind byte

// The kinds of reasons, with Cowboy's terms for them.
const (
	// ReasonStop: a callback returned Stop or a close frame (stop).
	ReasonStop ReasonKind = iota + 1
	// ReasonTimeout: nothing was received for IdleTimeout (timeout).
	ReasonTimeout
	// ReasonRemote: the peer sent a close frame (remote, {remote, Code, Payload}).
	ReasonRemote
	// ReasonError: the peer broke the protocol or a limit, or the
	// connection failed ({error, Reason}). Err says which.
	ReasonError
	// ReasonCrash: a callback panicked or returned a command that cannot be
	// carried out ({crash, Class, Reason}). Err says which.
	ReasonCrash
	// ReasonShutdown: the listener was stopped (shutdown).
	ReasonShutdown
)

// String returns the kind's name.
func (k ReasonKind) String() string {
	names := [...]string{"none", "stop", "timeout", "remote", "error", "crash", "shutdown"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("reason %d", byte(k))
}

// Reason is why a connection ended.
type Reason struct {
	Kind ReasonKind

	// Code and Payload are those of the peer's close frame, where Kind is
	// ReasonRemote; Code is 0 where the frame had none.
	Code    CloseCode
	Payload []byte

	// Err is the cause where Kind is ReasonError: one of the errors below
	// or the connection's own; and where it is ReasonCrash: a
	// [*handler.PanicError], or an error that names the command.
	Err error

	// Shutdown is the value of the last [ShutdownReason] command, or nil.
	Shutdown any
}

// The causes of ReasonError, besides errors of the connection itself.
var (
	// ErrBadFrame: the peer broke the protocol; 1002 was sent ({error, badframe}).
	ErrBadFrame = errors.New("websocket: bad frame")
	// ErrBadEncoding: the peer's text was not UTF-8; 1007 was sent ({error, badencoding}).
	ErrBadEncoding = errors.New("websocket: bad encoding")
	// ErrBadSize: a message was larger than MaxFrameSize; 1009 was sent ({error, badsize}).
	ErrBadSize = errors.New("websocket: bad size")
	// ErrClosed: the connection ended without a close frame ({error,
	// closed}). Conn's methods also return it once the connection is over.
	ErrClosed = errors.New("websocket: connection closed")
	// ErrMailboxFull: an info or a frame was not accepted, or, by policy,
	// the connection was ended for it; 1013 was sent.
	ErrMailboxFull = errors.New("websocket: mailbox full")
)

// String returns the reason as one line, for logs.
func (r Reason) String() string {
	switch {
	case r.Kind == ReasonRemote && r.Code != 0:
		return fmt.Sprintf("remote: %d %q", r.Code, r.Payload)
	case r.Err != nil:
		return fmt.Sprintf("%v: %v", r.Kind, r.Err)
	case r.Shutdown != nil:
		return fmt.Sprintf("%v: %v", r.Kind, r.Shutdown)
	}
	return r.Kind.String()
}
