package websocket

import (
	"slices"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/options"
)

// Handle makes the handler of a route. For each request, f returns the handler
// of a new connection. It may also reject the request: it returns an error,
// such as [handler.Errorf](403, …), or replies and returns a nil Handler.
//
// Without options, the defaults hold. Handle checks them once: if one is
// invalid, or there is more than one Options, the router refuses the route
// when it compiles its table. Use [Upgrade] for a handler that isn't always a
// WebSocket, or whose options depend on the request.
func Handle(f func(*handler.Request) (Handler, error), options ...Options) handler.Handler {
	r := &route{open: f, config: newConfig("websocket: Handle", options)}
	r.config.Subprotocols = slices.Clone(r.config.Subprotocols)
	r.config.Origins = slices.Clone(r.config.Origins)
	return r
}

// Upgrade makes the request a WebSocket connection, if a route's Init returns
// it. Create a new h for each connection, unless it has no state. Without
// options, the defaults hold. If there is more than one Options, or one is
// invalid, Cowhand logs it and replies 500. [Handle] finds that at start.
// Cowboy: {cowboy_websocket, Req, State, Opts}.
func Upgrade(h Handler, options ...Options) *handler.Upgrade {
	return newUpgrade(h, newConfig("websocket: Upgrade", options))
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
	return newUpgrade(h, r.config), nil
}

// upgrade is the [handler.SubProtocol] of a request, together with the Upgrade
// that carries it.
type upgrade struct {
	carrier handler.Upgrade
	handler Handler
	config  *config
}

func newUpgrade(h Handler, c *config) *handler.Upgrade {
	u := &upgrade{handler: h, config: c}
	u.carrier.Protocol = u
	return &u.carrier
}
