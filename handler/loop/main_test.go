package loop_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// limit is for how long a test waits for what should come at once.
const limit = 10 * time.Second

// callbacks is a handler made of functions, which may be nil. It tells of its
// loop and of its reason to end.
type callbacks struct {
	init      func(*loop.Loop, *handler.Request) (loop.Result, error)
	info      func(*loop.Loop, *handler.Request, any) (loop.Result, error)
	terminate func(*loop.Loop, *handler.Request, loop.Reason)

	options []loop.Options
	begun   chan *loop.Loop
	reasons chan loop.Reason
}

func (c *callbacks) Init(l *loop.Loop, req *handler.Request) (loop.Result, error) {
	defer func() { c.begun <- l }()
	if c.init == nil {
		return loop.OK, nil
	}
	return c.init(l, req)
}

func (c *callbacks) Info(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
	if c.info == nil {
		return loop.OK, nil
	}
	return c.info(l, req, info)
}

func (c *callbacks) Terminate(l *loop.Loop, req *handler.Request, reason loop.Reason) {
	c.reasons <- reason
	if c.terminate != nil {
		c.terminate(l, req, reason)
	}
}

func (c *callbacks) prepare() {
	c.begun, c.reasons = make(chan *loop.Loop, 9), make(chan loop.Reason, 9)
}

// loop waits for Init to have run.
func (c *callbacks) loop(t *testing.T) *loop.Loop { return receive(t, c.begun) }

// reason waits for Terminate, which is to be called once.
func (c *callbacks) reason(t *testing.T) loop.Reason {
	t.Helper()
	reason := receive(t, c.reasons)
	assert.Empty(t, c.reasons)
	return reason
}

func receive[T any](t *testing.T, from <-chan T) (value T) {
	t.Helper()
	select {
	case value = <-from:
	case <-time.After(limit):
		require.Fail(t, "nothing came")
	}
	return value
}

// site is a listener with one loop handler, and a client that talks to it.
type site struct {
	*callbacks
	listener *listener.Listener
	client   *http.Client
	stopped  bool // by the test, and not in good order
}

// each runs test over HTTP/1.1 and over HTTP/2, each time with a site of its
// own for the handler that makes makes.
func each(t *testing.T, makes func() *callbacks, test func(t *testing.T, s *site)) {
	t.Helper()
	t.Run("HTTP1", func(t *testing.T) { test(t, serve(t, makes(), false)) })
	t.Run("HTTP2", func(t *testing.T) { test(t, serve(t, makes(), true)) })
}

func serve(t *testing.T, c *callbacks, http2 bool) *site {
	t.Helper()
	c.prepare()
	route := handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
		return loop.Upgrade(c, c.options...), nil
	})
	l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"}, protocol.Options{
		Dispatch: router.MustCompile(router.Host("_", router.Path("/", route))),
		Logger:   slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{Protocols: &protocols, DisableCompression: true}
	s := &site{callbacks: c, listener: l, client: &http.Client{Transport: transport, Timeout: limit}}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		if err := l.Stop(ctx); !s.stopped {
			assert.NoError(t, err)
		}
	})
	return s
}

// answer is a response, or the error in its stead.
type answer struct {
	*http.Response
	body string
	err  error
}

// request sends a request in a goroutine of its own.
func (s *site) request(ctx context.Context, method, body string) <-chan answer {
	answers := make(chan answer, 1)
	go func() { answers <- s.do(ctx, method, body) }()
	return answers
}

func (s *site) do(ctx context.Context, method, body string) (a answer) {
	r, err := http.NewRequestWithContext(ctx, method, "http://"+s.listener.Addr().String()+"/", strings.NewReader(body))
	if err != nil {
		return answer{err: err}
	}
	if a.Response, a.err = s.client.Do(r); a.err != nil {
		return a
	}
	defer a.Body.Close()
	text, err := io.ReadAll(a.Body)
	a.body, a.err = string(text), err
	return a
}

// get sends a GET and waits for the answer.
func (s *site) get(t *testing.T) answer {
	t.Helper()
	return receive(t, s.request(t.Context(), http.MethodGet, ""))
}
