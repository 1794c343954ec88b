package rest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// discard takes a reply and keeps nothing.
type discard http.Header

func (w discard) Header() http.Header       { return http.Header(w) }
func (discard) WriteHeader(int)             {}
func (discard) Write(p []byte) (int, error) { return len(p), nil }

// BenchmarkGet is the whole flow for a page with the defaults.
func BenchmarkGet(b *testing.B) {
	resource := toHTML{answer(rest.Text("<p>Hello, World!"), nil)}
	open := func(*handler.Request) (toHTML, error) { return resource, nil }
	b.Run("Upgrade", func(b *testing.B) {
		benchmarkGet(b, handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return rest.Upgrade(resource), nil }))
	})
	b.Run("Handle", func(b *testing.B) { benchmarkGet(b, rest.Handle(open)) })
}

func benchmarkGet(b *testing.B, h handler.Handler) {
	w := discard{}
	r := httptest.NewRequest("GET", "/", nil)
	env := handler.Env{Sessions: new(handler.Sessions)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w)
		req := handler.NewRequest(w, r, env)
		upgrade, err := h.Init(req)
		if err != nil {
			b.Fatal(err)
		}
		if err := upgrade.Protocol.Upgrade(req, req.Env()); err != nil {
			b.Fatal(err)
		}
	}
}
