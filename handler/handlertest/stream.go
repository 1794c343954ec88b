package handlertest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Stream is a request that is running.
type Stream struct {
	client   *Client
	request  Request
	exchange *exchange
	cancel   context.CancelFunc

	begun chan struct{} // closed when the client has the header
	done  chan struct{} // closed when it has all, or failed

	// The receiving goroutine's, until begun or done is closed.
	response *http.Response
	body     []byte
	upgraded net.Conn // after 101
	failure  error

	mu      sync.Mutex
	conn    net.Conn
	informs []Inform

	// The test's.
	keep      bool // upgraded outlives Wait
	cancelled bool
	hangs     bool   // and the test has failed for it
	next      int    // piece for Next
	events    []byte // taken from pieces, and not parsed yet
	result    *Response
}

// Start sends a request and returns when the server has it. End it with
// [Stream.Wait] or [Stream.Cancel]; the end of the test cancels it, too.
func (c *Client) Start(request Request) *Stream {
	c.t.Helper()
	return c.start(request, false)
}

func (c *Client) start(request Request, initOnly bool) *Stream {
	c.t.Helper()
	request.setDefaults(c)
	ctx, cancel := context.WithCancel(context.Background())
	s := &Stream{client: c, request: request, cancel: cancel, begun: make(chan struct{}), done: make(chan struct{})}
	s.exchange = newExchange(&s.request)
	s.exchange.initOnly = initOnly
	r, err := request.build(s.trace(ctx), c)
	if err != nil {
		c.t.Fatalf("handlertest: %s: %v", request, err)
	}
	protocols, err := request.protocols()
	if err != nil {
		c.t.Fatalf("handlertest: %s: %v", request, err)
	}
	if body := r.Body; body != nil {
		context.AfterFunc(ctx, func() { body.Close() }) // net/http waits for a read of it to end
	}
	c.streams = append(slices.DeleteFunc(c.streams, (*Stream).isOver), s)
	go s.receive(&http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return c.network.dial(ctx, net.TCPAddrFromAddrPort(request.Peer), s.exchange)
		},
		Protocols:             protocols,
		DisableCompression:    true,
		ExpectContinueTimeout: c.Timeout,
	}, r, c.Jar)
	s.await("did not reach the server", s.exchange.entered, s.done)
	return s
}

// trace collects the connection and the informational responses.
func (s *Stream) trace(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.conn = info.Conn
		},
		Got1xxResponse: func(status int, header textproto.MIMEHeader) error {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.informs = append(s.informs, Inform{status, http.Header(header)})
			return nil
		},
	})
}

// receive sends the request and reads the response to its end. It reads all the
// time, so that the handler never waits for the test.
func (s *Stream) receive(transport *http.Transport, r *http.Request, jar http.CookieJar) {
	defer s.leave(r.Context(), transport)
	defer close(s.done)
	response, err := transport.RoundTrip(r)
	if err != nil {
		s.failure = err
		return
	}
	if jar != nil {
		jar.SetCookies(jarURL(r.URL), response.Cookies())
	}
	s.response = response
	close(s.begun)
	if both, ok := response.Body.(io.ReadWriteCloser); ok && response.StatusCode == http.StatusSwitchingProtocols {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.upgraded = upgraded{s.conn, both}
		return
	}
	s.body, s.failure = io.ReadAll(response.Body)
	_ = response.Body.Close() // what counts is what was read
}

// leave closes the connection when the handler has ended: before, it would take
// its client for gone.
func (s *Stream) leave(ctx context.Context, transport *http.Transport) {
	if isClosed(s.exchange.entered) {
		select {
		case <-s.exchange.ended:
		case <-ctx.Done():
		}
	}
	transport.CloseIdleConnections() // also the one that is idle only later
}

// upgraded is a connection without the response that came over it.
type upgraded struct {
	net.Conn
	stream io.ReadWriteCloser
}

func (u upgraded) Read(p []byte) (int, error)  { return u.stream.Read(p) }
func (u upgraded) Write(p []byte) (int, error) { return u.stream.Write(p) }
func (u upgraded) Close() error                { return u.stream.Close() }

// Head waits until the reply begins, and returns it without its body.
func (s *Stream) Head() *Response {
	s.client.t.Helper()
	s.await("no reply", s.begun, s.done)
	if s.response == nil {
		return s.Wait()
	}
	r := s.newResponse()
	r.Body, r.Trailer = nil, nil
	return r
}

