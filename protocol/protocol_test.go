package protocol_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

type subProtocol func(*handler.Request, *handler.Env) error

func (f subProtocol) Upgrade(req *handler.Request, env *handler.Env) error { return f(req, env) }

func upgrade(f subProtocol) initFunc {
	return func(*handler.Request) (*handler.Upgrade, error) { return &handler.Upgrade{Protocol: f}, nil }
}

func TestOutcomes(t *testing.T) {
	tests := map[string]struct {
		init   initFunc
		status int
		body   string
		logged string // "" for nothing
	}{
		"reply": {
			func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyText(200, "hi") },
			200, "hi", "",
		},
		"nothing": {
			func(*handler.Request) (*handler.Upgrade, error) { return nil, nil },
			204, "", "",
		},
		"a body that was set but not sent": {
			func(req *handler.Request) (*handler.Upgrade, error) {
				req.SetRespBody([]byte("never"))
				return nil, nil
			},
			204, "", "",
		},
		"error": {
			func(*handler.Request) (*handler.Upgrade, error) { return nil, errors.New("the cause") },
			500, "", "the cause",
		},
		"status error": {
			func(*handler.Request) (*handler.Upgrade, error) {
				return nil, handler.Errorf(409, "the cause")
			},
			409, "", "",
		},
		"error after headers of another body": {
			func(req *handler.Request) (*handler.Upgrade, error) {
				_ = req.SetRespHeader("Content-Encoding", "br")
				_ = req.SetRespHeader("Content-Length", "10000")
				return nil, handler.Errorf(400, "")
			},
			400, "", "",
		},
		"error of an unknown status": {
			func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(499, "") },
			499, "", "",
		},
		"error after the reply": {
			func(req *handler.Request) (*handler.Upgrade, error) {
				_ = req.ReplyText(200, "hi")
				return nil, errors.New("the cause")
			},
			200, "hi", "the cause",
		},
		"panic": {
			func(*handler.Request) (*handler.Upgrade, error) { panic("the cause") },
			500, "", "panic: the cause",
		},
		"upgrade that replies": {
			upgrade(func(req *handler.Request, _ *handler.Env) error { return req.ReplyText(200, "up") }),
			200, "up", "",
		},
		"upgrade that does not": {
			upgrade(func(*handler.Request, *handler.Env) error { return nil }),
			204, "", "",
		},
		"upgrade that fails": {
			upgrade(func(*handler.Request, *handler.Env) error { return handler.Errorf(426, "") }),
			426, "", "",
		},
		"upgrade that panics": {
			upgrade(func(*handler.Request, *handler.Env) error { panic("the cause") }),
			500, "", "panic: the cause",
		},
		"upgrade to nowhere": {
			func(*handler.Request) (*handler.Upgrade, error) { return &handler.Upgrade{}, nil },
			500, "", "Upgrade whose Protocol is nil",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			var l logs
			server := mount(t, protocol.Options{Dispatch: dispatch(tt.init), Logger: l.logger()})
			response, body := get(t, server.URL+"/way")
			assert.Equal(t, tt.status, response.StatusCode)
			assert.Equal(t, tt.body, string(body))
			if tt.logged == "" {
				assert.Empty(t, l.String())
				return
			}
			assert.Contains(t, l.String(), tt.logged)
			assert.Contains(t, l.String(), "method=GET path=/way route=handler.Func")
			assert.Equal(t, 1, strings.Count(l.String(), "\n"), l.String())
		})
	}
}

func TestErrorReply(t *testing.T) {
	server := mount(t, protocol.Options{Dispatch: dispatch(func(*handler.Request) (*handler.Upgrade, error) {
		return nil, handler.Error(http.StatusForbidden, "Forbidden", errors.New("secret"))
	})})
	response, _ := get(t, server.URL)
	assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
	assert.EqualValues(t, len("Forbidden"), response.ContentLength)
	response, body := do(t, http.MethodHead, server.URL)
	assert.EqualValues(t, len("Forbidden"), response.ContentLength)
	assert.Empty(t, body)
}

func TestPanicAfterReply(t *testing.T) {
	for name, tt := range map[string]struct {
		value  any
		logged int
	}{
		"panic": {"the cause", 1},
		"abort": {http.ErrAbortHandler, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var l logs
			server := mount(t, protocol.Options{Logger: l.logger(), Dispatch: dispatch(
				func(req *handler.Request) (*handler.Upgrade, error) {
					_, _ = req.Writer().Write(make([]byte, 100_000))
					panic(tt.value)
				})})
			response, err := client(t).Get(server.URL)
			if err == nil {
				_, err = response.Body.Read(make([]byte, 200_000))
				for err == nil {
					_, err = response.Body.Read(make([]byte, 200_000))
				}
				_ = response.Body.Close()
			}
			require.ErrorContains(t, err, "EOF")
			assert.NotEqual(t, "EOF", err.Error(), "the reply must not look complete")
			assert.Equal(t, tt.logged, strings.Count(l.String(), "\n"))
		})
	}
}

