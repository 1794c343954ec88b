package handlertest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"sync"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// Client sends requests to the routes under test. Create one with [New] or
// [Serve]. The fields may be changed between requests.
type Client struct {
	// Timeout bounds each wait for the handler. Default 10 s.
	Timeout time.Duration

	// Headers are sent with each request.
	Headers handler.Headers

	// Version of requests that set none. Default "HTTP/1.1".
	Version string

	// Jar keeps cookies from request to request, as over HTTPS. With nil, none
	// are kept.
	Jar http.CookieJar

	t        tester
	log      *output
	protocol *protocol.Protocol
	server   *http.Server
	network  *network
	serving  sync.WaitGroup
	pool     *http.Transport // of HTTP; nil before
	streams  []*Stream       // that may still be running
	closed   bool
}

// New returns a client of one handler, which gets every request. In an Example,
// which has no t, pass nil; failures then panic, and Close ends the client.
func New(t testing.TB, h handler.Handler) *Client {
	if t != nil {
		t.Helper()
	}
	return Serve(t, protocol.Options{Dispatch: always{h}})
}

// always leads every request to one handler.
type always struct{ handler.Handler }

func (a always) Dispatch(*handler.Request) (handler.Handler, error) { return a.Handler, nil }

// Serve returns a client of routes and all that belongs to them. Invalid
// options fail the test. Without a Logger, logs go to the output of the test.
func Serve(t testing.TB, options protocol.Options) *Client {
	c := &Client{Timeout: 10 * time.Second, t: untested{}, network: newNetwork()}
	if t != nil {
		c.t = t
	}
	c.t.Helper()
	c.log = &output{w: c.t.Output()}
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(c.log, nil))
	}
	if a, ok := options.Dispatch.(always); ok && a.Handler == nil {
		c.t.Fatalf("handlertest: the handler is nil")
	}
	observe(&options)
	var err error
	if c.protocol, err = protocol.New(options); err != nil {
		c.t.Fatalf("handlertest: %v", err)
	}
	c.Jar, _ = cookiejar.New(nil) // fails never
	c.server = c.protocol.Server()
	c.server.Handler = serving{c.protocol}
	withConnection := c.server.ConnContext
	c.server.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		return context.WithValue(withConnection(ctx, nc), exchangeKey{}, nc.(*conn).exchange)
	}
	c.serving.Go(func() { _ = c.server.Serve(c.network) })
	c.t.Cleanup(c.Close)
	return c
}

// Get sends a GET request.
func (c *Client) Get(path string) *Response {
	c.t.Helper()
	return c.Do(Request{Path: path})
}

// Post sends a POST request.
func (c *Client) Post(path string, body Body) *Response {
	c.t.Helper()
	return c.Do(Request{Method: http.MethodPost, Path: path, Body: body})
}

// Put sends a PUT request.
func (c *Client) Put(path string, body Body) *Response {
	c.t.Helper()
	return c.Do(Request{Method: http.MethodPut, Path: path, Body: body})
}

// Patch sends a PATCH request.
func (c *Client) Patch(path string, body Body) *Response {
	c.t.Helper()
	return c.Do(Request{Method: http.MethodPatch, Path: path, Body: body})
}

// Delete sends a DELETE request.
func (c *Client) Delete(path string) *Response {
	c.t.Helper()
	return c.Do(Request{Method: http.MethodDelete, Path: path})
}

// Do sends a request and returns its response, once the handler has ended.
func (c *Client) Do(request Request) *Response {
	c.t.Helper()
	return c.Start(request).Wait()
}

// Upgrade sends a request and returns the connection that the handler took
// over with status 101, and that response. With another status the connection
// is nil. Its deadline is Timeout from now; set a later one for longer.
func (c *Client) Upgrade(request Request) (net.Conn, *Response) {
	c.t.Helper()
	s := c.Start(request)
	s.keep = true
	response := s.Wait()
	if s.upgraded == nil {
		return nil, response
	}
	_ = s.upgraded.SetDeadline(time.Now().Add(c.Timeout)) // fails never
	return s.upgraded, response
}

// HTTP returns a client of net/http for the same routes, with the Jar, and
// without redirects. Its requests may have any host. They fail no test.
func (c *Client) HTTP() *http.Client {
	c.t.Helper()
	if c.pool == nil {
		request := Request{Version: c.Version}
		request.setDefaults(c)
		protocols, err := request.protocols()
		if err != nil {
			c.t.Fatalf("handlertest: %v", err)
		}
		c.pool = &http.Transport{DialContext: c.DialContext, Protocols: protocols, DisableCompression: true}
	}
	return &http.Client{Transport: c.pool, Jar: c.Jar, Timeout: c.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// DialContext connects to the routes, whatever the address: for client
// libraries, and for requests that are no HTTP. Any goroutine may call it.
func (c *Client) DialContext(ctx context.Context, _, _ string) (net.Conn, error) {
	return c.network.dial(ctx, clientAddr, nil)
}

// Drain ends loops, WebSockets and other sessions, as stopping a listener does,
// and waits for them. Later ones get 503.
func (c *Client) Drain() {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), c.Timeout)
	defer cancel()
	if err := c.protocol.Shutdown(ctx); err != nil {
		c.t.Fatalf("handlertest: a session did not end within %v of Drain", c.Timeout)
	}
}

// Close makes the client leave. A handler that does not end then fails the
// test. The end of the test calls it.
func (c *Client) Close() {
	c.t.Helper()
	if c.closed {
		return
	}
	c.closed = true
	for _, s := range c.streams {
		s.cancel()
		if isClosed(s.done) && s.upgraded != nil {
			_ = s.upgraded.Close() // fails never
		}
	}
	if c.pool != nil {
		c.pool.CloseIdleConnections()
	}
	_ = c.server.Close() // the network's Close fails never
	var left []string
	for _, s := range c.streams {
		if !s.hangs && !s.endsWithin(c.Timeout) {
			left = append(left, s.hanging("still runs although its client has left"))
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_ = c.protocol.Shutdown(ctx) // it cuts all sessions
	c.serving.Wait()
	c.log.close()
	for _, text := range left {
		c.t.Errorf("handlertest: %s", text)
	}
}

// tester is the part of [testing.TB] that a Client uses.
type tester interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Output() io.Writer
}

// untested replaces the testing.TB in examples.
type untested struct{}

func (untested) Helper()                           {}
func (untested) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (untested) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (untested) Cleanup(func())                    {}
func (untested) Output() io.Writer                 { return io.Discard }

// output is the output of a test. A handler that is left behind may write after
// the end of the test, which the testing package forbids.
type output struct {
	mu sync.Mutex
	w  io.Writer // nil after the end
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.w == nil {
		return len(p), nil
	}
	return o.w.Write(p)
}

func (o *output) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.w = nil
}
