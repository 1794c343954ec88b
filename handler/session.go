package handler

import (
	"context"
	"sync"
	"time"
)

// Session is a connection, or a stream of one, that outlives its HTTP
// request, such as a WebSocket. Its methods must be safe for concurrent use
// and must not block.
type Session interface {
	// Drain asks the session to end in good order. A WebSocket sends close
	// code 1001 and waits for the client's close frame.
	Drain()

	// Cut ends the session at once: it closes the connection. A callback
	// that is running may go on.
	Cut()
}

// Sessions holds the live sessions of a listener. The zero value is ready to
// use. All methods are safe for concurrent use.
type Sessions struct {
	mu       sync.Mutex
	live     map[Session]struct{}
	draining bool
	empty    chan struct{} // closed once draining is set and live is empty
}

// Add registers a session. After Shutdown it returns false: reply 503 then. If
// Add returns true, call Remove in any case, even if the session never starts.
func (s *Sessions) Add(session Session) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.draining {
		return false
	}
	if s.live == nil {
		s.live = make(map[Session]struct{})
	}
	s.live[session] = struct{}{}
	return true
}

// Remove forgets a session. Call it after the session's last callback, since
// Shutdown waits for it. Removing a session twice does nothing.
func (s *Sessions) Remove(session Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.live, session)
	if s.draining && len(s.live) == 0 {
		s.signalEmpty()
	}
}

// Len returns the number of live sessions.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.live)
}

// cutGrace is how long Shutdown waits for sessions to notice that they were
// cut.
const cutGrace = time.Second

// Shutdown rejects new sessions, drains the live ones and waits for them to
// end. When ctx is done, it cuts the rest, waits for them one more second at
// most, and returns ctx's error. If it had to cut none, it returns nil.
//
// Cutting a session closes its connection but can't stop a callback that
// blocks. Shutdown leaves such sessions behind: Len counts them, and another
// Shutdown waits for them.
func (s *Sessions) Shutdown(ctx context.Context) error {
	empty := s.beginDrain()
	for _, session := range s.list() {
		session.Drain()
	}
	select {
	case <-empty:
		return nil
	case <-ctx.Done():
	}
	left := s.list()
	if len(left) == 0 {
		return nil
	}
	for _, session := range left {
		session.Cut()
	}
	select {
	case <-empty:
	case <-time.After(cutGrace):
	}
	return ctx.Err()
}

func (s *Sessions) beginDrain() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty == nil {
		s.empty = make(chan struct{})
	}
	s.draining = true
	if len(s.live) == 0 {
		s.signalEmpty()
	}
	return s.empty
}

func (s *Sessions) signalEmpty() {
	select {
	case <-s.empty:
	default:
		close(s.empty)
	}
}

func (s *Sessions) list() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Session, 0, len(s.live))
	for session := range s.live {
		list = append(list, session)
	}
	return list
}
