package loop_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
	"github.com/cowhand/cowhand/internal/servetest"
)

// say replies with each info, and ends.
func say(_ *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
	return loop.Stop, req.ReplyText(200, fmt.Sprint(info))
}

// teller streams each info, and ends with the info "end".
func teller() *callbacks {
	var stream *handler.Stream
	return &callbacks{
		init: func(_ *loop.Loop, req *handler.Request) (result loop.Result, err error) {
			stream, err = req.StreamReply(200, nil)
			return loop.OK, err
		},
		info: func(_ *loop.Loop, _ *handler.Request, info any) (loop.Result, error) {
			if info == "end" {
				return loop.Stop, nil
			}
			return loop.OK, stream.Body([]byte(fmt.Sprintln(info)))
		},
		terminate: func(_ *loop.Loop, _ *handler.Request, reason loop.Reason) {
			_ = stream.Body([]byte(reason.Kind.String()))
		},
	}
}

func TestReply(t *testing.T) {
	each(t, func() *callbacks { return &callbacks{info: say} }, func(t *testing.T, s *site) {
		answers := s.request(t.Context(), "GET", "")
		l := s.loop(t)
		require.NoError(t, l.Notify("moo"))
		a := receive(t, answers)
		require.NoError(t, a.err)
		assert.Equal(t, 200, a.StatusCode)
		assert.Equal(t, "moo", a.body)
		assert.Equal(t, loop.Reason{Kind: loop.ReasonStop}, s.reason(t))
		assert.Equal(t, loop.ErrClosed, l.Notify("too late"))
	})
}

// TestReplyAndGoOn sends what a callback replies when it returns, not at the
// end of the loop.
func TestReplyAndGoOn(t *testing.T) {
	each(t, func() *callbacks {
		return &callbacks{
			init: func(_ *loop.Loop, req *handler.Request) (loop.Result, error) {
				return loop.OK, req.ReplyText(201, "moo")
			},
			info: func(*loop.Loop, *handler.Request, any) (loop.Result, error) { return loop.Stop, nil },
		}
	}, func(t *testing.T, s *site) {
		response, err := s.client.Get("http://" + s.listener.Addr().String() + "/")
		require.NoError(t, err)
		defer response.Body.Close()
		assert.Equal(t, 201, response.StatusCode)
		text := make([]byte, len("moo"))
		_, err = io.ReadFull(response.Body, text)
		require.NoError(t, err)
		assert.Equal(t, "moo", string(text))
		require.NoError(t, s.loop(t).Notify("end"))
		assert.Equal(t, loop.Reason{Kind: loop.ReasonStop}, s.reason(t))
	})
}

// TestNotify from many goroutines: nothing is lost, and the infos of each
// goroutine keep their order.
func TestNotify(t *testing.T) {
	const senders, perSender = 5, 200
	each(t, teller, func(t *testing.T, s *site) {
		answers := s.request(t.Context(), "GET", "")
		l := s.loop(t)
		sent := make(chan error, senders)
		for sender := range senders {
			go func() {
				var failed error
				for i := range perSender {
					failed = errors.Join(failed, l.Notify(fmt.Sprintf("%d %d", sender, i)))
				}
				sent <- failed
			}()
		}
		for range senders {
			require.NoError(t, receive(t, sent))
		}
		require.NoError(t, l.Notify("end"))
		a := receive(t, answers)
		require.NoError(t, a.err)
		next := make([]int, senders)
		for line := range strings.Lines(strings.TrimSuffix(a.body, "stop")) {
			var sender, i int
			_, err := fmt.Sscanf(line, "%d %d", &sender, &i)
			require.NoError(t, err, line)
			require.Equal(t, next[sender], i)
			next[sender]++
		}
		assert.Equal(t, []int{perSender, perSender, perSender, perSender, perSender}, next)
	})
}

func TestInitNotifiesItself(t *testing.T) {
	each(t, func() *callbacks {
		return &callbacks{info: say, init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
			return loop.OK, l.Notify("from Init")
		}}
	}, func(t *testing.T, s *site) {
		assert.Equal(t, "from Init", s.get(t).body)
	})
}

