package protocol

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"

	"github.com/cowhand/cowhand/handler"
)

// newPanicError is for a deferred function that has just recovered value.
func newPanicError(value any) *handler.PanicError {
	return &handler.PanicError{Value: value, Stack: debug.Stack()}
}

// recoverRequest is deferred around all that runs for req.
func recoverRequest(req *handler.Request, x *exchange) {
	if value := recover(); value != nil {
		crash(req, x, newPanicError(value))
	}
}

// fail answers req with the status that err carries, or breaks off a reply
// that has begun, and logs what the client is not told.
func fail(req *handler.Request, x *exchange, err error) {
	var panicked *handler.PanicError
	if errors.As(err, &panicked) {
		crash(req, x, panicked)
		return
	}
	x.note(req, err)
	status := handler.StatusOf(err)
	if level := failureLevel(req, status); req.Env().Logger.Enabled(req.Context(), level) {
		logRequest(req, level, "request failed", slog.Int("status", status), slog.String("error", err.Error()))
	}
	answerFailure(req, status, handler.PublicOf(err))
}

// answerFailure is for a failure that was logged. A reply that is complete
// stays as it is.
func answerFailure(req *handler.Request, status int, public string) {
	switch {
	case req.Unfinished():
		panic(http.ErrAbortHandler)
	case !req.Replied():
		replyError(req, status, public)
	}
}

// failureLevel is Error for failures of the server, and Debug for those of
// the client: a 4xx, or one that went away.
func failureLevel(req *handler.Request, status int) slog.Level {
	if status < 500 || req.Context().Err() != nil {
		return slog.LevelDebug
	}
	return slog.LevelError
}

// crash answers a panic with 500, or breaks off a reply that has begun.
func crash(req *handler.Request, x *exchange, err *handler.PanicError) {
	x.note(req, err)
	if err.Value == http.ErrAbortHandler {
		panic(http.ErrAbortHandler)
	}
	logCrash(req, "request crashed", err)
	answerFailure(req, http.StatusInternalServerError, "")
}

func logCrash(req *handler.Request, message string, err *handler.PanicError) {
	logRequest(req, slog.LevelError, message,
		slog.String("error", err.Error()), slog.String("stack", string(err.Stack)))
}

func logRequest(req *handler.Request, level slog.Level, message string, attrs ...slog.Attr) {
	env := req.Env()
	attrs = append(attrs,
		slog.String("listener", env.Listener),
		slog.String("method", req.Method()),
		slog.String("path", req.Path()),
		slog.String("route", routeName(req)))
	env.Logger.LogAttrs(req.Context(), level, message, attrs...)
}

// routeName tells the route by its handler and bindings.
func routeName(req *handler.Request) string {
	h := req.Env().Handler
	if h == nil {
		return "none"
	}
	name := fmt.Sprintf("%T", h)
	for _, b := range req.Bindings() {
		name += fmt.Sprintf(" %s=%q", b.Name, b.Text)
	}
	return name
}

// replyError sends the status, and the message for the client if the error has
// one. Other bodies are for [ErrorPages].
func replyError(req *handler.Request, status int, public string) {
	h := req.RespHeaders()
	prepareError(h)
	if public != "" {
		h["Content-Type"] = textPlain
		h["X-Content-Type-Options"] = noSniff
	}
	_ = req.Reply(status, nil, []byte(public)) // fails only where the connection did
}

// replyNoContent answers a request for which nothing was sent. A body that
// was set but never sent is dropped, as in Cowboy.
func replyNoContent(req *handler.Request) {
	req.SetRespBody(nil)
	_ = req.ReplyStatus(http.StatusNoContent) // fails only where the connection did
}

// refuse answers a request that no handler gets to see, and closes an HTTP/1
// connection: the client does not keep to the rules.
func (p *Protocol) refuse(w http.ResponseWriter, r *http.Request, early *limitError) {
	h := w.Header()
	if r.ProtoMajor == 1 || isPreface(r) {
		h["Connection"] = connectionClose
	}
	prepareError(h)
	x := &Exchange{protocol: p, http: r, err: early}
	e := EarlyError{Exchange: x, Reason: early, Status: early.status, Header: h}
	for _, s := range slices.Backward(p.streams) {
		if s, ok := s.(EarlyErrorHandler); ok {
			s.EarlyError(&e)
		}
	}
	h["Content-Length"] = []string{strconv.Itoa(len(e.Body))}
	if _, set := h["Content-Type"]; !set {
		h["Content-Type"] = nil // or net/http guesses one
	}
	w.WriteHeader(e.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(e.Body) // fails only where the connection did
	}
}

// prepareError takes out the headers of another body.
func prepareError(h http.Header) {
	for _, name := range [...]string{"Content-Type", "Content-Length", "Content-Encoding", "Etag", "Last-Modified", "Cache-Control"} {
		delete(h, name)
	}
}

func statusText(status int) string {
	if text := http.StatusText(status); text != "" {
		return text
	}
	return strconv.Itoa(status)
}

var (
	textPlain       = []string{"text/plain; charset=utf-8"}
	noSniff         = []string{"nosniff"}
	connectionClose = []string{"close"}
)
