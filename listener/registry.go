package listener

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

var (
	// ErrAlreadyStarted is returned by StartClear and StartTLS for a name
	// that another listener has. Any number of listeners may have no name.
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
		return nil
	}
	registry.Lock()
	defer registry.Unlock()
	if registry.byName[l.name] != nil {
		return l.wrap(ErrAlreadyStarted)
	}
	registry.byName[l.name] = l
	return nil
}

func unregister(l *Listener) {
	registry.Lock()
	defer registry.Unlock()
	if registry.byName[l.name] == l {
		delete(registry.byName, l.name)
	}
}

// Get returns the listener of that name, and whether there is one. A listener
// has its name from its start until Stop is through. A listener whose name is
// empty isn't found.
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
