package handlertest_test

import (
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/handler/loop"
)

// teller streams its infos as events; a *handler.Event is the reply of a long
// poll instead.
type teller struct {
	loop    *loop.Loop
	begun   chan struct{}
	stream  *handler.Stream
	reasons chan loop.Reason
}

func newTeller() *teller {
	return &teller{begun: make(chan struct{}), reasons: make(chan loop.Reason, 1)}
}

func (h *teller) route() handler.Handler {
	return handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return loop.Upgrade(h), nil })
}

func (h *teller) Init(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
	h.loop = l
	close(h.begun)
	return loop.OK, nil
}

func (h *teller) Info(_ *loop.Loop, req *handler.Request, info any) (result loop.Result, err error) {
	if h.stream == nil {
		if h.stream, err = req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"}); err != nil {
			return loop.OK, err
		}
	}
	return loop.OK, h.stream.Events(handler.Event{Data: info.(string)})
}

func (h *teller) Terminate(_ *loop.Loop, _ *handler.Request, reason loop.Reason) { h.reasons <- reason }

func TestLoop(t *testing.T) {
	versions(t, func(t *testing.T, version string) {
		h := newTeller()
		s := handlertest.New(t, h.route()).Start(handlertest.Request{Version: version})
		<-h.begun
		require.NoError(t, h.loop.Notify("one"))
		assert.Equal(t, "text/event-stream", s.Head().Header.Get("Content-Type"))
		assert.Equal(t, handler.Event{Data: "one"}, s.NextEvent())
		require.NoError(t, h.loop.Notify("two"))
		assert.Equal(t, "data: two\n\n", string(s.Next()))
		r := s.Cancel()
		assert.Equal(t, loop.ReasonClosed, (<-h.reasons).Kind)
		assert.Equal(t, 200, r.Status)
		assert.Equal(t, []handler.Event{{Data: "one"}, {Data: "two"}}, r.Events())
		assert.True(t, r.Broken)
		assert.Same(t, r, s.Cancel())
		assert.Same(t, r, s.Wait())
	})
}

// TestCancelBeforeReply: a client that leaves is owed no reply.
func TestCancelBeforeReply(t *testing.T) {
	h := newTeller()
	r := handlertest.New(t, h.route()).Start(handlertest.Request{}).Cancel()
	assert.Zero(t, r.Status)
	assert.True(t, r.Broken)
	assert.Equal(t, loop.ReasonClosed, (<-h.reasons).Kind)
}

func TestDrain(t *testing.T) {
	h := newTeller()
	c := handlertest.New(t, h.route())
	s := c.Start(handlertest.Request{})
	<-h.begun
	c.Drain()
	assert.Equal(t, 503, s.Wait().Status)
	assert.Equal(t, loop.Reason{Kind: loop.ReasonShutdown}, <-h.reasons)
	assert.Equal(t, 503, c.Get("/").Status)
}

// TestSynctest: time passes at once, and Wait waits until the handler waits.
func TestSynctest(t *testing.T) {
	versions(t, func(t *testing.T, version string) {
		synctest.Test(t, func(t *testing.T) {
			h := newTeller()
			s := handlertest.New(t, h.route()).Start(handlertest.Request{Version: version})
			synctest.Wait()
			h.loop.NotifyAfter(time.Hour, "late")
			time.Sleep(time.Hour)
			assert.Equal(t, "late", s.NextEvent().Data)
			assert.Equal(t, 200, s.Cancel().Status)
		})
	})
}

// TestConversation sends a body bit by bit, beside its reply.
func TestConversation(t *testing.T) {
	versions(t, func(t *testing.T, version string) {
		c := handlertest.New(t, respond(func(req *handler.Request) error {
			body := req.Body()
			stream, err := req.StreamReply(200, nil)
			for err == nil {
				b := make([]byte, 100)
				var n int
				if n, err = body.Read(b); n > 0 {
					err = errors.Join(stream.Body(b[:n]), err)
				}
			}
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}))
		r, w := io.Pipe()
		s := c.Start(handlertest.Request{Version: version, Body: handlertest.Reader("text/plain", r)})
		for _, text := range []string{"one", "two"} {
			_, err := io.WriteString(w, text)
			require.NoError(t, err)
			assert.Equal(t, text, string(s.Next()))
		}
		require.NoError(t, w.Close())
		assert.Equal(t, "onetwo", s.Wait().Text())
	})
}

func TestCancelClosesTheReader(t *testing.T) {
	versions(t, func(t *testing.T, version string) {
		r, w := io.Pipe()
		c := handlertest.New(t, respond(func(req *handler.Request) error {
			_, err := io.Copy(io.Discard, req.HTTP().Body)
			return err
		}))
		c.Start(handlertest.Request{Version: version, Body: handlertest.Reader("text/plain", r)}).Cancel()
		_, err := io.WriteString(w, "x")
		assert.Error(t, err)
	})
}

// TestEarlyEnd: Next and NextEvent when there is nothing more.
func TestEarlyEnd(t *testing.T) {
	c := newBarn(t, func(req *handler.Request) error { return req.ReplyText(200, "data: 1\n\ndata: 2") })
	s := c.Start(handlertest.Request{Path: "/barn/left"})
	assert.Equal(t, "1", s.NextEvent().Data)
	const want = `handlertest: GET /barn/left (route handlertest_test.barn door="left"): the reply ended with piece 1`
	assert.Equal(t, want, failure(func() { s.NextEvent() }))
	assert.Equal(t, want, failure(func() { s.Next() }))

	c = newBarn(t, func(*handler.Request) error { panic("moo") })
	assert.Contains(t, failure(func() { c.Start(handlertest.Request{Path: "/barn/left"}).Next() }), "panic: moo")
}

func TestNextEvent(t *testing.T) {
	sent := []handler.Event{
		{Comment: "two\nlines"},
		{ID: "7", Event: "price", Data: "one\n two", Retry: 1500 * time.Millisecond},
		{EmptyData: true},
		{Data: "a:b"},
	}
	c := handlertest.New(t, respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
		return errors.Join(err, stream.Events(sent[:2]...), stream.Events(sent[2:]...), stream.Body([]byte("\r\ndata:x\r\n\r\n: rest")))
	}))
	s := c.Start(handlertest.Request{})
	for _, want := range append(sent, handler.Event{Data: "x"}) {
		assert.Equal(t, want, s.NextEvent())
	}
	assert.Equal(t, append(sent, handler.Event{Data: "x"}), s.Wait().Events())
}
