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
	req.SetMatch(handler.NewPatterns("_", "/users/:id"), id, nil, nil)
	assert.Equal(t, handler.Route{Pattern: "/users/:id", HostPattern: "_", Bindings: id}, req.Route())

	other := handler.Route{Pattern: "/files/[...]", HostPattern: "example.org", PathInfo: []string{"a"}, HostInfo: []string{}}
	req.SetRoute(other)
	assert.Equal(t, other, req.Route())
	assert.NotNil(t, req.HostInfo())
	other.Pattern = "/another" // a Route is the caller's
	assert.Equal(t, "/files/[...]", req.Route().Pattern)

	req.SetRoute(handler.Route{})
	assert.Equal(t, handler.Route{}, req.Route())
}

// Requests of one route share its patterns and nothing else.
func TestRequestsOfOneRouteAreApart(t *testing.T) {
	p := handler.NewPatterns("_", "/x")
	first, second, third := bareRequest(), bareRequest(), bareRequest()
	first.SetMatch(p, nil, nil, nil)
	first.SetRespBody([]byte("first"))
	first.SetMatch(p, nil, nil, nil) // a second middleware that routes
	second.SetMatch(p, nil, nil, nil)
	assert.True(t, first.HasRespBody())
	assert.False(t, second.HasRespBody())
	second.SetMatch(p, nil, nil, []string{"a"})
	third.SetMatch(p, nil, nil, nil)
	assert.Nil(t, third.PathInfo())
	assert.Equal(t, []string{"a"}, second.PathInfo())
	for _, req := range []*handler.Request{first, second, third} {
		assert.Equal(t, "/x", req.Route().Pattern)
	}
}

func TestPatternsCostNothing(t *testing.T) {
	p := handler.NewPatterns("_", "/x")
	req := bareRequest()
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		req.SetMatch(p, nil, nil, nil)
		_ = req.Route()
	}))
}
