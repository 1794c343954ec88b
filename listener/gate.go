package listener

import "sync"

// gate counts the active connections and holds acceptors back while there
// are too many of them.
type gate struct {
	mu              sync.Mutex
	max             int // Unlimited, or more than 0
	active          int
	accepted, ended uint64
	changed         chan struct{} // closed at the next change; nil while nobody waits
}

// enter counts a connection, and returns how many are active.
func (g *gate) enter() (active int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active++
	g.accepted++
	g.wake()
	return g.active
}

// leave counts a connection out.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.active--
	g.ended++
	g.wake()
}

func (g *gate) setMax(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.max = n
	g.wake()
}

func (g *gate) wake() {
	if g.changed != nil {
		close(g.changed)
		g.changed = nil
	}
}

// waitRoom waits until another connection may be accepted; false once done
// is closed.
func (g *gate) waitRoom(done <-chan struct{}) bool {
	return g.wait(done, func() bool { return g.max < 0 || g.active < g.max })
}

// waitEmpty waits until no connection is active; false once done is closed.
func (g *gate) waitEmpty(done <-chan struct{}) bool {
	return g.wait(done, func() bool { return g.active == 0 })
}

func (g *gate) wait(done <-chan struct{}, ready func() bool) bool {
	for {
		changed := g.check(ready)
		if changed == nil {
			return true
		}
		select {
		case <-changed:
		case <-done:
			return false
		}
	}
}

// check returns nil where ready, else what is closed at the next change.
func (g *gate) check(ready func() bool) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if ready() {
		return nil
	}
	if g.changed == nil {
		g.changed = make(chan struct{})
	}
	return g.changed
}

// counts returns the limit, and how many connections are active, were
// accepted and have ended.
func (g *gate) counts() (limit, active int, accepted, ended uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.max, g.active, g.accepted, g.ended
}