// TestEnds: what each way to end is answered with, before a reply was begun,
// and what Terminate is told.
func TestEnds(t *testing.T) {
	ill := errors.New("ill")
	for name, test := range map[string]struct {
		end    func(*handler.Request) (loop.Result, error)
		status int
		kind   loop.ReasonKind
		err    error
	}{
		"stop":           {func(*handler.Request) (loop.Result, error) { return loop.Stop, nil }, 204, loop.ReasonStop, nil},
		"reply and stop": {func(req *handler.Request) (loop.Result, error) { return loop.Stop, req.ReplyStatus(202) }, 202, loop.ReasonStop, nil},
		"error":          {func(*handler.Request) (loop.Result, error) { return loop.OK, ill }, 500, loop.ReasonError, ill},
		"error with status": {func(*handler.Request) (loop.Result, error) {
			return loop.Stop, &handler.StatusError{Status: 409, Err: ill}
		}, 409, loop.ReasonError, ill},
		"error after reply": {func(req *handler.Request) (loop.Result, error) {
			return loop.OK, errors.Join(req.ReplyStatus(202), ill)
		}, 202, loop.ReasonError, ill},
		"panic": {func(*handler.Request) (loop.Result, error) { panic(ill) }, 500, loop.ReasonCrash, ill},
		"second reply": {func(req *handler.Request) (loop.Result, error) {
			_ = req.ReplyStatus(202)
			return loop.OK, req.ReplyStatus(200)
		}, 202, loop.ReasonError, handler.ErrReplied},
		"full, another loop": {func(*handler.Request) (loop.Result, error) { return loop.OK, loop.ErrMailboxFull }, 500, loop.ReasonError, loop.ErrMailboxFull},
	} {
		for where, makes := range map[string]func() *callbacks{
			"Init": func() *callbacks {
				return &callbacks{init: func(_ *loop.Loop, req *handler.Request) (loop.Result, error) { return test.end(req) }}
			},
			"Info": func() *callbacks {
				return &callbacks{
					init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) { return loop.OK, l.Notify("go on") },
					info: func(_ *loop.Loop, req *handler.Request, _ any) (loop.Result, error) { return test.end(req) },
				}
			},
		} {
			t.Run(name+" in "+where, func(t *testing.T) {
				each(t, makes, func(t *testing.T, s *site) {
					a := s.get(t)
					require.NoError(t, a.err)
					assert.Equal(t, test.status, a.StatusCode)
					reason := s.reason(t)
					assert.Equal(t, test.kind, reason.Kind)
					assert.ErrorIs(t, reason.Err, test.err)
				})
			})
		}
	}
}

// TestCrashAmidStream breaks the body off, so that it does not look complete.
func TestCrashAmidStream(t *testing.T) {
	each(t, func() *callbacks {
		c := teller()
		c.info = func(*loop.Loop, *handler.Request, any) (loop.Result, error) { panic("moo") }
		return c
	}, func(t *testing.T, s *site) {
		answers := s.request(t.Context(), "GET", "")
		require.NoError(t, s.loop(t).Notify("go on"))
		a := receive(t, answers)
		assert.Error(t, a.err)
		assert.Equal(t, "crash: panic: moo", s.reason(t).String())
	})
}

// TestTerminateCrash is logged, and answered as if there had been none.
func TestTerminateCrash(t *testing.T) {
	each(t, func() *callbacks {
		return &callbacks{info: say, terminate: func(*loop.Loop, *handler.Request, loop.Reason) { panic("moo") }}
	}, func(t *testing.T, s *site) {
		answers := s.request(t.Context(), "GET", "")
		require.NoError(t, s.loop(t).Notify("fine"))
		assert.Equal(t, "fine", receive(t, answers).body)
	})
}

// TestGoexit: Terminate is called, and the session is over, even so.
func TestGoexit(t *testing.T) {
	c := &callbacks{init: func(*loop.Loop, *handler.Request) (loop.Result, error) {
		runtime.Goexit()
		return loop.OK, nil
	}}
	c.prepare()
	req, _ := newRequest(t)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = loop.Upgrade(c).Protocol.Upgrade(req, req.Env())
	}()
	receive(t, ended)
	assert.Equal(t, loop.ReasonCrash, c.reason(t).Kind)
	assert.Zero(t, req.Env().Sessions.Len())
}

// TestClientGone ends the loop at once, wherever it is.
func TestClientGone(t *testing.T) {
	await := func(_ *loop.Loop, req *handler.Request, _ any) (loop.Result, error) {
		<-req.Context().Done()
		return loop.OK, context.Cause(req.Context())
	}
	readBody := func(_ *loop.Loop, req *handler.Request) (loop.Result, error) {
		_, _, err := req.ReadBody(handler.BodyOptions{})
		return loop.OK, err
	}
	for name, test := range map[string]struct {
		makes        func() *callbacks
		method, body string
	}{
		"waiting":       {func() *callbacks { return &callbacks{} }, "GET", ""},
		"streaming":     {teller, "GET", ""},
		"in a callback": {func() *callbacks { return &callbacks{info: await} }, "GET", ""},
		"with a body":   {func() *callbacks { return &callbacks{init: readBody} }, "POST", "moo"},
		"busy":          {func() *callbacks { return &callbacks{info: notifyItself} }, "GET", ""},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, test.makes, func(t *testing.T, s *site) {
				ctx, cancel := context.WithCancel(t.Context())
				answers := s.request(ctx, test.method, test.body)
				require.NoError(t, s.loop(t).Notify("go on"))
				cancel()
				assert.Error(t, receive(t, answers).err)
				reason := s.reason(t)
				assert.Equal(t, loop.ReasonClosed, reason.Kind)
				assert.ErrorIs(t, reason.Err, context.Canceled)
			})
		})
	}
}

