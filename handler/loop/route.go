package loop

import (
	"errors"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/options"
)

// Handle makes the handler of a route. For each request, f returns the handler
// of its loop. It may also reject the request: it returns an error, such as
// [handler.Errorf](403, …), or replies and returns a nil Handler.
//
// Without options, the defaults hold. Handle checks them once: if one is
// invalid, or there is more than one Options, the router refuses the route
// when it compiles its table. Use [Upgrade] for a handler that isn't always a
// loop, or whose options depend on the request.
func Handle(f func(*handler.Request) (Handler, error), options ...Options) handler.Handler {
	return &route{f, newConfig("loop: Handle", options)}
}

// Upgrade makes the request a loop, if a route's Init returns it. Create a new
// h for each request. Without options, the defaults hold. If there is more
// than one Options, or one is invalid, Cowhand logs it and replies 500.
// [Handle] finds that at start. Cowboy: {cowboy_loop, Req, State}.
func Upgrade(h Handler, options ...Options) *handler.Upgrade {
	return &handler.Upgrade{Protocol: &upgrade{h, newConfig("loop: Upgrade", options)}}
}

// config is the options of a route, checked and with their defaults.
type config struct {
	Options
	err error // an option is invalid
}

func newConfig(caller string, given []Options) *config {
	c := new(config)
	if c.Options, c.err = options.One(caller, given); c.err == nil {
		c.err = c.Options.Validate()
	}
	c.fill()
	return c
}

// route is the handler that Handle makes.
type route struct {
	open   func(*handler.Request) (Handler, error)
	config *config
}

var errNilHandle = errors.New("loop: Handle was called with a nil function")

// Validate implements [handler.Validator].
func (r *route) Validate() error {
	if r.config.err == nil && r.open == nil {
		return errNilHandle
	}
	return r.config.err
}

// Init implements [handler.Handler].
func (r *route) Init(req *handler.Request) (*handler.Upgrade, error) {
	if err := r.Validate(); err != nil { // the router didn't ask
		return nil, err
	}
	h, err := r.open(req)
	if h == nil || err != nil {
		return nil, err
	}
	return &handler.Upgrade{Protocol: &upgrade{h, r.config}}, nil
}

// upgrade is the [handler.SubProtocol] of one request.
type upgrade struct {
	handler Handler
	config  *config
}
