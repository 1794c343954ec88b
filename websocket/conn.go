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

// Conn is one WebSocket connection. Notify, NotifyAfter, Send, SendFrame, Close,
// CloseWith, Context, ID, OnEnd and Dropped are safe for concurrent use; the
// other methods are for the callbacks.
//
// It is small, because there are many: connections share what they have in
// common, and what is rarely needed is behind a pointer.
type Conn struct {
	// Constant once the loop runs. transport is set under mu.
	handler   Handler
	transport transport
	settings  unique.Handle[settings]
	request   request

	// The loop's; see lifecycle.go. stage is changed under mu.
	parser       *frame.Parser // nil: between messages, while hibernating
	compression  *compression  // nil: none was negotiated
	batch        *batch        // output of the batch under way; nil: none
	reason       *Reason       // nil: nothing has ended the connection
	maxFrameSize int64         // 0: no limit
	tick         uint32        // of batchClock, when the loop last read the real clock
	stage        stage
	active       bool // read from the socket
	unfinished   bool // the outbox has a frame written in part: flush, even without output
	compress     bool // compress messages
	skipUTF8     bool // settings.skipUTF8, at hand
	impatience   uint16

	// Shared with other goroutines; each has a lock of its own, or is atomic.
	activity atomic.Uint32 // running, waiting, writing or parked
	signals  atomic.Uint32
	sealed   bool // the outbox accepts no frame any more; under its lock
	infos    mailbox.Mailbox
	outbox   outbox
	timing   timing

	mu          sync.Mutex // of the changes of stage and transport, and of attachments
	attachments *attachments
}

// settings are what a route's connections have in common. They never change.
type settings struct {
	sessions       *handler.Sessions
	logger         *slog.Logger
	clock          clock
	closeTimeout   time.Duration
	writeTimeout   time.Duration
	hibernateAfter time.Duration
	minWriteRate   int // 0: none
	maxPending     int // 0: no limit
	skipUTF8       bool
	lend           bool
	policy         MailboxPolicy
}

func newConn(h Handler, o *Options, agreed *handshake, env *handler.Env, clock clock) *Conn {
	c := &Conn{
		handler:      h,
		active:       true,
		skipUTF8:     o.SkipUTF8Validation,
		maxFrameSize: o.MaxFrameSize,
		settings: unique.Make(settings{
			sessions:       env.Sessions,
			logger:         env.Logger,
			clock:          clock,
			closeTimeout:   o.CloseTimeout,
			writeTimeout:   o.WriteTimeout,
			hibernateAfter: o.HibernateAfter,
			minWriteRate:   o.MinWriteRate,
			maxPending:     o.MaxPending,
			skipUTF8:       o.SkipUTF8Validation,
			lend:           o.LendPayloads,
			policy:         o.MailboxPolicy,
		}),
	}
	c.infos.Limit = int32(min(o.MailboxSize, 1<<30))
	c.infos.Policy = mailbox.Policy(o.MailboxPolicy)
	c.timing.idle.Store(int64(o.IdleTimeout))
	c.timing.ping.Store(int64(o.PingInterval))
	if agreed.agreement != nil {
		c.compression = newCompression(agreed.agreement)
		c.setCompress(true)
	}
	return c
}

var parsers = sync.Pool{New: func() any { return new(frame.Parser) }}

// acquireParser gives the loop a parser, unless it has one.
func (c *Conn) acquireParser() {
	if c.parser != nil {
		return
	}
	settings := c.settings.Value()
	c.parser = parsers.Get().(*frame.Parser)
	c.parser.MaxSize = c.maxFrameSize
	c.parser.SkipUTF8 = settings.skipUTF8
	c.parser.Lend = settings.lend
	if c.compression != nil {
		c.parser.Inflater = c.compression
		c.parser.PerFrame = c.compression.agreement.Kind == deflate.PerFrame
	}
}

// releaseParser gives the parser back, unless it is in the middle of a
// message.
func (c *Conn) releaseParser() {
	if c.parser == nil || !c.parser.Idle() {
		return
	}
	*c.parser = frame.Parser{}
	parsers.Put(c.parser)
	c.parser = nil
}

// Request returns the part of the request that Options.RequestFilter kept.
func (c *Conn) Request() RequestInfo { return c.request.info(c.transport.peer()) }

// Subprotocol returns the subprotocol that was chosen, or "".
func (c *Conn) Subprotocol() string { return c.request.common.Value().subprotocol }

// Version returns the protocol version: 13 (RFC 6455), 8 or 7. Cowboy 1.x: the
// meta value websocket_version.
func (c *Conn) Version() int { return c.request.common.Value().version }

// Compression returns the negotiated compression, or nil. Cowboy 1.x: the meta
// value websocket_compress.
func (c *Conn) Compression() *deflate.Agreement {
	if c.compression == nil {
		return nil
	}
	return c.compression.agreement
}

// Notify sends an info to the connection, for HandleInfo: Erlang's Pid ! Msg.
// It never blocks and is safe for concurrent use. It returns
// [ErrMailboxFull] if Options.MailboxSize infos wait already (unless the
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

// Dropped returns the number of infos and frames that were lost: refused or
// dropped because the mailbox was full, or accepted and then not sent because
// the connection failed. It is safe for concurrent use.
func (c *Conn) Dropped() int64 { return c.infos.Lost() }

// Drain closes the connection with code 1001, because its listener stops; see
// [handler.Session].
func (c *Conn) Drain() { c.signal(signalDrain) }

// Cut ends the connection and its [Conn.Context] at once, without a close
// frame; see [handler.Session].
func (c *Conn) Cut() {
	c.signal(signalCut)
	c.mu.Lock()
	transport, cancel := c.transport, c.cancelLocked()
	c.mu.Unlock()
	if transport != nil {
		transport.cut()
	}
	if cancel != nil {
		cancel(ErrClosed)
	}
}
