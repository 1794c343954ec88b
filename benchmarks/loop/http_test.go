package loop

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"

	"github.com/julienschmidt/httprouter"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// paths are a small service's routes, in the notation that both routers
// share.
var paths = []string{
	"/", "/hello", "/echo", "/users/:id", "/users/:id/posts", "/users/:id/posts/:post", "/health", "/static/main.css",
}

// requested are paths that are asked for, and match.
var requested = []string{"/hello", "/users/42", "/users/42/posts/7", "/static/main.css"}

func hello(req *handler.Request) (*handler.Upgrade, error) {
	return nil, req.ReplyText(http.StatusOK, "Hello, World!")
}

func table() *router.Dispatch {
	var list []router.PathRoute
	for _, path := range paths {
		list = append(list, router.Path(path, handler.Func(hello)))
	}
	return router.MustCompile(router.Host("_", list...))
}

func httprouterTable() *httprouter.Router {
	r := httprouter.New()
	for _, path := range paths {
		r.GET(path, func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			w.Header().Set("Content-Length", strconv.Itoa(len("Hello, World!")))
			_, _ = w.Write([]byte("Hello, World!"))
		})
	}
	return r
}

// BenchmarkDispatch finds the handler of a request, beside httprouter alone.
func BenchmarkDispatch(b *testing.B) {
	for _, path := range requested {
		b.Run("cowhand"+path, func(b *testing.B) {
			d := table()
			req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil), handler.Env{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := d.Dispatch(req); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("httprouter"+path, func(b *testing.B) {
			r := httprouterTable()
			b.ReportAllocs()
			for b.Loop() {
				if h, _, _ := r.Lookup("GET", path); h == nil {
					b.Fatal("not found")
				}
			}
		})
	}
}

// discard is a ResponseWriter that costs nothing, so that what is measured
// is the way to the handler and its reply.
type discard struct {
	header http.Header
	n      int
}

func (d *discard) Header() http.Header { return d.header }
func (d *discard) WriteHeader(int)     {}
func (d *discard) Write(b []byte) (int, error) {
	d.n += len(b)
	return len(b), nil
}

// BenchmarkHello answers a request: the whole chain of protocol, router and
// handler, beside a handler behind httprouter and one behind nothing.
func BenchmarkHello(b *testing.B) {
	p, err := protocol.New(protocol.Options{Dispatch: table()})
	if err != nil {
		b.Fatal(err)
	}
	plain := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Hello, World!")) })
	for _, server := range []struct {
		name string
		http.Handler
	}{{"cowhand", p}, {"httprouter", httprouterTable()}, {"nothing", plain}} {
		for _, path := range []string{"/hello", "/users/42"} {
			b.Run(fmt.Sprint(server.name, path), func(b *testing.B) {
				r := httptest.NewRequest("GET", path, nil)
				w := &discard{header: make(http.Header)}
				b.ReportAllocs()
				for b.Loop() {
					clear(w.header)
					server.ServeHTTP(w, r)
				}
				if w.n == 0 {
					b.Fatal("no body")
				}
			})
		}
	}
}
