package listener

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// Listener accepts connections and serves them. [StartClear] and [StartTLS]
// make it.
type Listener struct {
	name     string
	options  Options
	tls      *tls.Config // nil for clear text
	sessions *handler.Sessions
	gate     gate
	alarms   alarms
	full     fullWarning

	ctx        context.Context // of all requests
	cancel     context.CancelFunc
	handshakes context.Context
	cancelTLS  context.CancelFunc
	running    sync.WaitGroup // servers and handshakes

	operation sync.Mutex // held by what changes the status or the options

	mu          sync.Mutex // guards what follows
	status      Status
	addr        net.Addr
	intake      *intake // nil unless Running
	current     *generation
	generations map[*generation]struct{} // current, and retired ones that have connections
	registries  map[*handler.Sessions]struct{}

	stopOnce sync.Once
	stopped  chan struct{} // closed when Stop is through
	stopErr  error
}

// ErrStopped is returned by the methods of a listener that was stopped.
var ErrStopped = errors.New("listener: stopped")

// StartClear starts a listener for HTTP in clear text (cowboy:start_clear/3).
// Logs and errors show its name, and [Get] finds it by that; the name may be
// empty. The error names the option at fault, or is that of the socket; a name
// that another listener has is [ErrAlreadyStarted].
func StartClear(name string, options Options, protocolOptions protocol.Options) (*Listener, error) {
	if options.TLSConfig != nil || options.TLS != (TLS{}) {
		return nil, fmt.Errorf("listener: TLS or TLSConfig is set for StartClear; StartTLS takes them")
	}
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	return start(name, options, nil, protocolOptions)
}

// StartTLS starts a listener for HTTP over TLS, with HTTP/2 by ALPN
// (cowboy:start_tls/3). Errors are those of StartClear.
func StartTLS(name string, options Options, protocolOptions protocol.Options) (*Listener, error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	config, err := options.tlsConfig()
	if err != nil {
		return nil, err
	}
	return start(name, options, config, protocolOptions)
}

