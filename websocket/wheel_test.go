package websocket

import (
	"log/slog"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
)

// TestWheel: a connection is found when it is due, not before and at most a
// sixteenth of its timeout and a tick late, whatever it received meanwhile.
func TestWheel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	const turns = slotCount * wheelTick
	env := &handler.Env{Sessions: new(handler.Sessions), Logger: slog.New(slog.DiscardHandler)}
	w := &wheel{armed: 1} // as if the timer were set for long ago
	scheduled := map[*Conn]bool{}
	for range 200 {
		c := newConn(nil, &Options{IdleTimeout: 1 + time.Duration(random.Int64N(int64(3*turns)))}, &handshake{}, env, systemClock{})
		scheduled[c] = true
		w.scheduleFrom(0, c)
	}
	for present := int64(0); present < int64(20*turns); {
		present += random.Int64N(int64(turns / 4))
		if random.IntN(20) == 0 {
			present += int64(2 * turns) // the process stood still
		}
		due := map[*Conn]bool{}
		for _, c := range w.emptySlots(present) {
			due[c] = true
		}
		for c := range scheduled {
			if due[c] {
				require.LessOrEqual(t, c.due(), present, "too early")
			} else {
				late := int64(wheelTick) + c.timing.idle.Load()/16
				require.Greater(t, c.due()+late, present-present%int64(wheelTick), "too late")
			}
			if random.IntN(3) == 0 {
				c.timing.received.Store(present) // without a word to the wheel
			}
		}
		for c := range due {
			c.timing.received.Store(present)
			if random.IntN(20) == 0 {
				w.forget(c)
				delete(scheduled, c)
			}
			w.scheduleFrom(present, c)
		}
		used := 0
		for slot := range w.slots {
			if w.slots[slot] != nil {
				used++
			}
			require.Equal(t, w.slots[slot] != nil, w.used[slot/64]>>(slot%64)&1 == 1)
		}
		next := w.nextUsed(w.last + 1)
		require.Equal(t, used > 0, next > 0)
		if used > 0 {
			require.NotNil(t, w.slots[next%slotCount])
		}
	}
	require.NotEmpty(t, scheduled)
}

// TestForever: a time that never comes, whether NoLimit or protocol.Infinity,
// turns one timeout off and no other.
func TestForever(t *testing.T) {
	for name, never := range map[string]time.Duration{"Infinity": math.MaxInt64, "NoLimit": NoLimit} {
		t.Run(name, func(t *testing.T) { testForever(t, never) })
	}
}

func testForever(t *testing.T, never time.Duration) {
	env := &handler.Env{Sessions: new(handler.Sessions), Logger: slog.New(slog.DiscardHandler)}
	for name, o := range map[string]Options{
		"IdleTimeout":    {IdleTimeout: never, PingInterval: time.Hour, HibernateAfter: never},
		"PingInterval":   {IdleTimeout: time.Hour, PingInterval: never, HibernateAfter: NoLimit},
		"HibernateAfter": {IdleTimeout: time.Hour, HibernateAfter: never, CloseTimeout: never, WriteTimeout: never},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, o.Validate())
			o.fill()
			c := newConn(nil, &o, &handshake{}, env, systemClock{})
			require.EqualValues(t, time.Hour, c.due())
			require.Positive(t, o.CloseTimeout)
			require.Positive(t, now()+int64(o.CloseTimeout))
			require.True(t, time.Now().Add(o.WriteTimeout).After(time.Now()))
		})
	}
}

// TestNextUsed finds each slot from each other one.
func TestNextUsed(t *testing.T) {
	for range 1000 {
		w := &wheel{}
		at, ahead := rand.Int64N(1<<40), rand.Int64N(slotCount)
		slot := (at + ahead) % slotCount
		w.used[slot/64] |= 1 << (slot % 64)
		require.Equal(t, at+ahead, w.nextUsed(at))
	}
	require.Zero(t, new(wheel).nextUsed(5))
}
