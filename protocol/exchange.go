package protocol

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Exchange is a request and its response, as stream handlers know them. It
// belongs to the goroutine of the request, and does not change after
// Terminate.
type Exchange struct {
	protocol *Protocol
	http     *http.Request
	request  *handler.Request // nil before the middlewares
	err      error            // what the handler failed with
	generic  bool             // the response to come is the protocol's own
}

// HTTP returns the request as net/http has it.
func (x *Exchange) HTTP() *http.Request { return x.http }

// Request returns the request as the middlewares and the handler have it,
// with its route; nil before the first middleware, and of a request that did
// not come to one.
func (x *Exchange) Request() *handler.Request { return x.request }

// Listener returns the name of the listener, if there is one.
func (x *Exchange) Listener() string { return x.protocol.options.Listener }

// Logger returns the protocol's logger.
func (x *Exchange) Logger() *slog.Logger { return x.protocol.options.Logger }

// Err returns what the request failed with, or nil: the handler's error, a
// [*handler.PanicError] after a panic, or the reason of an [EarlyError]. It is
// set before the response that tells the client.
func (x *Exchange) Err() error { return x.err }

// note keeps why the handler failed, of several reasons the first: the others
// come of it. An exchange is nil where there is no chain.
func (x *exchange) note(req *handler.Request, err error) {
	if x != nil && x.err == nil {
		x.err, x.generic = err, !req.Replied()
	}
}

// exchange is the writer and the body that the handler has, in front of the
// chain, and what the end of the chain needs.
type exchange struct {
	Exchange
	own    *http.Request // under the chain, which has copied it
	copied http.Request
	writer http.ResponseWriter
	body   io.ReadCloser // under the chain
	front  Stream        // the first link as seen from the handler

	status   int   // of the final response; 0 before
	declared int64 // its length, or -1
	written  int64
	writeErr error
	gone     bool // the client was, when the response began
	hijacked bool
	taken    net.Conn // from net/http, on its way through the chain to the handler
}

// serveChain answers a request with the chain around it.
func (p *Protocol) serveChain(w http.ResponseWriter, r *http.Request) {
	x := &exchange{Exchange: Exchange{protocol: p}, own: r, copied: *r, writer: w, body: r.Body, declared: -1}
	x.http = &x.copied // net/http's own must not change, see upload
	x.front = client{x}
	ended := false
	defer func() { x.terminate(ended) }()
	defer x.recover()
	x.open()
	p.serve.ServeHTTP(x, x.http)
	x.end()
	ended = true
}

// open makes the chain for a request.
func (x *exchange) open() {
	for _, h := range x.protocol.streams {
		if s := h.Init(&x.Exchange, x.front); s != nil {
			x.front = s
		}
	}
	if r := x.http; r.Body != nil && r.Body != http.NoBody {
		r.Body = chainBody{x}
	}
}

// recover is deferred around the chain. A panic that comes this far is one of
// a stream handler, or of a net/http middleware: it is answered past them.
func (x *exchange) recover() {
	value := recover()
	if value == nil {
		return
	}
	if value != http.ErrAbortHandler {
		panicked := newPanicError(value)
		x.err = panicked
		x.logCrash(panicked)
		if x.status == 0 && !x.hijacked {
			prepareError(x.writer.Header())
			x.writer.WriteHeader(http.StatusInternalServerError)
			return
		}
	}
	panic(http.ErrAbortHandler)
}

// terminate ends the chain. The response is what it is, whatever the links do.
func (x *exchange) terminate(ended bool) {
	if form := x.http.MultipartForm; form != nil {
		x.own.MultipartForm = form // for net/http to remove its files
	}
	defer func() {
		if value := recover(); value != nil {
			x.logCrash(newPanicError(value))
		}
	}()
	x.front.Terminate(x.reason(ended))
}

func (x *exchange) logCrash(err *handler.PanicError) {
	x.Logger().Error("request crashed outside of its handler",
		slog.String("error", err.Error()), slog.String("stack", string(err.Stack)),
		slog.String("listener", x.Listener()), slog.String("method", x.http.Method), slog.String("path", x.http.URL.Path))
}

