package handler

import (
	"errors"
	"fmt"
	"net/http"
)

// StatusError is an error that says which status answers the request. An
// error without one is answered with 500.
type StatusError struct {
	Status int   // the HTTP status, 400 to 599
	Err    error // the cause, which is not shown to the client; may be nil
}

// Errorf returns a [StatusError] with a formatted cause.
func Errorf(status int, format string, args ...any) *StatusError {
	return &StatusError{status, fmt.Errorf(format, args...)}
}

// Error returns the cause, or the status text where there is none.
func (e *StatusError) Error() string {
	if e.Err == nil {
		return http.StatusText(e.Status)
	}
	return e.Err.Error()
}

// Unwrap returns the cause.
func (e *StatusError) Unwrap() error { return e.Err }

// StatusOf returns the status that answers err: that of the [StatusError] in
// it, else 500.
func StatusOf(err error) int {
	var status *StatusError
	if errors.As(err, &status) && status.Status >= 400 && status.Status <= 599 {
		return status.Status
	}
	return http.StatusInternalServerError
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
