package listener

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// cutGrace is how long Stop waits for handlers and sessions to notice that
// their connections were cut.
const cutGrace = time.Second

// Stop ends the listener (ranch:stop_listener/1): it closes the listen socket,
// closes connections that are between requests, lets running requests finish
// and asks sessions to end, which closes WebSockets with 1001. What is left
// when ctx is done, or Options.Shutdown is over, is cut, and the error of the
// context is returned.
//
// Further calls wait for the first one, or for their own ctx, and return its
// result.
func (l *Listener) Stop(ctx context.Context) error {
	first := false
	l.stopOnce.Do(func() { first = true })
	if first {
		l.stopErr = l.stop(ctx)
		close(l.stopped)
	}
	select {
	case <-l.stopped:
		return l.stopErr
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *Listener) stop(ctx context.Context) error {
	defer unregister(l)
	ctx, cancel := bound(ctx, max(l.options.Shutdown, 0))
	defer cancel()

	l.operation.Lock()
	err := l.closeSocket(Stopped)
	l.operation.Unlock()
	l.cancelTLS()
	if cut := l.end(ctx); cut != nil {
		err = fmt.Errorf("listener: %s: connections were cut: %w", l.name, cut)
	}
	l.cancel()
	l.awaitEnd()
	return err
}

// end ends the requests and the sessions side by side.
func (l *Listener) end(ctx context.Context) error {
	generations, registries := l.snapshot()
	errs := make(chan error, len(generations)+len(registries))
	var requests sync.WaitGroup
	for g := range generations {
		requests.Go(func() { errs <- g.stop(ctx) })
	}
	for s := range registries {
		go func() { errs <- s.Shutdown(ctx) }()
	}
	requests.Wait()
	return l.collect(ctx, errs, cap(errs))
}

// snapshot returns the generations that may have connections, and the
// registries of their sessions.
func (l *Listener) snapshot() (map[*generation]struct{}, map[*handler.Sessions]struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	generations := make(map[*generation]struct{}, len(l.generations))
	registries := map[*handler.Sessions]struct{}{l.sessions: {}}
	for g := range l.generations {
		generations[g] = struct{}{}
		registries[g.protocol.Options().Sessions] = struct{}{}
	}
	return generations, registries
}

// collect returns the first of n errors. A session whose handler hangs does
// not hold it up for longer than cutGrace after ctx is done.
func (l *Listener) collect(ctx context.Context, errs <-chan error, n int) (first error) {
	var grace <-chan time.Time
	done := ctx.Done()
	for range n {
	next:
		select {
		case err := <-errs:
			if first == nil {
				first = err
			}
		case <-done:
			done, grace = nil, time.After(cutGrace)
			goto next
		case <-grace:
			return ctx.Err()
		}
	}
	return first
}

// awaitEnd waits for the connections to be counted out, which ends the last
// of the listener's goroutines; a handler that ignores its context cannot
// hold it up for longer than cutGrace.
func (l *Listener) awaitEnd() {
	grace, cancel := context.WithTimeout(context.Background(), cutGrace)
	defer cancel()
	if l.gate.waitEmpty(grace.Done()) {
		l.running.Wait()
	}
}
