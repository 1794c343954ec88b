package router_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
	"github.com/julienschmidt/httprouter"
)

// benchmarkPaths are the routes of the benchmarks: a small service's, without
// conflicts, so that httprouter alone can hold them as well.
var benchmarkPaths = []string{
	"/", "/hello", "/echo", "/users", "/users/:id", "/users/:id/posts", "/users/:id/posts/:post",
	"/static/css/main.css", "/static/js/main.js", "/health", "/ws",
}

func benchmarkDispatch(b *testing.B, host, path string, constraints ...router.Constraint) {
	var paths []router.PathRoute
	for _, pattern := range benchmarkPaths {
		p := router.Path(pattern, numbered(1))
		if pattern == "/users/:id" {
			p = p.Where("id", constraints...)
		}
		paths = append(paths, p)
	}
	d := router.MustCompile(router.Host(host, paths...))
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "http://www.example.org"+path, nil), handler.Env{})
	b.ReportAllocs()
	for b.Loop() {
		if _, err := d.Dispatch(req); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDispatchStatic(b *testing.B)   { benchmarkDispatch(b, "_", "/static/css/main.css") }
func BenchmarkDispatchBinding(b *testing.B)  { benchmarkDispatch(b, "_", "/users/1234567") }
func BenchmarkDispatchTwo(b *testing.B)      { benchmarkDispatch(b, "_", "/users/1234567/posts/89") }
func BenchmarkDispatchInt(b *testing.B)      { benchmarkDispatch(b, "_", "/users/1234567", router.Int) }
func BenchmarkDispatchEncoded(b *testing.B)  { benchmarkDispatch(b, "_", "/users/J%C3%BCrgen") }
func BenchmarkDispatchHost(b *testing.B)     { benchmarkDispatch(b, "www.example.org", "/hello") }
func BenchmarkDispatchAnyLabel(b *testing.B) { benchmarkDispatch(b, ":sub.example.org", "/hello") }

// The same routes in httprouter alone, called as its ServeHTTP calls them.
func benchmarkHTTPRouter(b *testing.B, path string) {
	r := httprouter.New()
	for _, pattern := range benchmarkPaths {
		r.Handle(http.MethodGet, pattern, func(http.ResponseWriter, *http.Request, httprouter.Params) {})
	}
	w, req := httptest.NewRecorder(), httptest.NewRequest("GET", path, nil)
	b.ReportAllocs()
	for b.Loop() {
		handle, params, _ := r.Lookup(req.Method, req.URL.Path)
		if handle == nil {
			b.Fatal("no route")
		}
		handle(w, req, params)
	}
}

func BenchmarkHTTPRouterStatic(b *testing.B)  { benchmarkHTTPRouter(b, "/static/css/main.css") }
func BenchmarkHTTPRouterBinding(b *testing.B) { benchmarkHTTPRouter(b, "/users/1234567") }
func BenchmarkHTTPRouterTwo(b *testing.B)     { benchmarkHTTPRouter(b, "/users/1234567/posts/89") }

// The cost of a table of 2000 routes, half of them in conflict with the
// other half.
func BenchmarkCompile(b *testing.B) {
	var paths []router.PathRoute
	for i := range 500 {
		for _, pattern := range []string{"/r%d", "/r%d/new", "/r%d/:id", "/r%d/:id/[...]"} {
			paths = append(paths, router.Path(fmt.Sprintf(pattern, i), numbered(i)))
		}
	}
	host := router.Host("_", paths...)
	b.ReportAllocs()
	for b.Loop() {
		router.MustCompile(host)
	}
}
