package handler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// respond is a handler made of a function that replies.
func respond(f func(*handler.Request) error) handler.Handler {
	return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) { return nil, f(req) })
}

func TestStatusOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{errors.New("plain"), 500},
		{handler.Errorf(404, "no such thing"), 404},
		{fmt.Errorf("wrapped: %w", handler.Errorf(413, "large")), 413},
		{&handler.StatusError{Status: 200}, 500},
		{&handler.StatusError{Status: 600}, 500},
		{&handler.StatusError{}, 500},
	} {
		assert.Equal(t, test.want, handler.StatusOf(test.err), "%v", test.err)
	}
}

func TestStatusErrorText(t *testing.T) {
	assert.Equal(t, "Not Found", (&handler.StatusError{Status: 404}).Error())
	assert.Equal(t, "No such hat.", handler.Error(404, "No such hat.", nil).Error())
	assert.Equal(t, "the cause", handler.Error(404, "No such hat.", errors.New("the cause")).Error())
	assert.Equal(t, "No such hat.", handler.PublicOf(fmt.Errorf("wrapped: %w", handler.Error(404, "No such hat.", nil))))
	assert.Empty(t, handler.PublicOf(handler.Error(200, "not an error", nil)))
	assert.Empty(t, handler.PublicOf(&handler.PanicError{Value: handler.Error(404, "a crash", nil)}))
	err := handler.Errorf(400, "bad: %w", context.Canceled)
	assert.Equal(t, "bad: context canceled", err.Error())
	assert.ErrorIs(t, err, context.Canceled)
}

func TestPanicError(t *testing.T) {
	err := &handler.PanicError{Value: context.Canceled}
	assert.Equal(t, "panic: context canceled", err.Error())
	assert.ErrorIs(t, err, context.Canceled)
	assert.NoError(t, errors.Unwrap(&handler.PanicError{Value: "text"}))
}

func TestFromHTTPSeesBindings(t *testing.T) {
	mounted := handler.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprint(w, "user ", r.PathValue("id"))
	}))
	h := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		req.SetRoute(handler.Route{Bindings: []handler.Binding{{Name: "id", Text: "7", Value: 7}}})
		return mounted.Init(req)
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "GET", "/users/7", "")
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, "user 7", body)
	})
}

func TestHandlerWithoutReply(t *testing.T) {
	servetest.Each(t, respond(func(*handler.Request) error { return nil }), func(t *testing.T, c *servetest.Client) {
		resp, body := c.Do(t, "GET", "/", "")
		assert.Equal(t, 204, resp.StatusCode)
		assert.Empty(t, body)
	})
}

func TestRoute(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
	assert.Nil(t, req.PathInfo())
	assert.Nil(t, req.HostInfo())
	assert.Equal(t, "", req.Binding("id"))
	req.SetRoute(handler.Route{
		Bindings: []handler.Binding{{Name: "id", Text: "7", Value: 7}, {Name: "name", Text: "x", Value: "x"}},
		PathInfo: []string{"a", "b"},
		HostInfo: []string{},
	})
	assert.Equal(t, "7", req.Binding("id"))
	assert.Len(t, req.Bindings(), 2)
	assert.Equal(t, []string{"a", "b"}, req.PathInfo())
	assert.NotNil(t, req.HostInfo())
	id, ok := handler.BindingAs[int](req, "id")
	assert.True(t, ok)
	assert.Equal(t, 7, id)
	_, ok = handler.BindingAs[int](req, "name")
	assert.False(t, ok, "a binding of another type")
	_, ok = handler.BindingAs[string](req, "none")
	assert.False(t, ok, "no such binding")
}

func TestEnvIsNeverWithoutLoggerAndSessions(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{Listener: "l"})
	require.NotNil(t, req.Env().Logger)
	require.NotNil(t, req.Env().Sessions)
	req.Env().Listener = "other"
	assert.Equal(t, "other", req.Env().Listener)
}

func ExampleFunc() {
	hello := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		return nil, req.ReplyText(200, "Hello, World!")
	})
	w := httptest.NewRecorder()
	_, err := hello.Init(handler.NewRequest(w, httptest.NewRequest("GET", "/", nil), handler.Env{}))
	fmt.Println(w.Code, w.Body, err)
	// Output: 200 Hello, World! <nil>
}
