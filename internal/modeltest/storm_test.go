package modeltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// sleeping is how many connections a storm has.
const sleeping = 64

// TestStorm wakes connections that hibernate, all of them and each by a frame
// and by an info at almost the same time, while goroutines lose their turn
// between any two steps. A wake-up that is meant for one sleep must not end
// the next one; if it does, whoever watches the sleepers loses count and
// never ends.
func TestStorm(t *testing.T) {
	for _, transport := range []string{"tcp", "tls"} {
		for _, count := range []int{1, 2, 8} {
			t.Run(fmt.Sprintf("%s/GOMAXPROCS=%d", transport, count), func(t *testing.T) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(count))
				storm(t, transport, soakTime(t)/18)
				assert.NoError(t, goleak.Find(), "goroutines are left")
			})
		}
	}
}

func storm(t *testing.T, transport string, duration time.Duration) {
	y := new(yard)
	s, err := serving{transport: transport, upgrade: y.upgrade}.start()
	require.NoError(t, err)
	defer s.close()
	y.servers = []*server{s}
	walkers := make([]*walker, sleeping)
	for i := range walkers {
		walkers[i] = &walker{yard: y, path: fmt.Sprint("/", i), sleeper: newSleeper()}
		y.sleepers.Store(walkers[i].path, walkers[i].sleeper)
		require.NoError(t, walkers[i].connectTo(s))
	}
	random, rounds := rand.New(rand.NewPCG(1, 1)), 0
	stop := disturb()
	for end := time.Now().Add(duration); time.Now().Before(end); rounds++ {
		require.NoError(t, gust(walkers, 1+random.IntN(16), rounds%2 == 0), "round %d", rounds)
	}
	stop()
	for _, w := range walkers {
		assert.NoError(t, w.end(false))
		assert.False(t, w.sleeper.wrong.Load())
		_ = w.raw.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	assert.NoError(t, s.stop(ctx))
	t.Logf("%d rounds", rounds)
}

// gust wakes all, by frames and, lag connections later, by infos; or by infos
// only.
func gust(walkers []*walker, lag int, frames bool) error {
	for i := range len(walkers) + lag {
		if i < len(walkers) && frames {
			w := walkers[i]
			if err := w.write(w.echo()); err != nil {
				return err
			}
		}
		if behind := i - lag; behind >= 0 {
			w := walkers[behind]
			if err := w.conn.Notify(w.info()); err != nil {
				return err
			}
		}
	}
	for _, w := range walkers {
		awaited := []label{w.info()}
		if frames {
			awaited = append(awaited, w.echo())
		}
		if err := w.expect(awaited...); err != nil {
			return err
		}
		w.number += 2
	}
	return nil
}

// The payloads of a round; their odd numbers have the connection hibernate.
func (w *walker) echo() label { return label{fromClient, w.number | 1, ofText, 30} }
func (w *walker) info() label { return label{fromReply, w.number | 1, ofText, 30} }
