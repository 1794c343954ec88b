package handler

// Route is what the router learned about a request when it matched it.
type Route struct {
	// Bindings are the named segments of the host and the path, in order.
	Bindings []Binding

	// HostInfo and PathInfo are the segments that [...] matched in the host
	// and in the path, decoded; nil where the route has no [...]. With one
	// that matched nothing they are empty, not nil.
	HostInfo, PathInfo []string
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
	if route.HostInfo != nil || route.PathInfo != nil || r.lazy != nil {
		lazy := r.more()
		lazy.hostInfo, lazy.pathInfo = route.HostInfo, route.PathInfo
	}
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
