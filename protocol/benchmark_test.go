package protocol_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/julienschmidt/httprouter"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// sink is a ResponseWriter that costs nothing, so that what is measured is
// the way to the handler.
type sink struct{ header http.Header }

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

func benchmark(b *testing.B, h http.Handler, header ...string) {
	r := httptest.NewRequest("GET", "/hello", nil)
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := &sink{make(http.Header)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		h.ServeHTTP(w, r)
	}
}

func BenchmarkHTTPRouter(b *testing.B) {
	router := httprouter.New()
	router.GET("/hello", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		w.Header().Set("Content-Length", "13")
		_, _ = w.Write([]byte("Hello, World!"))
	})
	benchmark(b, router)
}

func BenchmarkProtocol(b *testing.B) {
	mustServe := func(options protocol.Options) http.Handler {
		p, err := protocol.New(options)
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	hello := handler.Func(say("Hello, World!"))
	large := handler.Func(say(strings.Repeat("Hello, World! ", 100)))
	browser := []string{
		"User-Agent", "x", "Accept", "*/*", "Accept-Language", "en", "Accept-Encoding", "gzip, deflate, br",
		"Cookie", "a=b", "Cache-Control", "no-cache", "Referer", "http://x/", "Origin", "http://x",
	}
	b.Run("hello", func(b *testing.B) { benchmark(b, mustServe(protocol.Options{Dispatch: to{hello}})) })
	b.Run("hello-headers", func(b *testing.B) { benchmark(b, mustServe(protocol.Options{Dispatch: to{hello}}), browser...) })
	b.Run("compress-small", func(b *testing.B) {
		benchmark(b, mustServe(protocol.Options{Dispatch: to{hello}, Compress: true}), browser...)
	})
	b.Run("compress-1400", func(b *testing.B) {
		benchmark(b, mustServe(protocol.Options{Dispatch: to{large}, Compress: true}), browser...)
	})
}
