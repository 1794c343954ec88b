package router

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// Why a request has no route: the causes of the errors of [Dispatch.Match],
// for [errors.Is].
var (
	// ErrNoHost means that no host route matches (status 400).
	ErrNoHost = errors.New("router: no route for the host")

	// ErrBadPath means that the path does not begin with a slash, that it has
	// a "%" without two hexadecimal digits behind it, or that it is the "*" of
	// another request than OPTIONS (status 400).
	ErrBadPath = errors.New("router: bad path")

	// ErrNoPath means that the host has no route for the path (status 404).
	ErrNoPath = errors.New("router: no route for the path")
)

// RouteError is a fault in a route, found by [Compile].
type RouteError struct {
	// Host is the pattern of the host route.
	Host string

	// Path is the pattern of the path route, and InPath whether the fault is
	// there; otherwise it is in the host route.
	Path   string
	InPath bool

	// Offset is the fault's place in the pattern, in bytes from its
	// beginning, or -1 where the fault is not in the pattern: a nil handler,
	// or a constraint.
	Offset int

	// Reason says what is wrong and, where it helps, what is allowed.
	Reason string
}

// Error names the route, the offset and the reason.
func (e *RouteError) Error() string {
	text := fmt.Sprintf("router: host %q", e.Host)
	if e.InPath {
		text += fmt.Sprintf(", path %q", e.Path)
	}
	if e.Offset >= 0 {
		text += fmt.Sprintf(", offset %d", e.Offset)
	}
	return text + ": " + e.Reason
}

// matchError is a cause with the host or path that had no route; the text is
// put together only when somebody reads it.
type matchError struct {
	cause   error
	culprit string
}

func (e *matchError) Error() string { return fmt.Sprintf("%v %q", e.cause, e.culprit) }
func (e *matchError) Unwrap() error { return e.cause }

func noHost(host string) error {
	return &handler.StatusError{Status: http.StatusBadRequest, Err: &matchError{ErrNoHost, host}}
}

func badPath(path string) error {
	return &handler.StatusError{Status: http.StatusBadRequest, Err: &matchError{ErrBadPath, path}}
}

func noPath(path string) error {
	return &handler.StatusError{Status: http.StatusNotFound, Err: &matchError{ErrNoPath, path}}
}
