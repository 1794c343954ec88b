package websocket

import (
	"fmt"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/mailbox"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// Options are the options of a connection: cowboy_websocket's, with the same
// names and defaults, and some that Cowboy lacks. The zero value of a field
// means its default.
type Options struct {
	// Compress says whether permessage-deflate and x-webkit-deflate-frame
	// are negotiated. Default: as the protocol option Compress says
	// (cowboy_websocket: compress).
	Compress Compress

	// Deflate is how to compress (cowboy_websocket: deflate_opts).
	Deflate deflate.Options

	// IdleTimeout closes a connection on which nothing was received for so
	// long; it fires at most a tenth late. Default 60 s; negative: never
	// (cowboy_websocket: idle_timeout).
	IdleTimeout time.Duration

	// PingInterval sends a ping when nothing was received for so long, so
	// that a peer that is there stays connected although it is silent. To
	// be of use it is less than IdleTimeout. Default: no pings.
	PingInterval time.Duration

	// MaxFrameSize is the largest message in bytes, over all its fragments
	// and after inflating; equal is allowed, more is answered with 1009.
	// Default 1,000,000; negative: no limit (cowboy_websocket:
	// max_frame_size).
	MaxFrameSize int64

	// CloseTimeout is how long to wait for the peer's close frame after
	// sending one, and for its end of the connection after that. Default
	// 4 s: a listener that stops does not have to cut a peer that does not
	// answer, since that is less than its default Shutdown.
	CloseTimeout time.Duration

	// WriteTimeout is how long a peer may take no bytes before it is cut
	// off. Default 30 s (Ranch: send_timeout).
	WriteTimeout time.Duration

	// SkipUTF8Validation leaves text and close reasons unchecked, in both
	// directions (cowboy_websocket: validate_utf8, inverted).
	SkipUTF8Validation bool

	// LendPayloads makes the payloads that HandleFrame gets valid only
	// until it returns, except for those in the commands it returns; this
	// saves their allocation. A handler that keeps one, or gives it to
	// another goroutine, must copy it.
	LendPayloads bool

	// HibernateAfter hibernates a connection that was idle for so long, as
	// the command [Hibernate] would. To fall asleep and wake up costs some 35
	// microseconds where little else goes on, and less under load; it saves
	// some 5 KB while it sleeps.
	// Default 2 s; negative: never.
	HibernateAfter time.Duration

	// MailboxSize is the most infos that wait for HandleInfo. Default 1024;
	// negative: no limit.
	MailboxSize int

	// MailboxPolicy is what happens when MailboxSize or MaxPending is
	// reached. Default: RefuseWhenFull.
	MailboxPolicy MailboxPolicy

	// MaxPending is the most bytes of frames sent by [Conn.Send] that wait
	// for a peer that reads slowly, unless what waits is a single call's.
	// Default 1 MiB; negative: no limit.
	MaxPending int

	// Subprotocols are those that the server speaks, the best first. The
	// first that the client offers is chosen (RFC 6455, section 4.2.2);
	// where it offers none of them, none is. A route's Init may choose by
	// itself instead and set the response header Sec-WebSocket-Protocol.
	Subprotocols []string

	// Origins are further origins whose pages may connect, such as
	// "https://example.com" or "https://*.example.com". Pages from the host
	// that the request is for may always connect; over TLS, only those that
	// came over https. A request without Origin passes: browsers always send
	// one, so it comes from another kind of client.
	Origins []string

	// AllowAnyOrigin lets every web page connect, with its visitor's
	// cookies. Set it only if you trust no request for its cookies or its
	// network address.
	AllowAnyOrigin bool

	// RequestFilter says what of the request [Conn.Request] remembers.
	// Default: [DefaultRequestFilter] (cowboy_websocket: req_filter).
	RequestFilter func(*handler.Request) RequestInfo
}

// Compress overrides the protocol option of that name for a route.
type Compress byte

// The values of Options.Compress.
const (
	CompressDefault Compress = iota // as the protocol option says
	CompressOn
	CompressOff
)

// MailboxPolicy says what happens when a connection's mailbox is full.
type MailboxPolicy byte

// The policies. What was refused or dropped is never silently so: Notify and
// Send return [ErrMailboxFull], and [Conn.Dropped] counts.
const (
	// RefuseWhenFull: the new info is not accepted.
	RefuseWhenFull = MailboxPolicy(mailbox.Refuse)
	// DropOldest: the new info is accepted and the oldest one is dropped.
	DropOldest = MailboxPolicy(mailbox.DropOldest)
	// CloseWhenFull: the new info is not accepted and the connection is
	// closed with 1013.
	CloseWhenFull = MailboxPolicy(mailbox.Overflow)
)

// The defaults of [Options].
const (
	DefaultIdleTimeout    = 60 * time.Second
	DefaultMaxFrameSize   = 1_000_000
	DefaultCloseTimeout   = 4 * time.Second
	DefaultWriteTimeout   = 30 * time.Second
	DefaultHibernateAfter = 2 * time.Second
	DefaultMailboxSize    = 1024
	DefaultMaxPending     = 1 << 20
)

// Validate returns an error that names the first field whose value is not
// allowed, or nil.
func (o *Options) Validate() error {
	switch {
	case o.Compress > CompressOff:
		return fmt.Errorf("websocket: Options.Compress is %d; allowed are CompressDefault, CompressOn and CompressOff", o.Compress)
	case o.MailboxPolicy > CloseWhenFull:
		return fmt.Errorf("websocket: Options.MailboxPolicy is %d; allowed are RefuseWhenFull, DropOldest and CloseWhenFull", o.MailboxPolicy)
	case o.CloseTimeout < 0:
		return fmt.Errorf("websocket: Options.CloseTimeout is %v; it must not be negative", o.CloseTimeout)
	case o.WriteTimeout < 0:
		return fmt.Errorf("websocket: Options.WriteTimeout is %v; it must not be negative", o.WriteTimeout)
	case o.PingInterval < 0:
		return fmt.Errorf("websocket: Options.PingInterval is %v; it must not be negative", o.PingInterval)
	}
	for _, name := range o.Subprotocols {
		if !isToken(name) {
			return fmt.Errorf("websocket: Options.Subprotocols has %q, which is not a token (RFC 6455, section 4.1)", name)
		}
	}
	for _, origin := range o.Origins {
		if err := checkOriginPattern(origin); err != nil {
			return err
		}
	}
	return o.Deflate.Validate()
}

// fill puts the defaults where fields are zero.
func (o *Options) fill() {
	o.IdleTimeout = interval(orDefault(o.IdleTimeout, DefaultIdleTimeout))
	o.PingInterval = interval(o.PingInterval)
	o.MaxFrameSize = orDefault(o.MaxFrameSize, DefaultMaxFrameSize)
	o.CloseTimeout = min(orDefault(o.CloseTimeout, DefaultCloseTimeout), forever)
	o.WriteTimeout = min(orDefault(o.WriteTimeout, DefaultWriteTimeout), forever)
	o.HibernateAfter = interval(orDefault(o.HibernateAfter, DefaultHibernateAfter))
	o.MailboxSize = orDefault(o.MailboxSize, DefaultMailboxSize)
	o.MaxPending = orDefault(o.MaxPending, DefaultMaxPending)
	if o.RequestFilter == nil {
		o.RequestFilter = DefaultRequestFilter
	}
}

// forever is a time that no connection lives to see, and that can be added to
// the clock.
const forever = 100 * 365 * 24 * time.Hour

// interval returns d, or 0, which stands for never, where it is negative or
// as long as protocol.Infinity.
func interval(d time.Duration) time.Duration {
	if d < 0 || d >= forever {
		return 0
	}
	return d
}

// orDefault returns value, or the default where it is zero; 0 where it is
// negative, which stands for no limit.
func orDefault[T ~int | ~int64](value, byDefault T) T {
	switch {
	case value == 0:
		return byDefault
	case value < 0:
		return 0
	}
	return value
}
