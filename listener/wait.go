package listener

import (
	"context"
	"fmt"
	"time"
)

// waitInterval is how often WaitForConnections looks.
const waitInterval = 5 * time.Millisecond

var comparisons = map[string]func(a, b int) bool{
	">":  func(a, b int) bool { return a > b },
	">=": func(a, b int) bool { return a >= b },
	"==": func(a, b int) bool { return a == b },
	"<=": func(a, b int) bool { return a <= b },
	"=<": func(a, b int) bool { return a <= b },
	"<":  func(a, b int) bool { return a < b },
}

// WaitForConnections waits until the number of all connections compares to n
// by op, one of > >= == <= <, or until ctx is done, whose error it returns
// then (ranch:wait_for_connections/3).
func (l *Listener) WaitForConnections(ctx context.Context, op string, n int) error {
	compare := comparisons[op]
	if compare == nil {
		return fmt.Errorf("listener: op is %q; >, >=, ==, <= or < is allowed", op)
	}
	ticker := time.NewTicker(waitInterval)
	defer ticker.Stop()
	for !compare(l.Info().AllConnections, n) {
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// Drain suspends the listener, waits for all connections to end by
// themselves, or for ctx to be done, and stops it then; stopping those that
// are left may take another Options.Shutdown. (ranch's guide: draining)
func (l *Listener) Drain(ctx context.Context) error {
	if err := l.Suspend(); err != nil {
		return err
	}
	_ = l.WaitForConnections(ctx, "==", 0) // those that are left are stopped
	return l.Stop(context.WithoutCancel(ctx))
}
