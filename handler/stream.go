package handler

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Stream is a reply that is sent piece by piece. It belongs to the goroutine
// that handles the request. What its methods return once the client is gone
// is an error, so that the handler can end.
type Stream struct {
	req    *Request
	noBody bool // to HEAD, and after 204 and 304
	ended  bool // after trailers
}

// StreamReply begins a reply and returns the stream for its body
// (cowboy_req:stream_reply/3). Without a content length among the headers the
// body is chunked over HTTP/1.1. A 204 or 304 has no body: it is sent at
// once. A request body that was begun before, by ReadBody or Body, can be read
// on beside the stream; one that was not is thrown away over HTTP/1.1. Errors
// are as of [Request.Reply].
func (r *Request) StreamReply(status int, headers Headers) (*Stream, error) {
	if err := r.beginReply(status, headers, false); err != nil {
		return nil, err
	}
	s := &Stream{req: r, noBody: r.r.Method == http.MethodHead || !httpgrammar.BodyAllowed(status)}
	if h := r.w.Header(); h["Trailer"] != nil && (s.noBody || !r.takesTrailers()) {
		delete(h, "Trailer") // announces what Trailers drops
	}
	r.keepBody()
	r.w.WriteHeader(status)
	r.partial = !s.noBody
	return s, s.flush()
}

// Body sends data at once (cowboy_req:stream_body/3). It returns when the
// connection has taken the data: a client that reads slowly slows the handler
// down, and nothing piles up. The end of the handler ends the body.
func (s *Stream) Body(data []byte) error {
	if _, err := s.Write(data); err != nil || len(data) == 0 {
		return err
	}
	return s.Flush()
}

// Write is [io.Writer]: as Body, but small pieces are sent together, by and
// by; Flush sends them.
func (s *Stream) Write(data []byte) (int, error) {
	switch {
	case s.ended:
		return 0, Errorf(500, "handler: the body of the stream is at its end")
	case s.noBody:
		return len(data), nil
	}
	if err := s.gone(); err != nil {
		return 0, err
	}
	return s.req.w.Write(data)
}

// Flush sends what Write holds back.
func (s *Stream) Flush() error {
	if s.ended || s.noBody { // without a body the reply is over, and over HTTP/2 so is its stream
		return nil
	}
	return s.flush()
}

func (s *Stream) flush() error { return http.NewResponseController(s.req.w).Flush() }

// File sends a region of a file (cowboy_req:stream_body/3 with a sendfile
// tuple).
func (s *Stream) File(file File) error {
	if s.noBody {
		return nil
	}
	if err := s.gone(); err != nil {
		return err
	}
	opened, err := file.open()
	if err != nil {
		return err
	}
	defer opened.Close()
	if err := file.sendTo(s.req.w, opened); err != nil {
		return err
	}
	return s.Flush()
}

// Trailers ends the body and sends headers after it
// (cowboy_req:stream_trailers/2). As in Cowboy, over HTTP/1.1 they go out
// only to a client that said "TE: trailers", and with a chunked body. If they
// don't, neither does the header Trailer that announces them.
func (s *Stream) Trailers(trailers Headers) error {
	if s.ended {
		return Errorf(500, "handler: the stream sent its trailers already")
	}
	for name, value := range trailers {
		if err := checkHeader(name, value); err != nil {
			return err
		}
	}
	s.ended, s.req.partial = true, false
	if s.noBody || !s.req.takesTrailers() {
		return nil
	}
	h := s.req.w.Header()
	for name, value := range trailers {
		h.Set(http.TrailerPrefix+http.CanonicalHeaderKey(name), value)
	}
	return nil
}

// takesTrailers reports whether trailers reach the client. In HTTP/2 and
// HTTP/3 every client takes them; in HTTP/1.1 they are a part of chunks (RFC
// 9112, section 7.1.2), which a body with a length has none of.
func (r *Request) takesTrailers() bool {
	switch {
	case r.r.ProtoMajor >= 2:
		return true
	case !r.r.ProtoAtLeast(1, 1) || r.w.Header()["Content-Length"] != nil:
		return false
	}
	tokens, _ := httpgrammar.List(r.Header("Te"), func(s *httpgrammar.Scanner) (string, bool) {
		w, ok := weighted(s, s.LowerToken())
		return w.Value, ok
	})
	for _, token := range tokens {
		if token == "trailers" {
			return true
		}
	}
	return false
}

// gone returns why the request's context has ended: the client is gone.
func (s *Stream) gone() error { return context.Cause(s.req.r.Context()) }

// Push offers the client a reply to a request that it has not made yet, where
// the protocol can: HTTP/2 (cowboy_req:push/3). Elsewhere, to a client that
// wants none or has enough, and for a request that was pushed itself, it does
// nothing. path has the query, if any; headers are those of the request that
// it stands for. A path that does not begin with "/" and a header that
// SetRespHeader would refuse are errors.
func (r *Request) Push(path string, headers Headers) error {
	if r.replied {
		return ErrReplied
	}
	if !strings.HasPrefix(path, "/") {
		return fmt.Errorf("handler: the path %q of a push does not begin with /", path)
	}
	h := make(http.Header, len(headers))
	if err := headers.addTo(h); err != nil {
		return err
	}
	if pusher := findPusher(r.w); pusher != nil {
		_ = pusher.Push(path, &http.PushOptions{Header: h}) // an offer: what is wrong is on the client's side
	}
	return nil
}

// findPusher looks for a pusher under the wrappers of a writer, as
// [http.ResponseController] does for its methods.
func findPusher(w http.ResponseWriter) http.Pusher {
	for {
		if pusher, ok := w.(http.Pusher); ok {
			return pusher
		}
		wrapper, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return nil
		}
		w = wrapper.Unwrap()
	}
}
