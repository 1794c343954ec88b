package handler_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/cowhand/cowhand/handler"
)

// BenchmarkReplyText is what handler adds to the plainest of requests.
func BenchmarkReplyText(b *testing.B) {
	w := &nullWriter{header: http.Header{}}
	r := httptest.NewRequest("GET", "/", nil)
	env := handler.Env{Sessions: new(handler.Sessions)}
	b.ReportAllocs()
	for b.Loop() {
		clear(w.header)
		_ = handler.NewRequest(w, r, env).ReplyText(200, "Hello, World!")
	}
}
