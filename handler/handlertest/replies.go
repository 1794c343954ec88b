package handlertest

import (
	"bufio"
	"net"
	"net/http"
)

// countReplies notes a second WriteHeader, which net/http only logs. Handlers
// that come from net/http reply twice that way.
func countReplies(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if x := exchangeOf(r.Context()); x != nil {
			w = &replyCounter{ResponseWriter: w, exchange: x}
		}
		next.ServeHTTP(w, r)
	})
}

type replyCounter struct {
	http.ResponseWriter
	exchange *exchange
	begun    bool
}

func (w *replyCounter) WriteHeader(status int) {
	if final := status >= 200 || status == http.StatusSwitchingProtocols; final {
		if w.begun {
			w.exchange.update(func() { w.exchange.twice = true })
		}
		w.begun = true
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *replyCounter) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

func (w *replyCounter) FlushError() error {
	w.begun = true
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Flush and Hijack are for code that asserts their interfaces.
func (w *replyCounter) Flush() { _ = w.FlushError() }

func (w *replyCounter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// Unwrap is for [http.ResponseController], and for the protocol to find its
// own writer.
func (w *replyCounter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
