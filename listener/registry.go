package listener

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

var (
	// ErrAlreadyStarted is returned by StartClear and StartTLS for a name
	// that a listener has.
	ErrAlreadyStarted = errors.New("already started")

	// ErrNotFound is returned by [Stop] for a name that no listener has.
	ErrNotFound = errors.New("not found")
)

var registry = struct {
	sync.Mutex
	byName map[string]*Listener
}{byName: make(map[string]*Listener)}

func register(l *Listener) error {
	if l.name == "" {
		return fmt.Errorf("listener: the name is empty; any other is allowed")
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.byName[l.name] != nil {
		return fmt.Errorf("listener: %s: %w", l.name, ErrAlreadyStarted)
	}
	registry.byName[l.name] = l
	return nil
}

func unregister(l *Listener) {
	registry.Lock()
	defer registry.Unlock()
	delete(registry.byName, l.name)
}

// Get returns the listener of that name, and whether there is one. A listener
// has its name from its start until Stop is through.
func Get(name string) (l *Listener, ok bool) {
	registry.Lock()
	l = registry.byName[name]
	registry.Unlock()
	if l == nil || l.Status() == 0 { // it has not started yet
		return nil, false
	}
	return l, true
}

// Stop stops the listener of that name, as its method Stop does; where there
// is none the error is [ErrNotFound] (cowboy:stop_listener/1).
func Stop(ctx context.Context, name string) error {
	l, ok := Get(name)
	if !ok {
		return fmt.Errorf("listener: %s: %w", name, ErrNotFound)
	}
	return l.Stop(ctx)
}
