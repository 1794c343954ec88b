package handler

import "net/http"

// Handler answers requests. It mirrors cowboy_handler: Init is init/2, and
// the handler's fields are what Cowboy passes as the initial state.
type Handler interface {
	// Init answers req (and returns nil, nil), hands it to another protocol
	// by an [Upgrade], or returns an error: see the package comment.
	Init(req *Request) (*Upgrade, error)
}

// Func makes a function a [Handler].
type Func func(req *Request) (*Upgrade, error)

// Init calls f.
func (f Func) Init(req *Request) (*Upgrade, error) { return f(req) }

// Terminator is a [Handler] that wants to know when and why its request
// ended: the optional callback terminate/3 of Cowboy. Terminate is called
// once for each request for which Init was called and that was not handed
// over by an [Upgrade]; err is nil for the normal end, a [*PanicError] after
// a panic, and otherwise what Init returned.
type Terminator interface {
	Handler
	Terminate(req *Request, err error)
}

// Validator is a [Handler] that can tell at start whether it will work. The
// router calls Validate once for each of its routes, when it compiles the
// table, and reports the error with the route. websocket.Handle and its like
// check their options so.
type Validator interface {
	Handler

	// Validate returns an error that names what is invalid, or nil.
	Validate() error
}

// Upgrade is the answer of an Init that hands its request to another
// protocol: Cowboy's {cowboy_websocket, Req, State}. The packages of the
// sub-protocols make it: websocket.Upgrade, rest.Upgrade and so on.
type Upgrade struct {
	// Protocol takes the request over.
	Protocol SubProtocol
}

// SubProtocol takes a request over after a handler's Init: it is how
// WebSocket, REST and the others are made, and how to add one of your own.
// It mirrors cowboy_sub_protocol.
type SubProtocol interface {
	// Upgrade answers req, in the request's goroutine. An error is answered
	// as one of Init's would be. A sub-protocol that keeps the connection
	// beyond the return of Upgrade registers it in env.Sessions, so that
	// stopping the listener ends it too.
	Upgrade(req *Request, env *Env) error
}

// FromHTTP mounts any [http.Handler] inside Cowhand. The router's bindings
// are readable there by [http.Request.PathValue].
func FromHTTP(h http.Handler) Handler { return httpHandler{h} }

type httpHandler struct{ http.Handler }

func (h httpHandler) Init(req *Request) (*Upgrade, error) {
	r := req.HTTP()
	for _, b := range req.bindings {
		r.SetPathValue(b.Name, b.Text)
	}
	h.ServeHTTP(req.Writer(), r)
	return nil, nil
}

// NoLimit, as a size, a number or a duration in the options of any package,
// means that there is no limit, or that the time never comes. Any negative
// value does. A duration may also be Infinity, as in Cowboy.
const NoLimit = -1
