package listener

import (
	"fmt"
	"slices"
	"sync"
	"time"
)

// Alarm calls back when there are many connections (ranch: alarms, of the
// type num_connections).
type Alarm struct {
	// Name tells alarms apart.
	Name string

	// Threshold is the number of active connections from which on a new one
	// sets the alarm off. At least 1. (threshold)
	Threshold int

	// Cooldown is for how long the alarm is silent after it went off; a
	// connection after that sets it off again, if there are as many still.
	// Default 5 s. (cooldown)
	Cooldown time.Duration

	// Callback gets the alarm and the number of active connections, in a
	// goroutine of its own. Required. (callback)
	Callback func(l *Listener, alarm Alarm, connections int)
}

// defaultCooldown is Ranch's.
const defaultCooldown = 5 * time.Second

// setAlarms copies the alarms with their defaults, or returns an error.
func (o *Options) setAlarms() error {
	o.Alarms = slices.Clone(o.Alarms)
	for i := range o.Alarms {
		a := &o.Alarms[i]
		switch {
		case a.Threshold < 1:
			return fmt.Errorf("listener: Alarms[%d].Threshold is %d; 1 or more is allowed", i, a.Threshold)
		case a.Cooldown < 0:
			return fmt.Errorf("listener: Alarms[%d].Cooldown is %v; 0 for %v, or more is allowed", i, a.Cooldown, defaultCooldown)
		case a.Callback == nil:
			return fmt.Errorf("listener: Alarms[%d].Callback is nil; a function is required", i)
		case a.Cooldown == 0:
			a.Cooldown = defaultCooldown
		}
	}
	return nil
}

// alarms are those of a listener, and when each may go off again.
type alarms struct {
	mu     sync.Mutex
	silent []time.Time
}

// sound sets off the alarms for a number of connections.
func (l *Listener) sound(connections int) {
	l.alarms.mu.Lock()
	defer l.alarms.mu.Unlock()
	if l.alarms.silent == nil {
		l.alarms.silent = make([]time.Time, len(l.options.Alarms))
	}
	for i, a := range l.options.Alarms {
		if connections < a.Threshold || time.Now().Before(l.alarms.silent[i]) {
			continue
		}
		l.alarms.silent[i] = time.Now().Add(a.Cooldown)
		go a.Callback(l, a, connections)
	}
}
