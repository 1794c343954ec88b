package handler

import (
	"errors"
	"fmt"
	"net/http"
)

// StatusError is an error with the status that Cowhand replies. An error
// without one is replied with 500.
type StatusError struct {
	Status int    // 400 to 599
	Err    error  // the cause, for logs; the client never sees it; may be nil
	Public string // the message for the client; may be empty
}

// Error returns a [StatusError] with a message for the client and a cause for
// the logs, which may be nil. Cowhand sends the message as plain text, unless
// protocol.ErrorPages makes a page of it:
//
//	return nil, handler.Error(409, "The hat is sold out.", err)
func Error(status int, public string, cause error) *StatusError {
	return &StatusError{Status: status, Err: cause, Public: public}
}

// Errorf returns a [StatusError] with a formatted cause. The client sees the
// status alone; see [Error] for a message.
func Errorf(status int, format string, args ...any) *StatusError {
	return &StatusError{Status: status, Err: fmt.Errorf(format, args...)}
}

// Error returns the cause; without one the public message, or else the text of
// the status.
func (e *StatusError) Error() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Public != "":
		return e.Public
	}
	return http.StatusText(e.Status)
}

// Unwrap returns the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// StatusOf returns the status that Cowhand replies for err: that of the
// [StatusError] in it, or else 500.
func StatusOf(err error) int {
	if e := statusError(err); e != nil {
		return e.Status
	}
	return http.StatusInternalServerError
}

// PublicOf returns the message for the client of the [StatusError] in err, or
// "". A panic has none.
func PublicOf(err error) string {
	var panicked *PanicError
	if e := statusError(err); e != nil && !errors.As(err, &panicked) {
		return e.Public
	}
	return ""
}

// statusError returns the StatusError in err, if its status is one of an error.
func statusError(err error) *StatusError {
	var e *StatusError
	if errors.As(err, &e) && e.Status >= 400 && e.Status <= 599 {
		return e
	}
	return nil
}

// PanicError is a recovered panic: Cowboy's {crash, Class, Reason}.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // as by debug.Stack, from where it was recovered
}

// Error returns the panic's value as text.
func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// ErrReplied is returned by the methods of [Request] that send a reply, or
// set one up, when one was sent before: a request has one final reply.
var ErrReplied = errors.New("handler: the request was replied to already")
