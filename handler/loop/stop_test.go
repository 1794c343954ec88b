package loop_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
)

// TestStop: stopping the listener ends a loop that waits, at once.
func TestStop(t *testing.T) {
	for name, test := range map[string]struct {
		makes  func() *callbacks
		status int
		body   string
	}{
		"before a reply": {func() *callbacks { return &callbacks{init: promiseJSON} }, 503, "Service Unavailable"},
		"amid a stream":  {teller, 200, "shutdown"},
		"a last word": {func() *callbacks {
			return &callbacks{terminate: func(_ *loop.Loop, req *handler.Request, _ loop.Reason) {
				_ = req.ReplyText(200, "come back later")
			}}
		}, 200, "come back later"},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, test.makes, func(t *testing.T, s *site) {
				answers := s.request(t.Context(), "GET", "")
				s.loop(t)
				ctx, cancel := context.WithTimeout(t.Context(), limit)
				defer cancel()
				require.NoError(t, s.listener.Stop(ctx))
				a := receive(t, answers)
				require.NoError(t, a.err)
				assert.Equal(t, test.status, a.StatusCode)
				assert.Equal(t, test.body, a.body)
				if test.status != 200 {
					assert.Equal(t, "text/plain; charset=utf-8", a.Header.Get("Content-Type"))
				}
				assert.Equal(t, loop.Reason{Kind: loop.ReasonShutdown}, s.reason(t))
			})
		})
	}
}

func promiseJSON(_ *loop.Loop, req *handler.Request) (loop.Result, error) {
	return loop.OK, req.SetRespHeader("content-type", "application/json")
}

// TestStopWaits for the callback that is running, but not for the infos that
// wait.
func TestStopWaits(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	each(t, func() *callbacks {
		c := teller()
		tell := c.info
		c.info = func(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
			entered <- struct{}{}
			<-release
			return tell(l, req, info)
		}
		return c
	}, func(t *testing.T, s *site) {
		answers := s.request(t.Context(), "GET", "")
		l := s.loop(t)
		require.NoError(t, l.Notify("first"))
		require.NoError(t, l.Notify("second"))
		receive(t, entered)
		stopped := make(chan error, 1)
		go func() { stopped <- s.listener.Stop(context.Background()) }()
		l.Drain() // as Stop does, sooner or later
		release <- struct{}{}
		assert.Equal(t, "first\nshutdown", receive(t, answers).body)
		assert.NoError(t, receive(t, stopped))
	})
}

// TestCut ends the context of a callback that does not come back. One that
// ignores its context is left behind, and still counted.
func TestCut(t *testing.T) {
	for name, obeys := range map[string]bool{"obeys": true, "ignores": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sessions, release := new(handler.Sessions), make(chan struct{})
				c := &callbacks{
					init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) { return loop.OK, l.Notify("wait") },
					info: func(_ *loop.Loop, req *handler.Request, _ any) (loop.Result, error) {
						select {
						case <-release:
						case <-doneOf(req, obeys):
						}
						return loop.OK, context.Cause(req.Context())
					},
				}
				c.prepare()
				req, _ := newRequest(t)
				req.Env().Sessions = sessions
				ended := make(chan error, 1)
				go func() { ended <- loop.Upgrade(c).Protocol.Upgrade(req, req.Env()) }()
				synctest.Wait()
				assert.Equal(t, 1, sessions.Len())

				begin := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				assert.Equal(t, context.DeadlineExceeded, sessions.Shutdown(ctx))
				took := map[bool]time.Duration{true: 5 * time.Second, false: 6 * time.Second}
				assert.Equal(t, took[obeys], time.Since(begin))
				assert.Equal(t, !obeys, sessions.Len() == 1)
				close(release)
				assert.NoError(t, <-ended)
				assert.Zero(t, sessions.Len())
				assert.Equal(t, loop.ReasonShutdown, c.reason(t).Kind)
			})
		})
	}
}

// doneOf is the end of the context of a request, for those who look at it.
func doneOf(req *handler.Request, look bool) <-chan struct{} {
	if look {
		return req.Context().Done()
	}
	return nil
}

// TestStopWhileWriting cuts a loop that waits for a client that reads nothing.
func TestStopWhileWriting(t *testing.T) {
	each(t, func() *callbacks {
		c := teller()
		tell := c.info
		c.info = func(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
			for {
				if result, err := tell(l, req, info); err != nil {
					return result, err
				}
			}
		}
		return c
	}, func(t *testing.T, s *site) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.listener.Addr().String(), nil)
		require.NoError(t, err)
		response, err := s.client.Do(r)
		require.NoError(t, err)
		defer response.Body.Close()
		require.NoError(t, s.loop(t).Notify(strings.Repeat("moo", 100_000)))
		_, err = io.ReadFull(response.Body, make([]byte, 3)) // it writes
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		assert.ErrorIs(t, s.listener.Stop(ctx), context.DeadlineExceeded)
		assert.Equal(t, loop.Reason{Kind: loop.ReasonShutdown}, s.reason(t))
		s.stopped = true
	})
}

// TestStopping refuses new loops.
func TestStopping(t *testing.T) {
	req, _ := newRequest(t)
	require.NoError(t, req.Env().Sessions.Shutdown(t.Context()))
	c := &callbacks{}
	c.prepare()
	err := loop.Upgrade(c).Protocol.Upgrade(req, req.Env())
	assert.EqualError(t, err, "loop: the listener is stopping")
	assert.Equal(t, http.StatusServiceUnavailable, handler.StatusOf(err))
	assert.Empty(t, c.begun)
}
