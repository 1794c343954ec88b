package protocol_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

func run(t *testing.T, options protocol.Options) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	mustNew(t, options).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	return w
}

func say(text string) initFunc {
	return func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyText(200, text) }
}

func middleware(f func(req *handler.Request, env *handler.Env) (protocol.Next, error)) protocol.Middleware {
	return protocol.MiddlewareFunc(f)
}

func TestMiddlewareOrderAndEnvironment(t *testing.T) {
	var order []string
	step := func(name string, next protocol.Next) protocol.Middleware {
		return middleware(func(_ *handler.Request, env *handler.Env) (protocol.Next, error) {
			order = append(order, name+env.Values["key"].(string))
			env.Values = map[string]any{"key": env.Values["key"].(string) + "'"}
			return next, nil
		})
	}
	options := protocol.Options{
		Env:         map[string]any{"key": "v"},
		Middlewares: []protocol.Middleware{step("a ", protocol.Continue), step("b ", protocol.Stop), step("c ", protocol.Stop)},
	}
	assert.Equal(t, 204, run(t, options).Code)
	assert.Equal(t, []string{"a v", "b v'"}, order)
	assert.Equal(t, "v", options.Env["key"])
}

func TestMiddlewareOutcomes(t *testing.T) {
	tests := map[string]struct {
		middlewares []protocol.Middleware
		status      int
	}{
		"error": {[]protocol.Middleware{middleware(func(*handler.Request, *handler.Env) (protocol.Next, error) {
			return protocol.Continue, handler.Errorf(401, "")
		}), protocol.HandlerMiddleware}, 401},
		"panic": {[]protocol.Middleware{middleware(func(*handler.Request, *handler.Env) (protocol.Next, error) {
			panic("boom")
		})}, 500},
		"no router":   {[]protocol.Middleware{protocol.HandlerMiddleware}, 500},
		"no dispatch": {[]protocol.Middleware{protocol.RouterMiddleware}, 500},
		"none":        {[]protocol.Middleware{}, 204},
		"a handler of its own": {[]protocol.Middleware{middleware(func(_ *handler.Request, env *handler.Env) (protocol.Next, error) {
			env.Handler = handler.Func(say("hi"))
			return protocol.Continue, nil
		}), protocol.HandlerMiddleware}, 200},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := run(t, protocol.Options{Middlewares: tt.middlewares, Logger: new(logs).logger()})
			assert.Equal(t, tt.status, w.Code)
		})
	}
}

type contextKey struct{}

func TestWrap(t *testing.T) {
	note := func(name string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Add("Way", name)
				seen, _ := r.Context().Value(contextKey{}).(string)
				next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), contextKey{}, seen+name)))
			})
		}
	}
	w := run(t, protocol.Options{
		Wrap: []func(http.Handler) http.Handler{note("a"), note("b")},
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(200, req.Context().Value(contextKey{}).(string))
		}),
	})
	assert.Equal(t, []string{"a", "b"}, w.Header()["Way"])
	assert.Equal(t, "ab", w.Body.String())
}

func TestEnvironmentOfTheOptions(t *testing.T) {
	var env handler.Env
	options := protocol.Options{
		Listener: "name",
		Compress: true,
		Sessions: new(handler.Sessions),
		Logger:   new(logs).logger(),
		Env:      map[string]any{"a": 1},
	}
	options.Dispatch = dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
		env = *req.Env()
		return nil, nil
	})
	run(t, options)
	assert.Equal(t, "name", env.Listener)
	assert.True(t, env.Compress)
	assert.Same(t, options.Sessions, env.Sessions)
	assert.Same(t, options.Logger, env.Logger)
	assert.Equal(t, options.Env, env.Values)
	assert.NotNil(t, env.Handler)
}
