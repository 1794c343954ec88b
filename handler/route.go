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
}

// Patterns are those of a route, for all of its requests. A router makes them
// once and saves [Request.SetMatch] what SetRoute allocates.
type Patterns struct {
	pattern, host string
	base          lazy // nothing but the patterns; never changes
}

// NewPatterns returns the patterns of a route.
func NewPatterns(host, pattern string) *Patterns {
	p := &Patterns{pattern: pattern, host: host}
	p.base.patterns = p
	return p
}

// Binding is a named segment of a route.
type Binding struct {
	Name  string
	Text  string // as it stood in the request, percent-decoded
	Value any    // as the constraints converted it; Text where none did
}

// SetRoute gives the request its route, for a middleware that routes by
// itself.
func (r *Request) SetRoute(route Route) {
	r.SetMatch(NewPatterns(route.HostPattern, route.Pattern), route.Bindings, route.HostInfo, route.PathInfo)
}

// SetMatch is SetRoute for a router that has made the route's patterns before.
// A request without lazy fields of its own then points to theirs, and the
// patterns cost it nothing.
func (r *Request) SetMatch(p *Patterns, bindings []Binding, hostInfo, pathInfo []string) {
	r.bindings = bindings
	if r.lazy == nil || r.lazy.shared() {
		r.lazy = &p.base
		if hostInfo == nil && pathInfo == nil {
			return
		}
	}
	lazy := r.more()
	lazy.patterns, lazy.hostInfo, lazy.pathInfo = p, hostInfo, pathInfo
}

// Route returns what the router learned about the request; the zero Route for
// a request that has not been routed, or has no route.
func (r *Request) Route() Route {
	route := Route{Bindings: r.bindings}
	if r.lazy == nil {
		return route
	}
	route.HostInfo, route.PathInfo = r.lazy.hostInfo, r.lazy.pathInfo
	if p := r.lazy.patterns; p != nil {
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
func (r *Request) HostInfo() []string { return r.seen().hostInfo }

// PathInfo returns the decoded path segments that [...] matched, or nil
// (cowboy_req:path_info/1).
func (r *Request) PathInfo() []string { return r.seen().pathInfo }

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
