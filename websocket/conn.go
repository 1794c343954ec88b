package websocket

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
	"unique"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/mailbox"
	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/frame"
)

// Conn is one WebSocket connection. Notify, NotifyAfter, Send and Close are
// safe for concurrent use; the other methods are for the callbacks.
//
// It is kept small, since there are many: what connections have in common is
// shared between them, and what few need, or only for a while, is behind a
// pointer.
type Conn struct {
	handler      Handler
	transport    transport
	settings     unique.Handle[settings]
	request      request
	maxFrameSize int64 // 0: no limit

	// The loop's own.
	parser    *frame.Parser // nil while hibernating
	codec     *codec        // nil: no compression was negotiated
	out       *output       // of the batch under way
	reason    *Reason       // nil: the connection has no reason to end
	phase     phase
	active    bool // false: the socket is not to be read
	deflate   bool // messages are to be compressed
	started   bool // Init was called
	hibernate bool // what the connection can do without is to go
	doubted   bool // IdleTimeout is over, unless there is something to read
	ended     bool // Terminate is near; under mu, for other goroutines too

	// What other goroutines share with the loop.
	stirred  atomic.Int64  // when the batch under way began, or was last flushed
	state    atomic.Int32  // running, waiting or parked
	signals  atomic.Uint32 // what the loop has to look at
	infos    mailbox.Mailbox
	outgoing outgoing
	clock    clockEntry
	mu       sync.Mutex // of ended, extras, and of transport until the loop runs
	extras   *extras
}

// settings are what a route's connections have in common; they do not change
// while a connection lives.
type settings struct {
	sessions       *handler.Sessions
	logger         *slog.Logger
	closeTimeout   time.Duration
	writeTimeout   time.Duration
	hibernateAfter time.Duration
	maxPending     int
	skipUTF8       bool
	lend           bool
	policy         MailboxPolicy
}

// extras are the timers of a connection, what is to be called at its end, and
// what the client sent together with its request.
type extras struct {
	early  []byte
	timers map[*Timer]struct{} // nil: none so far
	onEnd  []func()
}

// phase is how far the connection is (RFC 6455, section 7).
type phase uint8

const (
	opened    phase = iota
	closing         // a close frame was sent, and the peer's is awaited
	lingering       // both were sent, or the connection failed: its end is awaited
	closed          // nothing is to be read or written any more
)

// The states of the loop.
const (
	running int32 = iota
	waiting       // for the socket; wake interrupts it
	parked        // without a goroutine; wake starts one
)

// signal is a bit of Conn.signals.
type signal uint32

const (
	signalInfo     signal = 1 << iota // an info is in the mailbox
	signalOutput                      // frames of other goroutines wait
	signalTick                        // a timeout may have been reached
	signalDrain                       // the listener is being stopped
	signalCut                         // the connection is to end at once
	signalClose                       // Close was called
	signalOverflow                    // the mailbox was full, and its policy is to close
)

func newConn(h Handler, o *Options, agreed *handshake, env *handler.Env) *Conn {
	c := &Conn{
		handler: h,
		active:  true,
		settings: unique.Make(settings{
			sessions:       env.Sessions,
			logger:         env.Logger,
			closeTimeout:   o.CloseTimeout,
			writeTimeout:   o.WriteTimeout,
			hibernateAfter: o.HibernateAfter,
			maxPending:     o.MaxPending,
			skipUTF8:       o.SkipUTF8Validation,
			lend:           o.LendPayloads,
			policy:         o.MailboxPolicy,
		}),
	}
	c.maxFrameSize = o.MaxFrameSize
	c.infos.Limit = int32(min(o.MailboxSize, 1<<30))
	c.infos.Policy = mailbox.Policy(o.MailboxPolicy)
	c.clock.idle.Store(int64(o.IdleTimeout))
	c.clock.ping.Store(int64(o.PingInterval))
	if agreed.agreement != nil {
		c.useDeflate(agreed.agreement)
	}
	return c
}

