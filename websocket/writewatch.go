package websocket

import (
	"net"
	"sync"
	"time"
)

// writeWatch is the patience of a stream's writes. A write that timed out
// can't be resumed, because it leaves TLS with half a record. So a write has
// no deadline: a timer looks at its progress, and cuts it when the patience
// is over.
type writeWatch struct {
	conn net.Conn

	mu       sync.Mutex
	p        *patience // nil: nothing is being written
	timer    *time.Timer
	accepted int   // bytes
	err      error // why the write was cut
}

// start is called before the first write, and stop after the last one.
func (w *writeWatch) start(p *patience) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.p, w.accepted, w.err = p, 0, nil
	if w.timer == nil {
		w.timer = time.AfterFunc(p.interval(), w.look)
	} else {
		w.timer.Reset(p.interval())
	}
}

func (w *writeWatch) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.p = nil
	w.timer.Stop()
}

// begin is called before each write.
func (w *writeWatch) begin() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.p.conn.prepareWrite(w.p.heard) {
		w.timer.Reset(0)
	}
	return w.err
}

// look is called by the timer, and when an urgent signal has come.
func (w *writeWatch) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.p == nil || w.err != nil {
		return
	}
	w.p.conn.activity.CompareAndSwap(running, writing) // the signal that was heard ended it; hear the next
	wait, err := w.p.look(w.accepted - unacknowledgedBy(w.conn))
	if err != nil {
		w.err = err
		w.conn.SetWriteDeadline(past)
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
