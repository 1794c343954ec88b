package handler

import "log/slog"

// Env is what the protocol, the middlewares and the sub-protocols know of a
// request besides the request itself: cowboy_middleware:env(). Each request
// has its own copy, so a middleware may change it for the request at hand.
type Env struct {
	// Listener is the name of the listener; empty when the protocol is
	// mounted in another server.
	Listener string

	// Dispatch picks the handler; the router middleware asks it.
	Dispatch Dispatcher

	// Handler is the handler that the router picked; the handler middleware
	// runs it.
	Handler Handler

	// Compress is the protocol option of that name.
	Compress bool

	// Logger takes crash reports; never nil.
	Logger *slog.Logger

	// Sessions registers what outlives its HTTP request; never nil.
	Sessions *Sessions

	// Values are those of the protocol option Env, shared by all requests
	// and read-only, until a middleware puts a map of its own here.
	Values map[string]any
}

// Dispatcher picks the [Handler] of a request and gives the request its
// [Route]; it is what the protocol option Dispatch takes. The router's
// compiled routes are one. Dispatch is called concurrently. An error is
// answered with the status that it carries ([StatusError]).
type Dispatcher interface {
	Dispatch(req *Request) (Handler, error)
}
