package protocol

import (
	"errors"
	"net/http"
	"strconv"
)

// ErrorPages is the [StreamHandler] that decides about the bodies of errors:
// it gives one to the replies of 400 and above that have none of their own, and
// to early errors (cowboy of 1.x: onresponse, as in its example error_hook).
// Without it, Cowhand's replies for errors have no body but the public message
// of a [handler.StatusError]. That message doesn't count as a body of their own.
type ErrorPages struct {
	// Page returns the body for a status, and may change the header; the
	// content type is text/html in UTF-8 unless Page sets another. If it
	// returns nil the reply stays as it is. x.Err() is the cause, which is not
	// for the client, and [handler.PublicOf] of it the message that is.
	// [TextPages] and [ProblemPages] are ready. Page is called concurrently.
	// Required.
	Page func(x *Exchange, status int, header http.Header) []byte
}

// Validate is for the protocol.
func (e ErrorPages) Validate() error {
	if e.Page == nil {
		return errors.New("ErrorPages.Page is nil; a function is required")
	}
	return nil
}

// Init begins an exchange.
func (e ErrorPages) Init(x *Exchange, next Stream) Stream {
	return &errorPage{Stream: next, x: x, page: e.page}
}

// EarlyError makes the page for a request that was refused.
func (e ErrorPages) EarlyError(early *EarlyError) {
	if body := e.page(early.Exchange, early.Status, early.Header); body != nil {
		early.Body = body
	}
}

// page calls Page with a header without those of another body, or leaves the
// header as it was.
func (e ErrorPages) page(x *Exchange, status int, h http.Header) []byte {
	restore := take(h, "Content-Type", "Content-Length")
	body := e.Page(x, status, h)
	switch {
	case body == nil:
		restore()
	case h["Content-Type"] == nil:
		h["Content-Type"] = textHTML
	}
	return body
}

var textHTML = []string{"text/html; charset=utf-8"}

// take takes headers out. restore puts them back, with those that are there
// without a value, as for a body whose type is not to be guessed.
func take(h http.Header, names ...string) (restore func()) {
	taken := make(http.Header, len(names))
	for _, name := range names {
		if values, ok := h[name]; ok {
			taken[name] = values
			delete(h, name)
		}
	}
	return func() {
		for name, values := range taken {
			h[name] = values
		}
	}
}

type errorPage struct {
	Stream
	x        *Exchange
	page     func(*Exchange, int, http.Header) []byte
	status   int // while the header is held back until there is a body, or none
	header   http.Header
	replaced bool // the page is the body
}

// Headers sends the page where it is known that there is no body.
func (e *errorPage) Headers(status int, h http.Header) {
	length := h.Get("Content-Length")
	switch {
	case status < 400:
		e.Stream.Headers(status, h)
	case e.x.generic || length == "0":
		e.reply(status, h)
	case length != "" || e.x.HTTP().Method == http.MethodHead:
		e.Stream.Headers(status, h)
	default:
		e.status, e.header = status, h
	}
}

// reply sends the page, or the headers alone where there is none.
func (e *errorPage) reply(status int, h http.Header) {
	body := e.page(e.x, status, h)
	if body == nil {
		e.Stream.Headers(status, h)
		return
	}
	e.replaced = true
	h["Content-Length"] = []string{strconv.Itoa(len(body))}
	e.Stream.Headers(status, h)
	if e.x.HTTP().Method != http.MethodHead {
		_, _ = e.Stream.Write(body) // fails only where the connection did
	}
}

// release sends the headers of a reply that has a body of its own.
func (e *errorPage) release() {
	if e.status != 0 {
		e.Stream.Headers(e.status, e.header)
		e.status = 0
	}
}

func (e *errorPage) Write(p []byte) (int, error) {
	if e.replaced || len(p) == 0 {
		return len(p), nil
	}
	e.release()
	return e.Stream.Write(p)
}

func (e *errorPage) Flush() error {
	e.release()
	return e.Stream.Flush()
}

func (e *errorPage) End(trailers http.Header) {
	if e.status != 0 {
		e.reply(e.status, e.header)
		e.status = 0
	}
	e.Stream.End(trailers)
}
