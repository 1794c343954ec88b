package listener

import (
	"log/slog"
	"sync"
	"time"
)

// fullEvery is how often a listener that stays full says so.
const fullEvery = time.Minute

// fullWarning logs that MaxConnections is reached: from then on new clients
// wait without an answer, and nothing else says why.
type fullWarning struct {
	mu    sync.Mutex
	quiet time.Time // until when not to warn again
}

// check runs at each new connection; active are those with it.
func (w *fullWarning) check(l *Listener, active int) {
	limit, _, accepted, ended := l.gate.counts()
	if limit == Unlimited || active < limit || !w.due(time.Now()) {
		return
	}
	l.log(slog.LevelWarn, "MaxConnections is reached; further clients wait",
		slog.Int("max", limit), slog.Int("active", active), slog.Int("all", l.Info().AllConnections),
		slog.Uint64("accepted", accepted), slog.Uint64("ended", ended))
}

func (w *fullWarning) due(now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if now.Before(w.quiet) {
		return false
	}
	w.quiet = now.Add(fullEvery)
	return true
}
