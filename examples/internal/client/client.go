// Package client is what the examples' tests drive them with.
package client

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

// limit bounds each request, and the stop of the listener.
const limit = 10 * time.Second

// Client talks to one listener. It follows no redirects, and shows bodies as
// they were sent, compressed or not.
type Client struct {
	t    *testing.T
	addr string
	http *http.Client
}

// Start starts a listener with the options of an example at any free port, and
// stops it when the test ends.
func Start(t *testing.T, options protocol.Options) *listener.Listener {
	t.Helper()
	l, err := listener.StartClear("", listener.Options{Addr: "127.0.0.1:0"}, options)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		assert.NoError(t, l.Stop(ctx))
	})
	return l
}

// New returns a client of l.
func New(t *testing.T, l *listener.Listener) *Client {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &Client{t, l.Addr().String(), &http.Client{
		Transport:     transport,
		Timeout:       limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Get is curl with -H for each header, such as "Accept: text/html".
func (c *Client) Get(path string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	return c.Do(http.MethodGet, path, "", headers...)
}

// Post is curl with -d, which says that the body is a form.
func (c *Client) Post(path, form string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	return c.Do(http.MethodPost, path, form, append(headers, "Content-Type: application/x-www-form-urlencoded")...)
}

// Do sends a request, and returns the response and its body.
func (c *Client) Do(method, path, body string, headers ...string) (*http.Response, string) {
	c.t.Helper()
	response := c.Open(method, path, body, headers...)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.t, err)
	return response, string(text)
}

// Open sends a request, and leaves the body of the response to be read and
// closed.
func (c *Client) Open(method, path, body string, headers ...string) *http.Response {
	c.t.Helper()
	request, err := http.NewRequestWithContext(c.t.Context(), method, "http://"+c.addr+path, strings.NewReader(body))
	require.NoError(c.t, err)
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		request.Header.Add(name, value)
	}
	response, err := c.http.Do(request)
	require.NoError(c.t, err)
	return response
}

// Raw sends text on a connection of its own, and returns all that comes back
// until the server closes it.
func (c *Client) Raw(text string) string {
	c.t.Helper()
	conn, err := net.Dial("tcp", c.addr)
	require.NoError(c.t, err)
	defer conn.Close()
	require.NoError(c.t, conn.SetDeadline(time.Now().Add(limit)))
	_, err = io.WriteString(conn, text)
	require.NoError(c.t, err)
	answer, err := io.ReadAll(conn)
	require.NoError(c.t, err)
	return string(answer)
}
