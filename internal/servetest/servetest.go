// Package servetest runs a handler behind a listener on a port of its own, over
// HTTP/1.1 and over HTTP/2 in clear text, for the tests of package handler and
// those under it. It imports packages that stand on those it tests, so only
// tests outside of their packages can have it.
package servetest

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/stretchr/testify/require"
)

// Client talks to one server in one protocol version.
type Client struct {
	*http.Client
	URL   string // such as "http://127.0.0.1:40000"
	Addr  string // its host and port
	HTTP2 bool
}

// Each runs test over HTTP/1.1 and over HTTP/2, as subtests, each against a
// server of its own that runs h.
func Each(t *testing.T, h handler.Handler, test func(t *testing.T, c *Client)) {
	t.Helper()
	t.Run("HTTP1", func(t *testing.T) { test(t, Start(t, h, false)) })
	t.Run("HTTP2", func(t *testing.T) { test(t, Start(t, h, true)) })
}

// EachRoute is Each for several routes.
func EachRoute(t *testing.T, routes handler.Dispatcher, test func(t *testing.T, c *Client)) {
	t.Helper()
	t.Run("HTTP1", func(t *testing.T) { test(t, start(t, routes, false)) })
	t.Run("HTTP2", func(t *testing.T) { test(t, start(t, routes, true)) })
}

// Start runs h behind a listener that ends with the test.
func Start(t *testing.T, h handler.Handler, http2 bool) *Client {
	t.Helper()
	return start(t, always{h}, http2)
}

func start(t *testing.T, routes handler.Dispatcher, http2 bool) *Client {
	t.Helper()
	name := fmt.Sprintf("%s %d", t.Name(), started.Add(1))
	l, err := listener.StartClear(name, listener.Options{Addr: "127.0.0.1:0", Shutdown: listener.BrutalKill}, options(routes))
	require.NoError(t, err)
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{Protocols: &protocols, DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		require.NoError(t, l.Stop(context.Background()))
	})
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{Client: client, URL: "http://" + l.Addr().String(), Addr: l.Addr().String(), HTTP2: http2}
}

// started counts the listeners, for their names.
var started atomic.Int64

// Serve makes h an [http.Handler] without a listener.
func Serve(h handler.Handler) http.Handler {
	p, err := protocol.New(options(always{h}))
	if err != nil {
		panic(err)
	}
	return p
}

func options(routes handler.Dispatcher) protocol.Options {
	return protocol.Options{Dispatch: routes, Logger: slog.New(slog.DiscardHandler)}
}

// always leads every request to one handler.
type always struct{ handler.Handler }

func (a always) Dispatch(*handler.Request) (handler.Handler, error) { return a.Handler, nil }

// Do sends a request with a body of text and with headers given as "Name:
// value", and returns the response with its body read.
func (c *Client) Do(t *testing.T, method, path, body string, headers ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, c.URL+path, strings.NewReader(body))
	require.NoError(t, err)
	if body == "" {
		r.Body, r.ContentLength = nil, 0
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	if host := r.Header.Get("Host"); host != "" {
		r.Host = host
	}
	resp, err := c.Client.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(text)
}

// Raw sends bytes on a connection of its own to an HTTP/1.1 server and
// returns all that comes back until the server closes it, or for two seconds.
func (c *Client) Raw(t *testing.T, text string) string {
	t.Helper()
	conn, err := net.Dial("tcp", c.Addr)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(2*time.Second)))
	_, err = io.WriteString(conn, text)
	require.NoError(t, err)
	answer, _ := io.ReadAll(conn)
	return string(answer)
}
