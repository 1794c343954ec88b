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

func TestSessionsShutdownTwice(t *testing.T) {
	var registry handler.Sessions
	require.NoError(t, registry.Shutdown(t.Context()))
	require.NoError(t, registry.Shutdown(t.Context()))
}
