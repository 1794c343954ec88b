package handler

import (
	"context"
	"sync"
)

// Session is a connection, or a stream of one, that outlives its HTTP
// request, such as an upgraded WebSocket.
type Session interface {
	// Drain asks the session to end in its own good way, and returns at
	// once: a WebSocket sends close 1001 and waits for the peer's.
	Drain()

	// Cut ends the session at once.
	Cut()
}

// Sessions is the registry of the live sessions of one listener. The zero
// value is ready for use, and all methods are safe for concurrent use.
type Sessions struct {
	mu       sync.Mutex
	live     map[Session]struct{}
	draining bool
	empty    chan struct{} // closed when draining and live is empty
}

// Add registers a session; it reports false, and does not register, once
// Shutdown was called: the session is to be refused (503).
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

// Remove forgets a session that has ended, its last callback included.
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

// Shutdown refuses new sessions, drains the live ones, waits for them to
// end, and cuts those that remain when ctx is done. It returns once every
// session has been removed, with nil, or with ctx's error where some had to
// be cut. A session that ignores Cut holds it up, so Cut must not.
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
	for _, session := range s.list() {
		session.Cut()
	}
	<-empty
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
