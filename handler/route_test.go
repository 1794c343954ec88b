package handler_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
)

func bareRequest() *handler.Request {
	return handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
}

func TestRoutePatterns(t *testing.T) {
	req := bareRequest()
	assert.Equal(t, handler.Route{}, req.Route())
	id := []handler.Binding{{Name: "id", Text: "7", Value: 7}}
	route := handler.NewRoute("_", "/users/:id")
	route.Bindings = id
	req.SetRoute(route)
	assert.Equal(t, route, req.Route())

	other := handler.Route{Pattern: "/files/[...]", HostPattern: "example.org", PathInfo: []string{"a"}, HostInfo: []string{}}
	req.SetRoute(other)
	got := req.Route()
	assert.Equal(t, "/files/[...]", got.Pattern)
	assert.Equal(t, "example.org", got.HostPattern)
	assert.Equal(t, []string{"a"}, got.PathInfo)
	assert.NotNil(t, got.HostInfo)
	assert.Nil(t, got.Bindings)

	got.Pattern = "/another" // a Route is the caller's
	req.SetRoute(got)
	assert.Equal(t, "/another", req.Route().Pattern)
	assert.Equal(t, "example.org", req.Route().HostPattern)

	req.SetRoute(handler.Route{})
	assert.Equal(t, handler.Route{}, req.Route())
}

// Requests of one route share its patterns and nothing else.
func TestRequestsOfOneRouteAreApart(t *testing.T) {
	route := handler.NewRoute("_", "/x")
	first, second := bareRequest(), bareRequest()
	first.SetRoute(route)
	first.SetRespBody([]byte("first"))
	first.SetRoute(route) // a second middleware that routes
	second.SetRoute(route)
	assert.True(t, first.HasRespBody())
	assert.False(t, second.HasRespBody())
	info := route
	info.PathInfo = []string{"a"}
	second.SetRoute(info)
	third := bareRequest()
	third.SetRoute(route)
	assert.Nil(t, third.PathInfo())
	assert.Equal(t, []string{"a"}, second.PathInfo())
	assert.Equal(t, "/x", second.Route().Pattern)
}

func TestRouteCostsNothing(t *testing.T) {
	route := handler.NewRoute("_", "/x")
	req := bareRequest()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		req.SetRoute(route)
		_ = req.Route()
	}))
}