func TestPanicIsLoggedWithStack(t *testing.T) {
	var l logs
	server := mount(t, protocol.Options{Logger: l.logger(), Dispatch: to{explosive{}}})
	response, _ := get(t, server.URL)
	require.Equal(t, 500, response.StatusCode)
	assert.Contains(t, l.String(), "explosive.Init")
	assert.Contains(t, l.String(), "protocol_test.go:")
}

type explosive struct{}

func (explosive) Init(*handler.Request) (*handler.Upgrade, error) { panic("boom") }

// ending is a Terminator that notes how its requests ended.
type ending struct {
	init initFunc
	ends []error
}

func (e *ending) Init(req *handler.Request) (*handler.Upgrade, error) { return e.init(req) }

func (e *ending) Terminate(_ *handler.Request, err error) { e.ends = append(e.ends, err) }

func TestTerminate(t *testing.T) {
	cause := errors.New("the cause")
	up := upgrade(func(*handler.Request, *handler.Env) error { return cause })
	tests := map[string]struct {
		init  initFunc
		check func(t *testing.T, ends []error)
	}{
		"normal": {
			func(*handler.Request) (*handler.Upgrade, error) { return nil, nil },
			func(t *testing.T, ends []error) { assert.Equal(t, []error{nil}, ends) },
		},
		"error": {
			func(*handler.Request) (*handler.Upgrade, error) { return nil, cause },
			func(t *testing.T, ends []error) { assert.Equal(t, []error{cause}, ends) },
		},
		"error beside an upgrade": {
			func(req *handler.Request) (*handler.Upgrade, error) {
				upgrade, _ := up(req)
				return upgrade, cause
			},
			func(t *testing.T, ends []error) { assert.Equal(t, []error{cause}, ends) },
		},
		"panic": {
			func(*handler.Request) (*handler.Upgrade, error) { panic(cause) },
			func(t *testing.T, ends []error) {
				require.Len(t, ends, 1)
				var panicked *handler.PanicError
				require.ErrorAs(t, ends[0], &panicked)
				assert.Equal(t, cause, panicked.Value)
				assert.NotEmpty(t, panicked.Stack)
			},
		},
		"runtime.Goexit": {
			func(*handler.Request) (*handler.Upgrade, error) { runtime.Goexit(); return nil, nil },
			func(t *testing.T, ends []error) {
				require.Len(t, ends, 1)
				assert.ErrorContains(t, ends[0], "Goexit")
			},
		},
		"upgrade": {up, func(t *testing.T, ends []error) { assert.Empty(t, ends) }},
		"upgrade to nowhere": {
			func(*handler.Request) (*handler.Upgrade, error) { return &handler.Upgrade{}, nil },
			func(t *testing.T, ends []error) {
				require.Len(t, ends, 1)
				assert.Error(t, ends[0])
			},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			e := &ending{init: tt.init}
			p := mustNew(t, protocol.Options{Dispatch: to{e}, Logger: new(logs).logger()})
			served := make(chan struct{})
			go func() {
				defer close(served)
				p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
			}()
			<-served
			tt.check(t, e.ends)
		})
	}
}

func TestTerminatePanics(t *testing.T) {
	var l logs
	h := &badEnding{}
	p := mustNew(t, protocol.Options{Dispatch: to{h}, Logger: l.logger()})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, 500, w.Code)
	assert.Equal(t, 1, h.calls)
	assert.Contains(t, l.String(), "in Terminate")
}

// A reply that is complete, or the failure of Init, is what the client gets,
// whatever Terminate does.
func TestTerminatePanicsAfterTheEnd(t *testing.T) {
	for status, init := range map[int]initFunc{
		201: func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyText(201, "all of it") },
		404: func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(404, "nothing here") },
	} {
		var l logs
		h := &badEnding{init: init}
		addr := serve(t, protocol.Options{Dispatch: to{h}, Logger: l.logger()})
		response, _ := get(t, "http://"+addr)
		assert.Equal(t, status, response.StatusCode)
		assert.Equal(t, 1, h.calls)
		assert.Contains(t, l.String(), "in Terminate")
	}
}

type badEnding struct {
	init  initFunc
	calls int
}

func (b *badEnding) Init(req *handler.Request) (*handler.Upgrade, error) {
	if b.init == nil {
		return nil, nil
	}
	return b.init(req)
}

func (b *badEnding) Terminate(*handler.Request, error) {
	b.calls++
	panic("in Terminate")
}

func TestShutdownDrainsSessions(t *testing.T) {
	sessions := new(handler.Sessions)
	p := mustNew(t, protocol.Options{Sessions: sessions, Dispatch: dispatch(nil)})
	s := &session{sessions: sessions}
	require.True(t, sessions.Add(s))
	require.NoError(t, p.Shutdown(context.Background()))
	assert.True(t, s.drained)
}

type session struct {
	sessions *handler.Sessions
	drained  bool
}

func (s *session) Drain() {
	s.drained = true
	s.sessions.Remove(s)
}

func (s *session) Cut() {}