// exchangeOf finds the exchange under the writers of net/http middlewares.
func exchangeOf(w http.ResponseWriter) *exchange {
	for {
		if x, ok := w.(*exchange); ok {
			return x
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = wrapper.Unwrap()
	}
}

// end completes the response.
func (x *exchange) end() {
	if x.hijacked {
		return
	}
	x.noteGone()
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	x.front.End(takeTrailers(x.Header()))
}

// noteGone sees whether the client left while its response was incomplete.
func (x *exchange) noteGone() {
	if x.http.Context().Err() != nil && !x.complete() {
		x.gone = true
	}
}

func (x *exchange) complete() bool {
	if x.status == 0 {
		return false
	}
	return x.http.Method == http.MethodHead || !httpgrammar.BodyAllowed(x.status) || x.written == x.declared
}

// reason is why the exchange ended, ended being whether it did without a
// panic.
func (x *exchange) reason(ended bool) Reason {
	if !ended {
		x.noteGone()
	}
	var panicked *handler.PanicError
	switch {
	case errors.As(x.err, &panicked) && panicked.Value != http.ErrAbortHandler:
		return Reason{ReasonCrash, x.err}
	case x.hijacked, ended && x.http.Method == http.MethodConnect && x.status/100 == 2:
		return Reason{ReasonSwitched, x.err}
	case x.gone:
		return Reason{ReasonClosed, context.Cause(x.http.Context())}
	case x.writeErr != nil:
		return Reason{ReasonClosed, x.writeErr}
	case !ended && (x.err == nil || panicked != nil):
		return Reason{ReasonAborted, http.ErrAbortHandler}
	case !ended, x.err != nil && handler.StatusOf(x.err) >= 500:
		return Reason{ReasonError, x.err}
	}
	return Reason{ReasonNormal, x.err}
}

// Header returns the response's header.
func (x *exchange) Header() http.Header { return x.writer.Header() }

// WriteHeader begins the response, or sends an informational one.
func (x *exchange) WriteHeader(status int) {
	switch {
	case x.status != 0 || x.hijacked:
		return
	case status < 200 && status != http.StatusSwitchingProtocols:
		x.front.Inform(status, x.Header())
		return
	}
	x.noteGone()
	x.status = status
	if n, err := strconv.ParseInt(x.Header().Get("Content-Length"), 10, 64); err == nil {
		x.declared = n
	}
	if x.dropsTrailers() {
		x.Header().Del("Trailer") // RFC 9110, section 6.6.2: it announces what is sent
	}
	x.front.Headers(status, x.Header())
}

// dropsTrailers reports whether net/http has no place for trailers in the
// response that begins.
func (x *exchange) dropsTrailers() bool {
	r := x.own
	if r.Method == http.MethodHead || !httpgrammar.BodyAllowed(x.status) {
		return true
	}
	return r.ProtoMajor == 1 && (r.ProtoMinor == 0 || x.declared >= 0)
}

// begin is for the first write.
func (x *exchange) begin() error {
	if x.hijacked {
		return http.ErrHijacked
	}
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	return nil
}

// count counts what was written.
func (x *exchange) count(n int64, err error) {
	x.written += n
	if err != nil && x.http.Context().Err() != nil && !x.complete() {
		x.writeErr = err
	}
}

// Write sends some of the body.
func (x *exchange) Write(p []byte) (int, error) {
	if err := x.begin(); err != nil {
		return 0, err
	}
	n, err := x.front.Write(p)
	x.count(int64(n), err)
	return n, err
}

// WriteString is Write without a copy where the chain can.
func (x *exchange) WriteString(s string) (int, error) {
	if err := x.begin(); err != nil {
		return 0, err
	}
	n, err := io.WriteString(x.front, s)
	x.count(int64(n), err)
	return n, err
}

// ReadFrom lets the system send a file where the chain can.
func (x *exchange) ReadFrom(src io.Reader) (int64, error) {
	if err := x.begin(); err != nil {
		return 0, err
	}
	n, err := readFrom(x.front, src)
	x.count(n, err)
	return n, err
}

// readFrom copies without a detour where next can.
func readFrom(next Stream, src io.Reader) (int64, error) {
	if to, ok := next.(io.ReaderFrom); ok {
		return to.ReadFrom(src)
	}
	return io.Copy(struct{ io.Writer }{next}, src)
}

// Flush is FlushError without its error.
func (x *exchange) Flush() { _ = x.FlushError() }

// FlushError sends what is held back.
func (x *exchange) FlushError() error {
	if err := x.begin(); err != nil {
		return err
	}
	err := x.front.Flush()
	x.count(0, err)
	return err
}

// Hijack takes the connection out of HTTP.
func (x *exchange) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	handed := false
	defer func() {
		if x.taken == nil {
			return
		}
		x.hijacked = true
		if !handed { // a link has failed, and net/http does not close what it gave away
			_ = x.taken.Close()
		}
		x.taken = nil
	}()
	conn, buffered, err := x.front.Hijack()
	handed = err == nil
	x.hijacked = x.hijacked || handed
	return conn, buffered, err
}

// Push is HTTP/2's server push, where the connection has it.
func (x *exchange) Push(target string, options *http.PushOptions) error {
	if pusher, ok := x.writer.(http.Pusher); ok {
		return pusher.Push(target, options)
	}
	return http.ErrNotSupported
}

// Unwrap is for the deadlines of [http.ResponseController].
func (x *exchange) Unwrap() http.ResponseWriter { return x.writer }

// chainBody is the request's body behind the chain.
type chainBody struct{ x *exchange }

func (b chainBody) Read(p []byte) (int, error) { return b.x.front.Read(p) }
func (b chainBody) Close() error               { return b.x.body.Close() }
