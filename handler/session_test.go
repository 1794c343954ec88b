package handler_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// session ends after a delay when it is drained, and at once when it is cut.
type session struct {
	registry *handler.Sessions
	delay    time.Duration
	drained  atomic.Int32
	cut      atomic.Int32
}

func (s *session) Drain() {
	s.drained.Add(1)
	if s.delay >= 0 {
		time.AfterFunc(s.delay, func() { s.registry.Remove(s) })
	}
}

func (s *session) Cut() {
	s.cut.Add(1)
	s.registry.Remove(s)
}

func TestSessionsAddRemove(t *testing.T) {
	var sessions handler.Sessions
	a, b := &session{}, &session{}
	require.True(t, sessions.Add(a))
	require.True(t, sessions.Add(b))
	assert.Equal(t, 2, sessions.Len())
	sessions.Remove(a)
	sessions.Remove(a)
	assert.Equal(t, 1, sessions.Len())
}

func TestSessionsShutdown(t *testing.T) {
	const never = -1
	for _, test := range []struct {
		name   string
		delays []time.Duration
		err    error
		cut    int32
		took   time.Duration
	}{
		{"empty", nil, nil, 0, 0},
		{"all drain in time", []time.Duration{0, time.Second, 2 * time.Second}, nil, 0, 2 * time.Second},
		{"one has to be cut", []time.Duration{time.Second, never}, context.DeadlineExceeded, 1, 5 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var registry handler.Sessions
				var all []*session
				for _, delay := range test.delays {
					s := &session{registry: &registry, delay: delay}
					all = append(all, s)
					require.True(t, registry.Add(s))
				}
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
				defer cancel()
				start := time.Now()
				assert.ErrorIs(t, registry.Shutdown(ctx), test.err)
				assert.Equal(t, test.took, time.Since(start))
				assert.Zero(t, registry.Len())
				var cut int32
				for _, s := range all {
					assert.EqualValues(t, 1, s.drained.Load())
					cut += s.cut.Load()
				}
				assert.Equal(t, test.cut, cut)
				assert.False(t, registry.Add(&session{}), "a session after Shutdown is refused")
			})
		})
	}
}

// deaf is a session that ignores Drain and Cut, as one does whose callback
// blocks.
type deaf struct{ _ int }

func (*deaf) Drain() {}
func (*deaf) Cut()   {}

// TestSessionsShutdownLeavesBehind a session that ignores Cut, one second
// after ctx is done.
func TestSessionsShutdownLeavesBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var registry handler.Sessions
		hanging := new(deaf)
		require.True(t, registry.Add(hanging))
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		begin, took := time.Now(), time.Duration(0)
		done := make(chan error, 1)
		go func() {
			err := registry.Shutdown(ctx)
			took = time.Since(begin)
			done <- err
		}()
		time.Sleep(time.Minute)
		select {
		case err := <-done:
			assert.Equal(t, context.DeadlineExceeded, err)
			assert.Equal(t, 6*time.Second, took)
		default:
			assert.Fail(t, "Shutdown ignores its context")
		}
		assert.Equal(t, 1, registry.Len(), "the session lives on")

		again, cancelAgain := context.WithCancel(t.Context())
		defer cancelAgain()
		start := time.Now()
		go func() { done <- registry.Shutdown(again) }()
		synctest.Wait()
		registry.Remove(hanging)
		assert.NoError(t, <-done, "another Shutdown waits for what was left")
		assert.Zero(t, time.Since(start))
	})
}

// TestSessionsShutdownTooLate: a context that is done cuts at once, and is no
// error if there was nothing to cut.
func TestSessionsShutdownTooLate(t *testing.T) {
	expired, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // the outcome must not depend on the choice of a select
		var empty, full handler.Sessions
		require.NoError(t, empty.Shutdown(expired))
		s := &session{registry: &full, delay: -1}
		require.True(t, full.Add(s))
		require.ErrorIs(t, full.Shutdown(expired), context.Canceled)
		require.EqualValues(t, 1, s.cut.Load())
	}
}

func TestSessionsShutdownTwice(t *testing.T) {
	var registry handler.Sessions
	require.NoError(t, registry.Shutdown(t.Context()))
	require.NoError(t, registry.Shutdown(t.Context()))
}