func start(name string, options Options, config *tls.Config, protocolOptions protocol.Options) (*Listener, error) {
	l := newListener(name, options, config)
	g, err := newGeneration(l, protocolOptions)
	if err != nil {
		return nil, err
	}
	if err := register(l); err != nil {
		return nil, err
	}
	socket := options.Listener
	if socket == nil {
		if socket, err = listen(&options, options.Addr); err != nil {
			unregister(l)
			return nil, l.wrap(err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addr = socket.Addr()
	l.install(g)
	l.status, l.intake = Running, startIntake(l, socket)
	return l, nil
}

func newListener(name string, options Options, config *tls.Config) *Listener {
	l := &Listener{
		name:        name,
		options:     options,
		tls:         config,
		sessions:    new(handler.Sessions),
		generations: make(map[*generation]struct{}),
		registries:  make(map[*handler.Sessions]struct{}),
		stopped:     make(chan struct{}),
	}
	l.gate.max = options.MaxConnections
	l.ctx, l.cancel = context.WithCancel(context.Background())
	l.handshakes, l.cancelTLS = context.WithCancel(context.Background())
	return l
}

// Name returns the name that the listener was started under.
func (l *Listener) Name() string { return l.name }

// Addr returns the address that the listener is bound to, also while it is
// suspended (ranch:get_addr/1).
func (l *Listener) Addr() net.Addr {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.addr
}

// Port returns the bound TCP port, or 0 on a Unix socket (ranch:get_port/1).
func (l *Listener) Port() int {
	if addr, ok := l.Addr().(*net.TCPAddr); ok {
		return addr.Port
	}
	return 0
}

// start takes an accepted connection in.
func (l *Listener) start(c net.Conn) {
	g := l.acquire()
	l.options.Socket.configure(c)
	if g.tls == nil && !l.options.ProxyHeader {
		g.hand(c, nil)
		return
	}
	l.running.Go(func() { g.prepare(c) })
}

// acquire counts a new connection in.
func (l *Listener) acquire() *generation {
	active := l.gate.enter()
	l.full.check(l, active)
	if len(l.options.Alarms) > 0 {
		l.sound(active)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current.open++
	return l.current
}

// release counts a connection out.
func (l *Listener) release(g *generation) {
	l.gate.leave()
	l.mu.Lock()
	defer l.mu.Unlock()
	g.open--
	l.closeIfUnused(g)
}

// closeIfUnused ends a generation that nothing will come from any more.
func (l *Listener) closeIfUnused(g *generation) {
	if g.retired && g.open == 0 {
		delete(l.generations, g)
		_ = g.handoff.Close()
	}
}

// install makes g the current generation and retires the one before; mu is
// held.
func (l *Listener) install(g *generation) {
	l.running.Go(g.serve)
	old := l.current
	l.current = g
	l.generations[g] = struct{}{}
	l.registries[g.protocol.Options().Sessions] = struct{}{}
	if old != nil {
		old.retired = true
		l.closeIfUnused(old)
	}
}

// SetProtocolOptions serves new connections with new options; those that are
// open keep theirs (ranch:set_protocol_options/2, cowboy:set_env/3). Where
// the options are bad nothing changes and the error names the field.
func (l *Listener) SetProtocolOptions(options protocol.Options) error {
	l.operation.Lock()
	defer l.operation.Unlock()
	if l.Status() == Stopped {
		return ErrStopped
	}
	g, err := newGeneration(l, options)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.install(g)
	return nil
}

// SetMaxConnections changes MaxConnections at once (ranch:
// set_max_connections/2). n is Unlimited or at least 1.
func (l *Listener) SetMaxConnections(n int) error {
	if n < 1 && n != Unlimited {
		return fmt.Errorf("listener: MaxConnections is %d; Unlimited (-1), or 1 and more is allowed", n)
	}
	l.gate.setMax(n)
	return nil
}

// Suspend closes the listen socket and keeps the connections
// (ranch:suspend_listener/1). It does nothing where the listener is suspended
// already.
func (l *Listener) Suspend() error {
	l.operation.Lock()
	defer l.operation.Unlock()
	if l.Status() == Stopped {
		return ErrStopped
	}
	return l.closeSocket(Suspended)
}

// closeSocket sets the status and ends accepting.
func (l *Listener) closeSocket(status Status) error {
	l.mu.Lock()
	in := l.intake
	l.status, l.intake = status, nil
	l.mu.Unlock()
	if in == nil {
		return nil
	}
	return in.stop()
}

// lose is told that in's socket was closed by somebody else; it reports
// whether that was news.
func (l *Listener) lose(in *intake) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.intake != in {
		return false
	}
	l.status, l.intake = Suspended, nil
	in.end()
	return true
}

// Resume opens the listen socket again, at the address that it was bound to
// (ranch:resume_listener/1). It does nothing where the listener runs.
func (l *Listener) Resume() error {
	l.operation.Lock()
	defer l.operation.Unlock()
	switch l.Status() {
	case Stopped:
		return ErrStopped
	case Running:
		return nil
	}
	o := l.options
	if o.Listener != nil {
		o.Network = l.Addr().Network()
	}
	socket, err := listen(&o, l.boundAddr())
	if err != nil {
		return l.wrap(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.status, l.intake = Running, startIntake(l, socket)
	return nil
}

// boundAddr is the address of the options with the port that it got.
func (l *Listener) boundAddr() string {
	host, port, err := net.SplitHostPort(l.options.Addr)
	if err == nil && port == "0" && l.Port() != 0 {
		return net.JoinHostPort(host, strconv.Itoa(l.Port()))
	}
	if l.options.Addr != "" {
		return l.options.Addr
	}
	return l.Addr().String()
}

func (l *Listener) log(level slog.Level, message string, attrs ...slog.Attr) {
	l.mu.Lock()
	logger := l.current.protocol.Options().Logger
	l.mu.Unlock()
	if l.name != "" {
		attrs = append(attrs, slog.String("listener", l.name))
	}
	logger.LogAttrs(context.Background(), level, message, attrs...)
}

// wrap returns err with the listener's name.
func (l *Listener) wrap(err error) error {
	if l.name == "" {
		return fmt.Errorf("listener: %w", err)
	}
	return fmt.Errorf("listener: %s: %w", l.name, err)
}

// bound is ctx with a timeout that may be Infinity.
func bound(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	if timeout == Infinity {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, timeout)
}
