package websocket

import (
	"sync"
	"time"
)

// writeWatch is the patience of a stream's writes. A write that timed out
// can't be resumed, because it leaves TLS with half a record. So a write has
// no deadline: a timer looks at its progress, and cuts it when the patience
// is over.
type writeWatch struct {
	s *stream
	p *patience

	mu       sync.Mutex
	timer    *time.Timer
	accepted int   // bytes of the writes that are over
	err      error // why the write was cut
	stopped  bool
}

// begin is called before each write.
func (w *writeWatch) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer == nil {
		w.timer = time.AfterFunc(w.p.interval(), w.look)
	}
	if !w.p.conn.prepareWrite(w.p.heard) {
		w.timer.Reset(0)
	}
	return w.err
}

// look is called by the timer, and when an urgent signal has come.
func (w *writeWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || w.err != nil {
		return
	}
	w.p.conn.activity.CompareAndSwap(running, writing) // the signal that was heard ended it; hear the next
	wait, err := w.p.look(w.accepted - unacknowledgedBy(w.s.conn))
	if err != nil {
		w.err = err
		w.s.conn.SetWriteDeadline(past)
		return
	}
	w.timer.Reset(wait)
}

func (w *writeWatch) wrote(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.accepted += n
}

// cause is why a write failed.
func (w *writeWatch) cause(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return err
}

func (w *writeWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}
