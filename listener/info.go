package listener

import (
	"net"

	"github.com/cowhand/cowhand/protocol"
)

// Status says whether a listener accepts.
type Status int

const (
	// Running listeners accept connections.
	Running Status = iota + 1

	// Suspended listeners keep the connections that they have.
	Suspended

	// Stopped listeners are ending, or have ended.
	Stopped
)

// String returns the name in lower case, as in Ranch.
func (s Status) String() string {
	switch s {
	case Running:
		return "running"
	case Suspended:
		return "suspended"
	case Stopped:
		return "stopped"
	}
	return "unknown"
}

// Status returns whether the listener accepts (ranch:get_status/1).
func (l *Listener) Status() Status {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.status
}

// Info is a snapshot of a listener (ranch:info/1).
type Info struct {
	Name   string
	Status Status
	Addr   net.Addr // bound address, ranch's ip and port

	MaxConnections    int // as it is now; Unlimited is none
	ActiveConnections int // open and not hijacked, TLS handshakes included
	AllConnections    int // active ones and sessions, such as WebSockets

	Transport        string  // "tcp", "ssl" or "local"
	TransportOptions Options // as at the start, with the defaults
	ProtocolOptions  protocol.Options

	Accepted uint64 // connections since the start: ranch's metrics, accept
	Ended    uint64 // connections closed or hijacked: ranch's metrics, terminate
}

// Info returns a snapshot of the listener.
func (l *Listener) Info() Info {
	limit, active, accepted, ended := l.gate.counts()
	l.mu.Lock()
	defer l.mu.Unlock()
	all := active
	for sessions := range l.registries {
		all += sessions.Len()
	}
	return Info{
		Name:              l.name,
		Status:            l.status,
		Addr:              l.addr,
		MaxConnections:    limit,
		ActiveConnections: active,
		AllConnections:    all,
		Transport:         l.transport(),
		TransportOptions:  l.options,
		ProtocolOptions:   l.current.protocol.Options(),
		Accepted:          accepted,
		Ended:             ended,
	}
}

func (l *Listener) transport() string {
	switch {
	case l.tls != nil:
		return "ssl"
	case l.addr.Network() == "unix":
		return "local"
	}
	return "tcp"
}
