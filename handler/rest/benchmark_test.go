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
	w := discard{}
	r := httptest.NewRequest("GET", "/", nil)
	env := handler.Env{Sessions: new(handler.Sessions)}
	resource := toHTML{answer(rest.Text("<p>Hello, World!"), nil)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w)
		req := handler.NewRequest(w, r, env)
		if err := rest.Upgrade(resource).Protocol.Upgrade(req, req.Env()); err != nil {
			b.Fatal(err)
		}
	}
}
