package handlertest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// barn is a route whose name is clear.
type barn struct{ init func(*handler.Request) error }

func (b barn) Init(req *handler.Request) (*handler.Upgrade, error) { return nil, b.init(req) }

// newBarn is a client without a t.
func newBarn(t *testing.T, init func(*handler.Request) error) *handlertest.Client {
	c := handlertest.Serve(nil, protocol.Options{Dispatch: router.MustCompile(router.Host("_", router.Path("/barn/:door", barn{init})))})
	t.Cleanup(c.Close)
	return c
}

func TestFailures(t *testing.T) {
	for name, test := range map[string]struct {
		init   func(*handler.Request) error
		want   string // of the failure
		status int    // for a client
		err    string
		broken bool
	}{
		"a panic": {func(*handler.Request) error { panic("moo") },
			"panic: moo\n\ngoroutine ", 500, "panic: moo", false},
		"a panic amid the reply": {func(req *handler.Request) error {
			if _, err := req.StreamReply(200, nil); err != nil {
				return err
			}
			panic("moo")
		}, "panic: moo\n\ngoroutine ", 200, "panic: moo", true},
		"two replies": {func(req *handler.Request) error {
			return errors.Join(req.ReplyText(200, "one"), req.ReplyText(200, "two"))
		}, "the handler replied twice", 200, handler.ErrReplied.Error(), false},
		"two replies through net/http": {func(req *handler.Request) error {
			w := req.Writer()
			_, err := io.WriteString(w, "one")
			w.WriteHeader(http.StatusTeapot)
			return err
		}, "the handler replied twice", 200, "", false},
		"no reply": {func(*handler.Request) error { return nil },
			"the handler sent no reply, so Cowhand sent 204; if you mean 204, reply with it", 204, "", false},
		"a reply that breaks off": {func(req *handler.Request) error {
			stream, err := req.StreamReply(200, nil)
			return errors.Join(err, stream.Body([]byte("moo")), errors.New("no hay"))
		}, "the reply broke off after 3 bytes: no hay", 200, "no hay", true},
		"an abort": {func(*handler.Request) error { panic(http.ErrAbortHandler) },
			"the reply broke off after 0 bytes: ", 0, "abort", true},
	} {
		t.Run(name, func(t *testing.T) {
			versions(t, func(t *testing.T, version string) {
				c := newBarn(t, test.init)
				request := handlertest.Request{Path: "/barn/left", Version: version}
				got := failure(func() { c.Do(request) })
				assert.Contains(t, got, `handlertest: GET /barn/left (route handlertest_test.barn door="left"): `+test.want)

				request.MayFail = true
				r := c.Do(request)
				assert.Equal(t, test.status, r.Status)
				assert.Equal(t, test.broken, r.Broken)
				if test.err == "" {
					assert.NoError(t, r.Err)
				} else {
					assert.ErrorContains(t, r.Err, test.err)
				}
			})
		})
	}
}

func TestPanicShowsItsStack(t *testing.T) {
	c := newBarn(t, func(*handler.Request) error { kick(); return nil })
	assert.Contains(t, failure(func() { c.Get("/barn/left") }), "handlertest_test.kick(")
}

func kick() { panic("moo") }

// TestNoFailures: what is none.
func TestNoFailures(t *testing.T) {
	for name, test := range map[string]struct {
		init   func(*handler.Request) error
		status int
	}{
		"204":      {func(req *handler.Request) error { return req.ReplyStatus(204) }, 204},
		"an error": {func(*handler.Request) error { return errors.New("no hay") }, 500},
		"a status": {func(*handler.Request) error { return handler.Errorf(409, "full") }, 409},
		"net/http": {func(req *handler.Request) error { req.Writer().WriteHeader(418); return nil }, 418},
		"an informational response": {func(req *handler.Request) error {
			return errors.Join(req.Inform(103, nil), req.Inform(103, nil), req.ReplyStatus(200))
		}, 200},
		"flushes": {func(req *handler.Request) error {
			f := req.Writer().(http.Flusher)
			f.Flush()
			f.Flush()
			return nil
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, test.status, handlertest.New(t, barn{test.init}).Get("/").Status)
		})
	}
}

// TestHang names the route, and shows where the handler hangs.
func TestHang(t *testing.T) {
	for name, test := range map[string]struct {
		init func(*handler.Request) error
		do   func(*handlertest.Client)
		want string
	}{
		"no reply": {forever, func(c *handlertest.Client) { c.Get("/barn/left") }, "no reply within 3s"},
		"amid the reply": {func(req *handler.Request) error {
			_, err := req.StreamReply(200, nil)
			return errors.Join(err, forever(req))
		}, func(c *handlertest.Client) { c.Get("/barn/left") }, "the reply does not end within 3s"},
		"after the reply": {func(req *handler.Request) error {
			req.SendAtOnce()
			return errors.Join(req.Reply(200, handler.Headers{"content-length": "2"}, []byte("ok")), forever(req))
		}, func(c *handlertest.Client) { c.Get("/barn/left") }, "the handler does not end within 3s"},
		"nothing more": {func(req *handler.Request) error {
			stream, err := req.StreamReply(200, nil)
			return errors.Join(err, stream.Body([]byte("moo")), forever(req))
		}, func(c *handlertest.Client) {
			s := c.Start(handlertest.Request{Path: "/barn/left"})
			s.Next()
			s.Next()
		}, "nothing more was sent within 3s"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newBarn(t, test.init)
				c.Timeout = 3 * time.Second
				got := failure(func() { test.do(c) })
				assert.Contains(t, got, `handlertest: GET /barn/left (route handlertest_test.barn door="left"): `+test.want+"\n\ngoroutine ")
				assert.Contains(t, got, "handlertest_test.forever(")
				assert.NotContains(t, got, "watched", "the stack ends with what is the test's")
			})
		})
	}
}

// forever waits until the client leaves.
func forever(req *handler.Request) error {
	<-req.Context().Done()
	return context.Cause(req.Context())
}

// TestLeftBehind: a handler that does not notice that its client has left.
func TestLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		c := handlertest.New(nil, barn{func(req *handler.Request) error {
			<-release
			return req.ReplyStatus(200)
		}})
		c.Start(handlertest.Request{Path: "/slow"})
		got := failure(c.Close)
		assert.Contains(t, got, "handlertest: GET /slow (route handlertest_test.barn): still runs although its client has left\n\ngoroutine ")
		c.Close() // does nothing any more
		close(release)
	})
}

// TestEndOfTheTest cancels what runs.
func TestEndOfTheTest(t *testing.T) {
	ended := make(chan error, 1)
	t.Run("inner", func(t *testing.T) {
		handlertest.New(t, barn{func(req *handler.Request) error {
			ended <- forever(req)
			return nil
		}}).Start(handlertest.Request{})
	})
	require.ErrorIs(t, <-ended, context.Canceled)
}