// notifyItself keeps a loop from ever waiting.
func notifyItself(l *loop.Loop, _ *handler.Request, _ any) (loop.Result, error) {
	return loop.OK, l.Notify("again")
}

// TestWriteToClientThatIsGone has the reason that the client is gone, not
// that of the write that failed.
func TestWriteToClientThatIsGone(t *testing.T) {
	each(t, func() *callbacks {
		c := teller()
		c.info = func(_ *loop.Loop, req *handler.Request, _ any) (loop.Result, error) {
			<-req.Context().Done()
			return loop.OK, errors.New("cannot write")
		}
		return c
	}, func(t *testing.T, s *site) {
		ctx, cancel := context.WithCancel(t.Context())
		s.request(ctx, "GET", "")
		require.NoError(t, s.loop(t).Notify("go on"))
		cancel()
		assert.Equal(t, loop.ReasonClosed, s.reason(t).Kind)
	})
}

// TestTimers that are pending end with the loop.
func TestTimers(t *testing.T) {
	var stopped, fired *loop.Timer
	each(t, func() *callbacks {
		c := teller()
		begin, tell := c.init, c.info
		c.init = func(l *loop.Loop, req *handler.Request) (loop.Result, error) {
			l.NotifyAfter(40*time.Millisecond, "end")
			stopped = l.NotifyAfter(20*time.Millisecond, "never")
			fired = l.NotifyAfter(10*time.Millisecond, "second")
			l.NotifyAfter(0, "first")
			l.NotifyAfter(time.Hour, "the loop ends before")
			assert.True(t, stopped.Stop())
			assert.False(t, stopped.Stop())
			return begin(l, req)
		}
		c.info = func(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
			if info == "end" {
				assert.False(t, fired.Stop(), "it was sent")
			}
			return tell(l, req, info)
		}
		return c
	}, func(t *testing.T, s *site) {
		assert.Equal(t, "first\nsecond\nstop", s.get(t).body)
		assert.False(t, s.loop(t).NotifyAfter(0, "too late").Stop())
	})
}

// TestMailboxPolicies: what a loop does with infos for which there is no
// room; it tells of each, and counts.
func TestMailboxPolicies(t *testing.T) {
	full := loop.ErrMailboxFull
	for _, test := range []struct {
		policy loop.MailboxPolicy
		errs   []error
		body   string
	}{
		{loop.RefuseWhenFull, []error{nil, nil, nil, full, full}, "0\n1\n2\nstop"},
		{loop.DropOldest, []error{nil, nil, nil, nil, nil}, "2\n3\n4\nstop"},
		{loop.CloseWhenFull, []error{nil, nil, nil, full, full}, "error"},
	} {
		t.Run(fmt.Sprint(test.policy), func(t *testing.T) {
			entered, release := make(chan *loop.Loop), make(chan struct{})
			each(t, func() *callbacks {
				c := teller()
				begin := c.init
				c.init = func(l *loop.Loop, req *handler.Request) (loop.Result, error) {
					entered <- l
					<-release
					return begin(l, req)
				}
				c.options = []loop.Options{{MailboxSize: 3, MailboxPolicy: test.policy, Timeout: 100 * time.Millisecond}}
				tell := c.info
				c.info = func(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
					if info == (loop.Timeout{}) {
						return loop.Stop, nil
					}
					return tell(l, req, info)
				}
				return c
			}, func(t *testing.T, s *site) {
				answers := s.request(t.Context(), "GET", "")
				l := receive(t, entered)
				for i, want := range test.errs {
					assert.Equal(t, want, l.Notify(i))
				}
				assert.EqualValues(t, 2, l.Dropped())
				release <- struct{}{}
				assert.Equal(t, test.body, receive(t, answers).body)
			})
		})
	}
}

