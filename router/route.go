package router

import (
	"slices"

	"github.com/cowhand/cowhand/handler"
)

// HostRoute is a host pattern with the routes of its paths: Cowboy's
// {HostMatch, Constraints, PathsList}. It is made by [Host].
type HostRoute struct {
	pattern    string
	paths      []PathRoute
	conditions []condition
}

// PathRoute is a path pattern with its handler: Cowboy's
// {PathMatch, Constraints, Handler, InitialState}, the state being the
// handler's fields. It is made by [Path].
type PathRoute struct {
	pattern    string
	handler    handler.Handler
	conditions []condition
}

// condition is what Where adds: the constraints on one binding.
type condition struct {
	name        string
	constraints []Constraint
}

// Host returns a route for the hosts that match pattern, whose paths are
// tried in order. The pattern "_" matches any host, even an absent one.
// [Compile] checks the pattern.
func Host(pattern string, paths ...PathRoute) HostRoute {
	return HostRoute{pattern: pattern, paths: slices.Clone(paths)}
}

// Path returns a route for the paths that match pattern, answered by h. The
// pattern "_" matches any path and "*" that of the request OPTIONS *.
// [Compile] checks the pattern.
func Path(pattern string, h handler.Handler) PathRoute {
	return PathRoute{pattern: pattern, handler: h}
}

// Where returns the route with constraints on the host binding of that name.
// They apply in order, each to the value that the one before returned; where
// one fails the host does not match and the next is tried. In a variant of
// the pattern that lacks the binding they do not apply.
func (r HostRoute) Where(name string, constraints ...Constraint) HostRoute {
	r.conditions = append(slices.Clip(r.conditions), condition{name, slices.Clone(constraints)})
	return r
}

// Where returns the route with constraints on the binding of that name, which
// may be one of the path or of its host: after the host's own constraints,
// those of the path apply to the value that they left. They apply in order,
// each to the value that the one before returned; where one fails the next
// path is tried. In a variant of the pattern that lacks the binding they do
// not apply.
func (r PathRoute) Where(name string, constraints ...Constraint) PathRoute {
	r.conditions = append(slices.Clip(r.conditions), condition{name, slices.Clone(constraints)})
	return r
}
