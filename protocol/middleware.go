package protocol

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// Next is what a [Middleware] says about the ones after it.
type Next int

const (
	// Continue goes on with the next middleware: Cowboy's {ok, Req, Env}.
	Continue Next = iota

	// Stop ends the chain; where no reply was sent, 204 is: Cowboy's
	// {stop, Req}.
	Stop
)

// Middleware is a step on the way of each request (cowboy_middleware). It
// may reply, change env, which belongs to this request alone, or stop the
// chain. An error ends the chain and is answered with its status. Execute is
// called concurrently. One with a method Validate() error is asked at the start
// whether it will work.
//
// For code that is written as func(http.Handler) http.Handler see
// Options.Wrap.
type Middleware interface {
	Execute(req *handler.Request, env *handler.Env) (Next, error)
}

// MiddlewareFunc makes a function a [Middleware].
type MiddlewareFunc func(req *handler.Request, env *handler.Env) (Next, error)

// Execute calls f.
func (f MiddlewareFunc) Execute(req *handler.Request, env *handler.Env) (Next, error) {
	return f(req, env)
}

var (
	// RouterMiddleware puts the handler that env.Dispatch picks into
	// env.Handler (cowboy_router:execute/2).
	RouterMiddleware Middleware = routerMiddleware{}

	// HandlerMiddleware runs env.Handler, and the sub-protocol of the
	// Upgrade that it returns (cowboy_handler:execute/2).
	HandlerMiddleware Middleware = handlerMiddleware{}
)

// validateMiddlewares asks those that can tell whether they will work.
func validateMiddlewares(middlewares []Middleware) error {
	for i, m := range middlewares {
		if m == nil {
			return fmt.Errorf("protocol: Middlewares[%d] is nil; a Middleware is allowed", i)
		}
		if v, ok := m.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("protocol: Middlewares[%d]: %w", i, err)
			}
		}
	}
	return nil
}

type routerMiddleware struct{}

func (routerMiddleware) Execute(req *handler.Request, env *handler.Env) (Next, error) {
	if env.Dispatch == nil {
		return Stop, fmt.Errorf("protocol: the router middleware ran without a Dispatch")
	}
	h, err := env.Dispatch.Dispatch(req)
	if err != nil {
		return Stop, err
	}
	env.Handler = h
	return Continue, nil
}

type handlerMiddleware struct{}

func (handlerMiddleware) Execute(req *handler.Request, env *handler.Env) (Next, error) {
	if env.Handler == nil {
		return Stop, fmt.Errorf("protocol: the handler middleware ran without a Handler in its environment")
	}
	h := env.Handler
	if tracing, ok := h.(tracing); ok {
		h = tracing.Handler
	} else if req.Method() == http.MethodTrace {
		return Continue, req.ReplyStatus(http.StatusNotImplemented) // the client's doing: an error would be logged as a failure
	}
	upgrade, err := initHandler(req, h)
	if err != nil {
		return Stop, err
	}
	if upgrade == nil {
		return Continue, nil
	}
	return Continue, upgrade.Protocol.Upgrade(req, env)
}

// AllowTrace returns a route's handler that gets TRACE requests, too. Others
// answer them with 501, as Cowboy does: a TRACE echoes what intermediaries have
// added to a request, such as credentials (RFC 9110, section 9.3.8).
func AllowTrace(h handler.Handler) handler.Handler { return tracing{h} }

type tracing struct{ handler.Handler }

// Validate is for the router, which asks it of the handler.
func (t tracing) Validate() error {
	if v, ok := t.Handler.(interface{ Validate() error }); ok {
		return v.Validate()
	}
	return nil
}

// initHandler calls Init and, where the request ends with it, Terminate.
func initHandler(req *handler.Request, h handler.Handler) (upgrade *handler.Upgrade, err error) {
	t, ok := h.(handler.Terminator)
	if !ok {
		upgrade, err = h.Init(req)
		return checkUpgrade(h, upgrade, err)
	}
	err = errGoexit
	defer func() {
		if upgrade == nil {
			err = terminate(req, t, err)
		}
	}()
	upgrade, err = initRecovered(req, h)
	return checkUpgrade(h, upgrade, err)
}

var errGoexit = errors.New("protocol: Init ended its goroutine by runtime.Goexit")

// terminate calls Terminate with err and returns what the request failed with
// in the end: err, or else a panic of Terminate.
func terminate(req *handler.Request, t handler.Terminator, err error) (result error) {
	defer func() {
		value := recover()
		switch {
		case value == nil:
		case err == nil:
			result = newPanicError(value)
		default:
			logCrash(req, "Terminate crashed", newPanicError(value))
		}
	}()
	result = err
	t.Terminate(req, err)
	return result
}

// initRecovered calls Init and makes its panic an error.
func initRecovered(req *handler.Request, h handler.Handler) (upgrade *handler.Upgrade, err error) {
	defer func() {
		if value := recover(); value != nil {
			upgrade, err = nil, newPanicError(value)
		}
	}()
	return h.Init(req)
}

// checkUpgrade refuses an Upgrade that leads nowhere.
func checkUpgrade(h handler.Handler, upgrade *handler.Upgrade, err error) (*handler.Upgrade, error) {
	if err != nil {
		return nil, err
	}
	if upgrade != nil && upgrade.Protocol == nil {
		return nil, fmt.Errorf("protocol: Init of %T returned an Upgrade whose Protocol is nil", h)
	}
	return upgrade, nil
}
