package listener

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// cutGrace is how long Stop waits for handlers and sessions to notice that
// they were cut; handler.Sessions.Shutdown allows as much.
const cutGrace = time.Second

// Stop ends the listener. It closes the listen socket and idle connections,
// lets running requests finish, and drains sessions: WebSockets are closed
// with code 1001, and each ends after its CloseTimeout even if the client
// doesn't answer. If ctx is done or Options.Shutdown has passed before all
// have ended, Stop closes the remaining connections and ends the contexts of
// their requests. Its error then wraps the context's.
//
// Stop can't end a callback that ignores its context or blocks. It leaves
// such callbacks behind one second after the cut.
//
// Further calls wait for the first one, or for their own ctx, and return its
// result. Cowboy: ranch:stop_listener/1.
func (l *Listener) Stop(ctx context.Context) error {
	first := false
	l.stopOnce.Do(func() { first = true })
	if first {
		l.stopErr = l.stop(ctx)
		close(l.stopped)
		return l.stopErr
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
	late, endLate := after(ctx, cutGrace)
	defer endLate()

	l.operation.Lock()
	err := l.closeSocket(Stopped)
	l.operation.Unlock()
	l.cancelTLS()
	if cut := l.end(ctx, late.Done()); cut != nil && l.options.Shutdown != BrutalKill {
		err = l.wrap(fmt.Errorf("connections were cut: %w", cut))
	}
	l.cancel()
	cancel() // starts cutGrace, unless it has begun
	l.awaitEnd(late.Done())
	return err
}

// after returns a context that ends a delay later than ctx.
func after(ctx context.Context, delay time.Duration) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(delay, cancel) })
	return late, cancel
}

// end ends requests and sessions side by side. It returns ctx's error if it
// had to cut some, and waits for them until late at most.
func (l *Listener) end(ctx context.Context, late <-chan struct{}) (cut error) {
	l.mu.Lock()
	generations := slices.Collect(maps.Keys(l.generations))
	registries := slices.Collect(maps.Keys(l.registries))
	l.mu.Unlock()

	requests := make(chan error, len(generations))
	for _, g := range generations {
		go func() { requests <- g.stop(ctx) }()
	}
	sessions := make(chan error, len(registries))
	for _, s := range registries {
		go func() { sessions <- s.Shutdown(ctx) }()
	}
	if cut = awaitAll(ctx, requests, late); cut != nil {
		l.cancel() // at once, not only after the sessions
	}
	return cmp.Or(cut, awaitAll(ctx, sessions, late))
}

// awaitAll returns the first error of as many results as ended has room for,
// or ctx's error if some are late.
func awaitAll(ctx context.Context, ended <-chan error, late <-chan struct{}) (first error) {
	for range cap(ended) {
		select {
		case err := <-ended:
			first = cmp.Or(first, err)
		case <-late: // a session blocks in Drain or Cut
			return ctx.Err()
		}
	}
	return first
}

// awaitEnd waits until every connection was counted out, and then for the
// listener's last goroutines.
func (l *Listener) awaitEnd(late <-chan struct{}) {
	if l.gate.waitEmpty(late) {
		l.running.Wait()
	}
}
