package websocket

import (
	"errors"
	"fmt"
)

// ReasonKind is the kind of event that ended a connection.
type ReasonKind byte

// The kinds of reasons.
const (
	// ReasonStop: a callback returned [Stop] or a close frame, or
	// [Conn.Close] or [Conn.CloseWith] was called. Cowboy: stop.
	ReasonStop ReasonKind = iota + 1

	// ReasonTimeout: the client sent nothing for IdleTimeout. Cowboy:
	// timeout.
	ReasonTimeout

	// ReasonRemote: the client sent a close frame. Cowboy: remote, {remote,
	// Code, Payload}.
	ReasonRemote

	// ReasonError: the client broke the protocol or a limit, the handler
	// rejected its message with [Fail], or the connection failed. See
	// Reason.Err. Cowboy: {error, Reason}.
	ReasonError

	// ReasonCrash: a callback panicked, or returned a command that can't be
	// carried out. See Reason.Err. Cowboy: {crash, Class, Reason}.
	ReasonCrash

	// ReasonShutdown: the listener was stopped. Cowboy: shutdown.
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

// Reason tells why a connection ended. The first reason counts: a connection
// that fails during the closing handshake keeps the one it began with.
type Reason struct {
	Kind ReasonKind

	// Code and Payload are from the client's close frame, if Kind is
	// ReasonRemote. Code is 0 if the frame had no payload.
	Code    CloseCode
	Payload []byte

	// Err is the cause if Kind is ReasonError or ReasonCrash, and nil
	// otherwise. A crash has a [*handler.PanicError] or an error that names
	// the command. Other errors wrap one of the errors below, or come from
	// the connection. Use errors.Is and errors.As.
	Err error

	// Shutdown is the value of the last [ShutdownReason] command, or nil.
	Shutdown any
}

// The causes of ReasonError, besides errors from the connection.
var (
	// ErrBadFrame: the client broke the protocol, and Cowhand sent 1002.
	// Cowboy: {error, badframe}.
	ErrBadFrame = errors.New("websocket: bad frame")

	// ErrBadEncoding: the client's text was not UTF-8, and Cowhand sent
	// 1007. Cowboy: {error, badencoding}.
	ErrBadEncoding = errors.New("websocket: bad encoding")

	// ErrBadSize: a message exceeded MaxFrameSize, and Cowhand sent 1009.
	// Cowboy: {error, badsize}.
	ErrBadSize = errors.New("websocket: bad size")

	// ErrBadMessage: the handler rejected a message with [Fail]. Reason.Err
	// wraps the handler's error, too.
	ErrBadMessage = errors.New("websocket: bad message")

	// ErrClosed: the connection ended without a close frame. Methods of
	// [Conn] return it after the connection has ended. Cowboy: {error,
	// closed}.
	ErrClosed = errors.New("websocket: connection closed")

	// ErrMailboxFull: the mailbox was full and its policy is
	// [CloseWhenFull], so Cowhand sent 1013. [Conn.Notify] and [Conn.Send]
	// return it for an info or frame that they don't accept.
	ErrMailboxFull = errors.New("websocket: mailbox full")
)

// String returns the reason in one line, for logs.
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
