package router

import (
	"github.com/cowhand/cowhand/handler"
)

// Dispatch is compiled routes (cowboy_router:dispatch_rules()), a
// [handler.Dispatcher]. It does not change any more, so its methods are safe
// for concurrent use.
type Dispatch struct {
	hosts hosts
}

var _ handler.Dispatcher = (*Dispatch)(nil)

// Match is the route of a request.
type Match struct {
	// Handler is that of the path route.
	Handler handler.Handler

	// Route is what the request is told: bindings, and what [...] matched.
	Route handler.Route

	// Host and Path are the patterns that matched, as they were written.
	Host, Path string
}

// Dispatch returns the handler for req and sets the request's route
// (cowboy_router:execute/2). The errors are those of [Dispatch.Match].
func (d *Dispatch) Dispatch(req *handler.Request) (handler.Handler, error) {
	host := ""
	if d.hosts.first() == nil {
		host = req.Host()
	}
	m, err := d.Match(host, req.Path())
	if err != nil {
		return nil, err
	}
	req.SetRoute(m.Route)
	return m.Handler, nil
}

// Match returns the route for a host, without a port and of any case, and a
// path as the client sent it, percent-encoded and without a query. The first
// host route that matches decides, and of its paths the first that matches.
//
// The error is a [*handler.StatusError]: 400 that wraps [ErrNoHost] or
// [ErrBadPath], or 404 that wraps [ErrNoPath].
func (d *Dispatch) Match(host, path string) (Match, error) {
	var space [4]handler.Binding
	h, outer, info := d.hosts.match(host, space[:0])
	if h == nil {
		return Match{}, noHost(host)
	}
	r, route, err := h.paths.match(path, outer)
	if err != nil {
		return Match{}, err
	}
	route.HostInfo = info
	return Match{Handler: r.route.handler, Route: route, Host: h.pattern, Path: r.route.pattern}, nil
}
