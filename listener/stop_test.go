package listener_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

// waiting is a handler that tells when it began and goes on when it may.
type waiting struct {
	began chan struct{}
	goOn  chan struct{}
}

func newWaiting() waiting {
	return waiting{began: make(chan struct{}, 10), goOn: make(chan struct{})}
}

func (w waiting) options() protocol.Options {
	return with(func(req *handler.Request) (*handler.Upgrade, error) {
		w.began <- struct{}{}
		<-w.goOn
		return nil, req.ReplyText(200, "done")
	})
}

// untilCut is a handler that ends with its request's context.
func untilCut(began chan<- struct{}) protocol.Options {
	return with(func(req *handler.Request) (*handler.Upgrade, error) {
		began <- struct{}{}
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
}

func stopping(l *listener.Listener, ctx context.Context) <-chan error {
	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(ctx) }()
	return stopped
}

func TestStopFinishesRequests(t *testing.T) {
	w := newWaiting()
	l := startClear(t, local, w.options())
	fresh := dial(t, l)
	eventually(t, func() bool { return l.Info().ActiveConnections == 1 }, "accepted")
	busy := dial(t, l)
	busy.request()
	<-w.began
	stopped := stopping(l, limited(t))
	fresh.closed() // at once, though a request is running
	assert.Equal(t, listener.Stopped, l.Status())
	close(w.goOn)
	_, body := busy.reply()
	assert.Equal(t, "done", body)
	busy.closed()
	require.NoError(t, <-stopped)
	assert.Zero(t, l.Info().AllConnections)
}

func TestStopClosesIdleConnections(t *testing.T) {
	l := startClear(t, local, say("hi"))
	idle := dial(t, l)
	idle.get("hi")
	require.NoError(t, l.Stop(limited(t)))
	idle.closed()
}

func TestStopDrainsSessions(t *testing.T) {
	l := startClear(t, local, lines{}.options())
	p := dial(t, l)
	p.upgrade()
	require.NoError(t, l.Stop(limited(t)))
	assert.Equal(t, "bye\n", p.line())
	p.closed()
}

func TestStopReachesRetiredOptions(t *testing.T) {
	w := newWaiting()
	l := startClear(t, local, w.options())
	busy := dial(t, l)
	busy.request()
	<-w.began
	require.NoError(t, l.SetProtocolOptions(say("new")))
	idle := dial(t, l)
	idle.get("new")
	stopped := stopping(l, limited(t))
	idle.closed()
	close(w.goOn)
	busy.reply()
	require.NoError(t, <-stopped)
	assert.Equal(t, 1, l.Generations())
}

func TestStopCuts(t *testing.T) {
	expired, cancel := context.WithCancel(context.Background())
	cancel()
	tests := map[string]struct {
		ctx      context.Context
		shutdown time.Duration
		want     error
	}{
		"when ctx is done":     {expired, listener.Infinity, context.Canceled},
		"when time is over":    {context.Background(), time.Millisecond, context.DeadlineExceeded},
		"at once, where asked": {context.Background(), listener.BrutalKill, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			options := local
			options.Shutdown = tt.shutdown
			t.Run("request", func(t *testing.T) {
				began := make(chan struct{}, 1)
				l := startClear(t, options, untilCut(began))
				p := dial(t, l)
				p.request()
				<-began
				require.ErrorIs(t, l.Stop(tt.ctx), tt.want)
				p.closed()
				assert.Zero(t, l.Info().AllConnections, "the handler has ended")
			})
			t.Run("request with a body to come", func(t *testing.T) {
				began := make(chan struct{}, 1)
				l := startClear(t, options, untilCut(began))
				p := dial(t, l)
				p.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
				<-began
				require.ErrorIs(t, l.Stop(tt.ctx), tt.want)
				p.closed()
				assert.Zero(t, l.Info().AllConnections, "the handler has ended")
			})
			t.Run("session", func(t *testing.T) {
				l := startClear(t, options, lines{stubborn: true}.options())
				p := dial(t, l)
				p.upgrade()
				require.ErrorIs(t, l.Stop(tt.ctx), tt.want)
				p.closed()
				assert.Zero(t, l.Info().AllConnections)
			})
			t.Run("nothing", func(t *testing.T) {
				l := startClear(t, options, say("hi"))
				require.NoError(t, l.Stop(tt.ctx))
			})
		})
	}
}

