package modeltest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// walkers is how many clients there are at a time.
const walkers = 24

// TestSoak has many connections fall asleep and wake up, while others come
// and go so that descriptors are used again.
func TestSoak(t *testing.T) {
	counts := []int{1, 2, 8}
	for _, count := range counts {
		t.Run(fmt.Sprintf("GOMAXPROCS=%d", count), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(count))
			for _, transport := range []string{"tcp", "unix", "tls"} {
				warmUp(t, transport)
			}
			descriptors := openDescriptors()
			soak(t, soakTime(t)/time.Duration(len(counts)))
			assert.NoError(t, leaked(), "goroutines are left")
			assert.Eventually(t, func() bool { return openDescriptors() <= descriptors }, patience, time.Millisecond, "descriptors are left")
		})
	}
}

// soakTime is how long a soak may take.
func soakTime(t *testing.T) time.Duration {
	set := os.Getenv("COWHAND_SOAK")
	if set == "" {
		return 3 * time.Second
	}
	duration, err := time.ParseDuration(set)
	require.NoError(t, err, "COWHAND_SOAK")
	return duration
}

func soak(t *testing.T, duration time.Duration) {
	y := new(yard)
	for _, transport := range []string{"tcp", "unix", "tls"} {
		s, err := serving{transport: transport, upgrade: y.upgrade}.start()
		require.NoError(t, err)
		y.servers = append(y.servers, s)
	}
	end := time.Now().Add(duration)
	stop := disturb()
	var all sync.WaitGroup
	for i := range walkers {
		w := &walker{yard: y, random: rand.New(rand.NewPCG(1, uint64(i)))}
		all.Go(func() {
			for time.Now().Before(end) && !t.Failed() {
				if err := w.visit(); err != nil {
					t.Errorf("walker %d, %s: %v", i, w.path, err)
				}
			}
		})
	}
	all.Wait()
	stop()
	for _, s := range y.servers {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		assert.NoError(t, s.stop(ctx))
		cancel()
		assert.Zero(t, s.sessions.Len())
		s.close()
	}
	t.Logf("%d connections, %d wakes", y.visits.Load(), y.wakes.Load())
}

// disturb stops the world again and again, which puts each goroutine that
// runs, wherever it is, behind those that wait. A race between two steps that
// belong together then is no longer a matter of luck.
func disturb() (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		var stats runtime.MemStats
		for {
			select {
			case <-done:
				return
			case <-time.After(100 * time.Microsecond):
				runtime.ReadMemStats(&stats)
			}
		}
	})
	return func() { close(done); running.Wait() }
}
