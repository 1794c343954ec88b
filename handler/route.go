package handler

// Route is what the router learned about a request when it matched it.
type Route struct {
	// Pattern and HostPattern are the patterns that matched the path and the
	// host, as they were written: "/users/:id" and "_". A program has few of
	// them, whatever its clients ask for, so they are safe labels of metrics.
	Pattern, HostPattern string

	// Bindings are the named segments of the host and the path, in order.
	Bindings []Binding

	// HostInfo and PathInfo are the segments that [...] matched in the host
	// and in the path, decoded; nil where the route has no [...]. With one
	// that matched nothing they are empty, not nil.
	HostInfo, PathInfo []string

	patterns *patterns // with the two above, or nil
}

// NewRoute returns a Route with its patterns. A router that makes it once, and
// for each request fills in the rest of a copy, saves [Request.SetRoute] an
// allocation.
func NewRoute(hostPattern, pattern string) Route {
	p := &patterns{pattern: pattern, host: hostPattern}
	p.base.patterns = p
	return Route{Pattern: pattern, HostPattern: hostPattern, patterns: p}
}

// patterns are those of a route, for all of its requests. A request without
// lazy fields of its own points to base, so that the patterns cost it nothing.
type patterns struct {
	pattern, host string
	base          lazy // nothing but the patterns; never changes
}

// Binding is a named segment of a route.
type Binding struct {
	Name  string
	Text  string // as it stood in the request, percent-decoded
	Value any    // as the constraints converted it; Text where none did
}

// SetRoute gives the request its route; the router calls it, and so may a
// middleware that routes by itself.
func (r *Request) SetRoute(route Route) {
	r.bindings = route.Bindings
	p := route.known()
	if r.lazy == nil || r.lazy.shared() {
		r.lazy = nil
		if p != nil {
			r.lazy = &p.base
		}
		if route.HostInfo == nil && route.PathInfo == nil {
			return
		}
	}
	lazy := r.more()
	lazy.patterns, lazy.hostInfo, lazy.pathInfo = p, route.HostInfo, route.PathInfo
}

// known returns the patterns of the route, nil for none.
func (route *Route) known() *patterns {
	if p := route.patterns; p != nil && p.pattern == route.Pattern && p.host == route.HostPattern {
		return p
	}
	if route.Pattern == "" && route.HostPattern == "" {
		return nil
	}
	return NewRoute(route.HostPattern, route.Pattern).patterns
}

// Route returns what the router learned about the request; the zero Route for
// a request that has not been routed, or has no route.
func (r *Request) Route() Route {
	route := Route{Bindings: r.bindings}
	if r.lazy == nil {
		return route
	}
	route.HostInfo, route.PathInfo, route.patterns = r.lazy.hostInfo, r.lazy.pathInfo, r.lazy.patterns
	if p := route.patterns; p != nil {
		route.Pattern, route.HostPattern = p.pattern, p.host
	}
	return route
}

// Binding returns the text of a binding, or "" where there is none of that
// name (cowboy_req:binding/2).
func (r *Request) Binding(name string) string {
	b, _ := r.binding(name)
	return b.Text
}

// Bindings returns all bindings in the order of the route
// (cowboy_req:bindings/1).
func (r *Request) Bindings() []Binding { return r.bindings }

// HostInfo returns the host segments that [...] matched, or nil
// (cowboy_req:host_info/1).
func (r *Request) HostInfo() []string { return r.Route().HostInfo }

// PathInfo returns the decoded path segments that [...] matched, or nil
// (cowboy_req:path_info/1).
func (r *Request) PathInfo() []string { return r.Route().PathInfo }

func (r *Request) binding(name string) (Binding, bool) {
	for _, b := range r.bindings {
		if b.Name == name {
			return b, true
		}
	}
	return Binding{}, false
}

// BindingAs returns a binding's value as its constraints converted it, and
// whether there is a binding of that name and type: with the constraint
// router.Int, BindingAs[int](req, "id").
func BindingAs[T any](req *Request, name string) (value T, ok bool) {
	b, found := req.binding(name)
	if !found {
		return value, false
	}
	value, ok = b.Value.(T)
	return value, ok
}
