package modeltest

import (
	"sync"
	"time"
)

// pulse measures how long the machine stalled: its goroutine wants to run
// every millisecond, and notes when it could not.
type pulse struct {
	mu     sync.Mutex
	last   time.Time // it ran
	stalls []stall
	end    chan struct{}
	ended  sync.WaitGroup
}

// stall is a time in which the pulse did not beat.
type stall struct{ from, to time.Time }

const (
	beat   = time.Millisecond
	missed = 5 * beat
)

func startPulse() *pulse {
	p := &pulse{last: time.Now(), end: make(chan struct{})}
	p.ended.Go(func() {
		for {
			select {
			case <-p.end:
				return
			case <-time.After(beat):
				p.beat()
			}
		}
	})
	return p
}

func (p *pulse) beat() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.last) > missed {
		p.stalls = append(p.stalls, stall{p.last, now})
	}
	p.last = now
}

func (p *pulse) stop() {
	close(p.end)
	p.ended.Wait()
}

// stalled returns for how long, of the time between two points, the machine
// stalled: in all, and at most at once.
func (p *pulse) stalled(from, to time.Time) (total, longest time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, s := range append(p.stalls[:len(p.stalls):len(p.stalls)], stall{p.last, time.Now()}) {
		within := minTime(s.to, to).Sub(maxTime(s.from, from))
		if within > missed {
			total += within
			longest = max(longest, within)
		}
	}
	return total, longest
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
