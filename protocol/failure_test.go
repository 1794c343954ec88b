package protocol_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// failing routes lead to each kind of error.
func failing() handler.Dispatcher {
	fail := func(err error) handler.Handler {
		return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			req.SetRespBody([]byte("of another status"))
			return nil, errors.Join(req.SetRespHeader("content-type", "text/html"), err)
		})
	}
	return router.MustCompile(router.Host("_",
		router.Path("/error", fail(handler.Errorf(404, "the cause"))),
		router.Path("/public", fail(handler.Error(409, "Sold out.", errors.New("the cause")))),
		router.Path("/server", fail(fs.ErrPermission)),
		router.Path("/panic", handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
			panic(handler.Error(404, "not told", nil))
		})),
		router.Path("/match", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			_, err := req.MatchQS(handler.Match{Name: "page", Constraints: []handler.Constraint{router.Int}}, handler.Match{Name: "q"})
			return nil, err
		})),
		router.Path("/static/[...]", static.FS(fstest.MapFS{})),
	))
}

// An error has no body, whoever replies it, but the message that is meant for
// the client.
func TestErrorsWithoutPages(t *testing.T) {
	for _, test := range []struct {
		path   string
		status int
		body   string
	}{
		{"/none", 404, ""},
		{"/static/none", 404, ""},
		{"/error", 404, ""},
		{"/public", 409, "Sold out."},
		{"/server", 500, ""},
		{"/panic", 500, ""},
		{"/match?page=x", 400, `page: invalid; q: required`},
		{"/" + strings.Repeat("long", 300), 414, ""},
	} {
		for _, compress := range []bool{false, true} {
			options := func() protocol.Options {
				return protocol.Options{Dispatch: failing(), MaxRequestLineLength: 1000, Logger: slog.New(slog.DiscardHandler), Compress: compress}
			}
			each(t, options, func(t *testing.T, c *peer) {
				for _, method := range []string{"GET", "HEAD"} {
					response, body := ask(t, c, method, test.path)
					assert.Equal(t, test.status, response.StatusCode, test.path)
					assert.EqualValues(t, len(test.body), response.ContentLength, test.path)
					want := []string(nil)
					if test.body != "" {
						want = []string{"text/plain; charset=utf-8"}
						assert.Equal(t, "nosniff", response.Header.Get("X-Content-Type-Options"))
					}
					assert.Equal(t, want, response.Header["Content-Type"], test.path)
					if method == "GET" {
						assert.Equal(t, test.body, body, test.path)
					}
				}
			})
		}
	}
}

// The cause goes to the access log, whatever the status.
func TestAccessLogOfErrors(t *testing.T) {
	for path, want := range map[string]string{
		"/error":        `error="the cause"`,
		"/public":       `error="the cause"`,
		"/match?page=x": `error="handler: fields did not match: page: the value \"x\" is not an integer; q: required"`,
		"/server":       `reason="error: permission denied"`,
	} {
		logged := new(logs)
		c := newPeer(t, serve(t, protocol.Options{Dispatch: failing(), Logger: slog.New(slog.DiscardHandler),
			StreamHandlers: []protocol.StreamHandler{protocol.AccessLog{Logger: logged.logger()}}}), false)
		_, _ = ask(t, c, "GET", path)
		assert.Eventually(t, func() bool { return strings.Contains(logged.String(), want) }, 10*time.Second, time.Millisecond, path)
	}
}

// ask makes a request and returns the whole response.
func ask(t *testing.T, c *peer, method, path string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.url+path, nil)
	require.NoError(t, err)
	response, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(body)
}