// TestStopLeavesBehindWhatHangs has a handler that ignores its context and a
// session that ignores Cut.
func TestStopLeavesBehindWhatHangs(t *testing.T) {
	w := newWaiting()
	var hanging handler.Sessions
	options := w.options()
	options.Sessions = &hanging
	listening := local
	listening.Shutdown = time.Millisecond
	l := startClear(t, listening, options)
	session := new(deaf)
	require.True(t, hanging.Add(session))
	p := dial(t, l)
	p.request()
	<-w.began
	require.ErrorIs(t, l.Stop(context.Background()), context.DeadlineExceeded)
	p.closed()
	close(w.goOn)
	hanging.Remove(session)
	eventually(t, func() bool { return l.Info().AllConnections == 0 }, "they end after all")
}

// TestStopCutsWithoutWaitingForSessions: a request ends with its context, at
// the same time as a session that ignores Cut is left behind, not later.
func TestStopCutsWithoutWaitingForSessions(t *testing.T) {
	began := make(chan struct{}, 1)
	options := untilCut(began)
	var hanging handler.Sessions
	options.Sessions = &hanging
	listening := local
	listening.Shutdown = time.Millisecond
	l := startClear(t, listening, options)
	require.True(t, hanging.Add(new(deaf)))
	p := dial(t, l)
	p.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
	<-began
	require.ErrorIs(t, l.Stop(context.Background()), context.DeadlineExceeded)
	p.closed()
	assert.Zero(t, l.Info().ActiveConnections, "the handler has ended")
	assert.Equal(t, 1, l.Info().AllConnections, "the session has not")
}

type deaf struct{ _ int }

func (*deaf) Drain() {}
func (*deaf) Cut()   {}

func TestStopTwice(t *testing.T) {
	w := newWaiting()
	l := startClear(t, local, w.options())
	p := dial(t, l)
	p.request()
	<-w.began
	first := stopping(l, limited(t))
	eventually(t, func() bool { return l.Status() == listener.Stopped }, "it is stopping")
	expired, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, l.Stop(expired), context.Canceled)
	var others sync.WaitGroup
	for range 5 {
		others.Go(func() { assert.NoError(t, l.Stop(limited(t))) })
	}
	close(w.goOn)
	p.reply()
	require.NoError(t, <-first)
	others.Wait()
}

func TestStoppedListener(t *testing.T) {
	l := startClear(t, local, say("hi"))
	require.NoError(t, l.Stop(limited(t)))
	require.ErrorIs(t, l.Suspend(), listener.ErrStopped)
	require.ErrorIs(t, l.Resume(), listener.ErrStopped)
	require.ErrorIs(t, l.SetProtocolOptions(say("new")), listener.ErrStopped)
	require.ErrorIs(t, l.Drain(limited(t)), listener.ErrStopped)
	assert.Equal(t, "stopped", l.Info().Status.String())
}

func TestStopWhileSuspended(t *testing.T) {
	l := startClear(t, local, say("hi"))
	p := dial(t, l)
	p.get("hi")
	require.NoError(t, l.Suspend())
	require.NoError(t, l.Stop(limited(t)))
	p.closed()
}

func TestDrain(t *testing.T) {
	l := startClear(t, local, lines{}.options())
	p := dial(t, l)
	p.upgrade()
	drained := make(chan error, 1)
	go func() { drained <- l.Drain(limited(t)) }()
	eventually(t, func() bool { return l.Status() == listener.Suspended }, "it is suspended")
	p.send("still here\n")
	assert.Equal(t, "still here\n", p.line())
	require.NoError(t, p.Close())
	require.NoError(t, <-drained)
	assert.Equal(t, listener.Stopped, l.Status())
}

func TestDrainStopsWhatStays(t *testing.T) {
	l := startClear(t, local, lines{}.options())
	p := dial(t, l)
	p.upgrade()
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	require.NoError(t, l.Drain(ctx))
	assert.Equal(t, "bye\n", p.line())
}

// TestStopUnderLoad stops while clients come and go; each reply that begins is
// complete.
func TestStopUnderLoad(t *testing.T) {
	l := startClear(t, local, say("hi"))
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for keepAlive := true; ; keepAlive = !keepAlive {
				client := http.Client{Transport: &http.Transport{DisableKeepAlives: !keepAlive}}
				for range 3 {
					response, err := client.Get("http://" + l.Addr().String())
					if err != nil {
						client.CloseIdleConnections()
						return
					}
					body := make([]byte, 2)
					_, err = response.Body.Read(body)
					assert.Equal(t, "hi", string(body), "%v", err)
					_ = response.Body.Close()
				}
				client.CloseIdleConnections()
			}
		})
	}
	eventually(t, func() bool { return l.Info().Accepted > 20 }, "clients are served")
	require.NoError(t, l.SetProtocolOptions(say("hi")))
	require.NoError(t, l.Suspend())
	require.NoError(t, l.Resume())
	require.NoError(t, l.Stop(limited(t)))
	clients.Wait()
	assert.Zero(t, l.Info().AllConnections)
}