// TestOverflowBeforeReply is 503.
func TestOverflowBeforeReply(t *testing.T) {
	each(t, func() *callbacks {
		return &callbacks{
			options: []loop.Options{{MailboxSize: 1, MailboxPolicy: loop.CloseWhenFull}},
			init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
				_, _ = l.Notify(1), l.Notify(2)
				return loop.OK, nil
			},
		}
	}, func(t *testing.T, s *site) {
		assert.Equal(t, 503, s.get(t).StatusCode)
		assert.ErrorIs(t, s.reason(t).Err, loop.ErrMailboxFull)
	})
}

func TestBadUpgrades(t *testing.T) {
	for name, test := range map[string]struct {
		upgrade *handler.Upgrade
		err     string
	}{
		"policy": {loop.Upgrade(&callbacks{}, loop.Options{MailboxPolicy: 3}), "loop: Options.MailboxPolicy is 3; allowed are RefuseWhenFull, DropOldest and CloseWhenFull"},
		"two":    {loop.Upgrade(&callbacks{}, loop.Options{}, loop.Options{}), "loop: Upgrade takes at most one loop.Options; it was given 2"},
		"nil":    {loop.Upgrade(nil), "loop: Upgrade was called with a nil Handler"},
	} {
		t.Run(name, func(t *testing.T) {
			req, recorder := newRequest(t)
			assert.EqualError(t, test.upgrade.Protocol.Upgrade(req, req.Env()), test.err)
			assert.Zero(t, recorder.Body.Len())
		})
	}
}

// TestHandle: each request has a handler of its own, and the options hold.
func TestHandle(t *testing.T) {
	made := 0
	servetest.Each(t, loop.Handle(func(req *handler.Request) (loop.Handler, error) {
		switch req.QS() {
		case "error":
			return &callbacks{}, handler.Errorf(403, "no")
		case "reply":
			return nil, req.ReplyText(402, "pay")
		}
		made++
		c := &callbacks{info: say}
		c.prepare()
		return c, nil
	}, loop.Options{Timeout: time.Millisecond}), func(t *testing.T, c *servetest.Client) {
		made = 0
		for range 2 {
			assert.Equal(t, "{}", ask(t, c, "", 200), "a Timeout, as text")
		}
		assert.Equal(t, 2, made)
		ask(t, c, "?error", 403)
		assert.Equal(t, "pay", ask(t, c, "?reply", 402))
	})
}

func ask(t *testing.T, c *servetest.Client, query string, status int) string {
	t.Helper()
	response, err := c.Get(c.URL + "/" + query)
	require.NoError(t, err)
	defer response.Body.Close()
	assert.Equal(t, status, response.StatusCode)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(text)
}

// TestHandleOfInvalidOptions: Validate tells before any request comes. If
// nobody asked it, the request gets a 500.
func TestHandleOfInvalidOptions(t *testing.T) {
	never := func(*handler.Request) (loop.Handler, error) { panic("the handler was made") }
	for text, h := range map[string]handler.Handler{
		"loop: Handle takes at most one loop.Options; it was given 2": loop.Handle(never, loop.Options{}, loop.Options{}),
		"Options.MailboxPolicy": loop.Handle(never, loop.Options{MailboxPolicy: 3}),
		"nil function":          loop.Handle(nil),
	} {
		assert.ErrorContains(t, h.(handler.Validator).Validate(), text)
		_, err := h.Init(nil)
		assert.ErrorContains(t, err, text)
	}
	assert.NoError(t, loop.Handle(never).(handler.Validator).Validate())
}

func TestReasonsAsText(t *testing.T) {
	for text, reason := range map[string]loop.Reason{
		"none":         {},
		"stop":         {Kind: loop.ReasonStop},
		"closed: moo":  {Kind: loop.ReasonClosed, Err: errors.New("moo")},
		"reason 77":    {Kind: 77},
		"shutdown":     {Kind: loop.ReasonShutdown},
		"error: moo":   {Kind: loop.ReasonError, Err: errors.New("moo")},
		"crash: panic": {Kind: loop.ReasonCrash, Err: errors.New("panic")},
	} {
		assert.Equal(t, text, reason.String())
	}
}

// TestContextIsGivenBack: what runs after the loop sees the request's context
// as it was, even after Cut.
func TestContextIsGivenBack(t *testing.T) {
	req, _ := newRequest(t)
	c := &callbacks{init: func(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
		l.Cut()
		return loop.OK, nil
	}}
	c.prepare()
	require.NoError(t, loop.Upgrade(c).Protocol.Upgrade(req, req.Env()))
	assert.NoError(t, req.Context().Err())
	assert.Equal(t, http.MethodGet, req.Method())
	assert.Equal(t, loop.ReasonShutdown, c.reason(t).Kind)
}