// Next returns what the handler sends with its next flush, or with the end of
// its reply. If there is no more, the test fails.
func (s *Stream) Next() []byte {
	s.client.t.Helper()
	s.await("no reply", s.begun, s.done)
	for {
		ended := isClosed(s.exchange.ended)
		piece, last, changed := s.exchange.piece(s.next)
		switch {
		case piece != nil:
			if s.next++; last {
				s.Wait() // fails if the handler did, of which this piece may tell
			}
			return piece
		case ended || !isClosed(s.exchange.entered):
			s.Wait()
			s.client.t.Fatalf("handlertest: %s: the reply ended with piece %d", s, s.next)
		}
		s.await("nothing more was sent", changed, s.exchange.ended)
	}
}

// NextEvent returns the next server-sent event, or a comment. If there is none,
// the test fails.
func (s *Stream) NextEvent() handler.Event {
	s.client.t.Helper()
	for {
		event, rest, ok := cutEvent(s.events)
		if ok {
			s.events = rest
			return event
		}
		s.events = append(s.events, s.Next()...)
	}
}

// Wait waits until the handler has ended, and returns the response.
func (s *Stream) Wait() *Response {
	s.client.t.Helper()
	if s.result != nil {
		return s.result
	}
	s.await("no reply", s.begun, s.done)
	s.await("the reply does not end", s.done)
	if isClosed(s.exchange.entered) {
		s.await("the handler does not end", s.exchange.ended)
	} else if s.failure != nil && !s.cancelled {
		s.client.t.Fatalf("handlertest: %s: %v", s, s.failure)
	}
	if s.upgraded != nil && !s.keep {
		_ = s.upgraded.Close() // fails never
	}
	s.result = s.newResponse()
	if failure := s.failed(); failure != "" && !s.request.MayFail {
		s.client.t.Fatalf("handlertest: %s: %s", s, failure)
	}
	return s.result
}

// Cancel makes the client leave: it closes the connection (of HTTP/2: resets
// the stream). It returns what came before, once the handler has ended.
func (s *Stream) Cancel() *Response {
	s.client.t.Helper()
	if s.result == nil {
		s.cancelled = true
		s.cancel()
	}
	return s.Wait()
}

func (s *Stream) newResponse() *Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &Response{t: s.client.t, Informs: s.informs}
	if s.response != nil {
		r.Status, r.Header, r.Cookies = s.response.StatusCode, s.response.Header, s.response.Cookies()
	}
	if !isClosed(s.done) {
		return r
	}
	r.Body = s.body
	if s.response != nil {
		r.Trailer = s.response.Trailer
	}
	s.exchange.update(func() { r.Pieces, r.Route, r.Err = s.exchange.pieces, s.exchange.route, s.exchange.err })
	if s.cancelled {
		r.Body = bytes.Join(r.Pieces, nil) // some of it may have been on its way
	}
	if r.Broken = s.failure != nil; r.Broken && r.Err == nil {
		r.Err = s.failure
	}
	return r
}

// await waits for one of two channels; the second may be nil.
func (s *Stream) await(what string, channel <-chan struct{}, other ...<-chan struct{}) {
	s.client.t.Helper()
	timer := time.NewTimer(s.client.Timeout)
	defer timer.Stop()
	var second <-chan struct{}
	if len(other) > 0 {
		second = other[0]
	}
	select {
	case <-channel:
	case <-second:
	case <-timer.C:
		failure := s.hanging(what + " within " + s.client.Timeout.String())
		s.hangs = true
		s.cancel()
		s.client.t.Fatalf("handlertest: %s", failure)
	}
}

// isOver reports whether nothing is left to be ended.
func (s *Stream) isOver() bool { return s.result != nil && s.upgraded == nil }

func (s *Stream) endsWithin(d time.Duration) bool {
	if s.result != nil || !isClosed(s.exchange.entered) {
		return true
	}
	select {
	case <-s.exchange.ended:
		return true
	case <-time.After(d):
		return false
	}
}

func isClosed(channel <-chan struct{}) bool {
	select {
	case <-channel:
		return true
	default:
		return false
	}
}

// isAbort reports whether a handler broke its reply off on purpose.
func isAbort(err error) bool { return errors.Is(err, http.ErrAbortHandler) }
