package listener

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// cutGrace is how long Stop waits for handlers and sessions to notice that
// their connections were cut.
const cutGrace = time.Second

// Stop ends the listener (ranch:stop_listener/1): it closes the listen socket
// and the connections that are between requests, lets running requests
// finish, and asks sessions to end, which closes WebSockets with 1001; one
// whose peer does not answer ends by itself after its CloseTimeout. What is
// left when ctx is done, or when Options.Shutdown is over, is cut, and the
// error says so and wraps the context's.
//
// A handler that does not end when its context does cannot be stopped; Stop
// leaves it behind after one more second.
//
// Further calls wait for the first one, or for their own ctx, and return its
// result.
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

	l.operation.Lock()
	err := l.closeSocket(Stopped)
	l.operation.Unlock()
	l.cancelTLS()
	if cut := l.end(ctx); cut != nil && l.options.Shutdown != BrutalKill {
		err = fmt.Errorf("listener: %s: connections were cut: %w", l.name, cut)
	}
	l.cancel()
	l.awaitEnd()
	return err
}

// end ends the requests and the sessions side by side. It returns ctx's
// error where some had to be cut.
func (l *Listener) end(ctx context.Context) (cut error) {
	l.mu.Lock()
	generations := slices.Collect(maps.Keys(l.generations))
	registries := slices.Collect(maps.Keys(l.registries))
	l.mu.Unlock()

	ended := make(chan error, len(generations)+len(registries))
	for _, g := range generations {
		go func() { ended <- g.stop(ctx) }()
	}
	for _, s := range registries {
		go func() { ended <- shutdown(ctx, s) }()
	}
	late, cancel := after(ctx, cutGrace)
	defer cancel()
	for range cap(ended) {
		select {
		case err := <-ended:
			cut = cmp.Or(cut, err)
		case <-late:
			return ctx.Err() // a session ignores that it was cut
		}
	}
	return cut
}

// after returns a channel that is closed some time after ctx is done.
func after(ctx context.Context, delay time.Duration) (late <-chan struct{}, cancel func()) {
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(delay, func() { close(done) }) })
	return done, func() { stop() }
}

// shutdown ends the sessions; where there were none, none was cut.
func shutdown(ctx context.Context, s *handler.Sessions) error {
	none := s.Len() == 0
	if err := s.Shutdown(ctx); !none {
		return err
	}
	return nil
}

// awaitEnd waits for the connections to be counted out, which ends the last
// of the listener's goroutines.
func (l *Listener) awaitEnd() {
	grace, cancel := context.WithTimeout(context.Background(), cutGrace)
	defer cancel()
	if l.gate.waitEmpty(grace.Done()) {
		l.running.Wait()
	}
}