func (c *Conn) useDeflate(agreement *deflate.Agreement) {
	c.codec = newCodec(agreement)
	c.setDeflate(true)
}

var parsers = sync.Pool{New: func() any { return new(frame.Parser) }}

// takeParser gives the loop a parser, where it has none.
func (c *Conn) takeParser() {
	if c.parser != nil {
		return
	}
	settings := c.settings.Value()
	c.parser = parsers.Get().(*frame.Parser)
	c.parser.MaxSize = c.maxFrameSize
	c.parser.SkipUTF8 = settings.skipUTF8
	c.parser.Lend = settings.lend
	if c.codec != nil {
		c.parser.Inflater = c.codec
		c.parser.PerFrame = c.codec.agreement.Kind == deflate.PerFrame
	}
}

// leaveParser gives it back, unless it is in the middle of a message.
func (c *Conn) leaveParser() {
	if c.parser == nil || !c.parser.Idle() {
		return
	}
	*c.parser = frame.Parser{}
	parsers.Put(c.parser)
	c.parser = nil
}

// Request returns what Options.RequestFilter kept of the request.
func (c *Conn) Request() RequestInfo { return c.request.info(c.transport.peer()) }

// Subprotocol returns the subprotocol that was chosen, or "".
func (c *Conn) Subprotocol() string { return c.request.common.Value().subprotocol }

// Version returns the protocol version: 13 (RFC 6455), 8 or 7 (Cowboy 1.x:
// the meta value websocket_version).
func (c *Conn) Version() int { return c.request.common.Value().version }

// Compression returns what was agreed on compression, or nil (Cowboy 1.x: the
// meta value websocket_compress).
func (c *Conn) Compression() *deflate.Agreement {
	if c.codec == nil {
		return nil
	}
	return c.codec.agreement
}

// Notify sends an info to the connection, for HandleInfo: Erlang's Pid ! Msg.
// It never blocks and is safe for concurrent use. It returns
// [ErrMailboxFull] where Options.MailboxSize infos wait already (unless the
// policy is DropOldest), and [ErrClosed] once the connection has ended.
func (c *Conn) Notify(info any) error {
	switch c.infos.Put(info) {
	case mailbox.Full:
		return ErrMailboxFull
	case mailbox.Overflowed:
		c.signal(signalOverflow)
		return ErrMailboxFull
	case mailbox.Closed:
		return ErrClosed
	}
	c.signal(signalInfo)
	return nil
}

// Dropped returns how many infos and frames were refused or dropped because
// the mailbox was full. It is safe for concurrent use.
func (c *Conn) Dropped() int64 { return c.infos.Lost() }

// Close asks the connection to close with code 1000, as if a callback had
// returned [Stop]. It returns at once and is safe for concurrent use.
func (c *Conn) Close() { c.signal(signalClose) }

// Drain closes the connection with code 1001, for a listener that stops; see
// [handler.Session].
func (c *Conn) Drain() { c.signal(signalDrain) }

// Cut ends the connection at once, without a close frame; see
// [handler.Session].
func (c *Conn) Cut() {
	c.signal(signalCut)
	c.mu.Lock()
	transport := c.transport
	c.mu.Unlock()
	if transport != nil {
		transport.cut()
	}
}

// OnEnd registers a function that is called once when the connection has
// ended, just before Terminate; groups leave by it. Where it has ended
// already, f is called at once. It is safe for concurrent use.
func (c *Conn) OnEnd(f func()) {
	c.mu.Lock()
	ended := c.ended
	if !ended {
		x := c.extrasLocked()
		x.onEnd = append(x.onEnd, f)
	}
	c.mu.Unlock()
	if ended {
		f()
	}
}

func (c *Conn) extrasLocked() *extras {
	if c.extras == nil {
		c.extras = new(extras)
	}
	return c.extras
}
