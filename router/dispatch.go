package router

import (
	"net/http"

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
// (cowboy_router:execute/2). The errors are those of [Dispatch.Match]; the
// path "*" with another method than OPTIONS is a bad one.
func (d *Dispatch) Dispatch(req *handler.Request) (handler.Handler, error) {
	path := req.Path()
	if path == "*" && req.Method() != http.MethodOptions { // RFC 9112, section 3.2.4
		return nil, badPath(path)
	}
	var m matched
	_, r, err := d.find(req, "", path, &m)
	if err != nil {
		return nil, err
	}
	req.SetMatch(r.patterns, m.bindings, m.hostInfo, m.pathInfo)
	return r.route.handler, nil
}

// Match returns the route for a host, without a port and of any case, and a
// path as the client sent it, percent-encoded and without a query. The first
// host route that matches decides, and of its paths the first that matches.
//
// The error is a [*handler.StatusError]: 400 that wraps [ErrNoHost] or
// [ErrBadPath], or 404 that wraps [ErrNoPath].
func (d *Dispatch) Match(host, path string) (Match, error) {
	var m matched
	h, r, err := d.find(nil, host, path, &m)
	if err != nil {
		return Match{}, err
	}
	route := handler.Route{
		Pattern: r.route.pattern, HostPattern: h.pattern,
		Bindings: m.bindings, HostInfo: m.hostInfo, PathInfo: m.pathInfo,
	}
	return Match{r.route.handler, route, h.pattern, r.route.pattern}, nil
}

// find fills m. A host that is not needed is not taken out of req, if
// there is one.
func (d *Dispatch) find(req *handler.Request, host, path string, m *matched) (*hostRule, *rule, error) {
	if h := d.hosts.first(); h != nil {
		r, err := h.paths.find(path, nil, m)
		return h, r, err
	}
	if req != nil {
		host = req.Host()
	}
	return d.findHost(host, path, m)
}

func (d *Dispatch) findHost(host, path string, m *matched) (*hostRule, *rule, error) {
	host = normalHost(host)
	if h := d.hosts.named(host); h != nil {
		r, err := h.paths.find(path, nil, m)
		return h, r, err
	}
	var space [4]handler.Binding
	h, outer, info := d.hosts.find(host, space[:0])
	if h == nil {
		return nil, nil, noHost(host)
	}
	m.hostInfo = info
	r, err := h.paths.find(path, outer, m)
	return h, r, err
}
