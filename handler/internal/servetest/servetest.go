// Package servetest runs a handler behind a real server on a port of its own,
// over HTTP/1.1 and over HTTP/2 in clear text, for the tests of this folder.
package servetest

import (
	"io"
	"net"
	"net/http"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
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

// Start runs h behind a server that ends with the test.
func Start(t *testing.T, h handler.Handler, http2 bool) *Client {
	t.Helper()
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	server := &http.Server{Handler: Serve(h), Protocols: &protocols}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(l)
	}()
	transport := &http.Transport{Protocols: &protocols, DisableCompression: true}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &Client{Client: client, URL: "http://" + l.Addr().String(), Addr: l.Addr().String(), HTTP2: http2}
}

// Serve makes h an [http.Handler], with the answers that the protocol gives
// for what Init and an Upgrade return.
func Serve(h handler.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := handler.NewRequest(w, r, handler.Env{Handler: h})
		err := run(h, req)
		if req.Replied() {
			return
		}
		if err != nil {
			_ = req.ReplyStatus(handler.StatusOf(err))
			return
		}
		_ = req.ReplyStatus(http.StatusNoContent)
	})
}

func run(h handler.Handler, req *handler.Request) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &handler.PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	upgrade, err := h.Init(req)
	if err == nil && upgrade != nil {
		err = upgrade.Protocol.Upgrade(req, req.Env())
	}
	return err
}

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
