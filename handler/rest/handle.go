package rest

import (
	"errors"
	"reflect"

	"github.com/cowhand/cowhand/handler"
)

// Handle makes the handler of a route. For each request, f returns a new
// resource. It may also reject the request: it returns an error, such as
// [handler.Errorf](403, …), or replies: then its resource isn't used, and may be
// nil.
//
// Handle checks the callbacks of R and the options once: if one of R's methods
// has a callback's name but not its signature, or if there is more than one
// Options, the router refuses the route when it compiles its table. If R is an
// interface type, such as any, only the first request shows which callbacks
// there are, as with [Upgrade]. Use Upgrade for a handler that isn't always
// REST.
func Handle[R any](f func(*handler.Request) (R, error), options ...Options) handler.Handler {
	r := &route[R]{open: f, protocol: newProtocol("rest: Handle", options)}
	t := reflect.TypeFor[R]()
	r.isNil = nilOf[R](t.Kind())
	if f == nil {
		r.protocol.err = errors.New("rest: Handle needs a function")
	}
	if t.Kind() != reflect.Interface && r.protocol.err == nil {
		r.protocol.err, r.protocol.checked = findMisfit(t), true
	}
	return r
}

// route is the handler that Handle makes.
type route[R any] struct {
	open     func(*handler.Request) (R, error)
	isNil    func(R) bool
	protocol protocol // of each request, but for the resource
}

// Validate implements [handler.Validator].
func (r *route[R]) Validate() error { return r.protocol.err }

// Init implements [handler.Handler].
func (r *route[R]) Init(req *handler.Request) (*handler.Upgrade, error) {
	if r.protocol.err != nil { // the router didn't ask
		return nil, r.protocol.err
	}
	resource, err := r.open(req)
	if err != nil || req.Replied() || r.isNil(resource) {
		return nil, err
	}
	p := r.protocol
	p.resource = resource
	return p.upgrade(), nil
}

// nilOf returns a function that reports whether a resource of this kind is
// nil. A nil slice or map may be a resource without items.
func nilOf[R any](kind reflect.Kind) func(R) bool {
	switch kind {
	case reflect.Interface:
		return func(resource R) bool { return any(resource) == nil }
	case reflect.Pointer:
		return func(resource R) bool { return reflect.ValueOf(resource).IsNil() }
	}
	return func(R) bool { return false }
}
