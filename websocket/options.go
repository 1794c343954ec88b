package websocket

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/httpgrammar"
	"github.com/cowhand/cowhand/internal/mailbox"
	"github.com/cowhand/cowhand/websocket/deflate"
)

// Options configure a connection. Zero fields mean their defaults. [NoLimit], or
// any negative value, turns off a limit or a timeout. [Handle] and [Upgrade] copy
// them, and only [SetOptions] changes them later. Most mirror cowboy_websocket's,
// with the same defaults.
type Options struct {
	// Compress turns the negotiation of permessage-deflate and
	// x-webkit-deflate-frame on or off. Default: the protocol's option
	// Compress decides. Cowboy: compress.
	Compress Compress

	// Deflate tunes compression. Cowboy: deflate_opts.
	Deflate deflate.Options

	// IdleTimeout closes a connection that received nothing for this long.
	// It fires at most a tenth late. Default 60 s; NoLimit: never. Cowboy:
	// idle_timeout.
	IdleTimeout time.Duration

	// PingInterval sends a ping to a client that sent nothing for this long.
	// The pong restarts IdleTimeout, which must be longer. Default: no
	// pings.
	PingInterval time.Duration

	// MaxFrameSize is the maximum size of a message in bytes, with all
	// fragments, after decompression. A larger one closes the connection
	// with 1009. Default 1,000,000; or NoLimit. Cowboy:
	// max_frame_size.
	MaxFrameSize int64

	// CloseTimeout bounds the closing handshake: sending the output that
	// still waits, the wait for the client's close frame, and that for the
	// end of its side of the connection. Default
	// 4 s, less than the default Shutdown of a listener, so that a listener
	// can stop in good order even if a client doesn't answer. NoLimit waits
	// for as long as the listener does.
	CloseTimeout time.Duration

	// WriteTimeout cuts a connection if frames wait and the client
	// acknowledges no bytes for this long. Default 30 s. Ranch:
	// send_timeout.
	WriteTimeout time.Duration

	// MinWriteRate is the fewest bytes a second that a client must
	// acknowledge while frames wait for it. Each byte earns it
	// 1/MinWriteRate seconds, up to WriteTimeout; a client that has used
	// them up is cut. Default 100; NoLimit: one byte within WriteTimeout is
	// enough.
	MinWriteRate int

	// SkipUTF8Validation accepts and sends text and close reasons that are
	// not UTF-8. Cowboy: validate_utf8, inverted.
	SkipUTF8Validation bool

	// LendPayloads lets Cowhand reuse the payload of a frame after
	// HandleFrame has returned and its commands are carried out, which saves
	// an allocation. Copy a payload to keep it, or to give it to another
	// goroutine. Default: the payload belongs to the handler.
	LendPayloads bool

	// HibernateAfter hibernates a connection that was idle for this long, as
	// the command [Hibernate] does. Hibernating and waking up takes about
	// 35 µs on an idle machine, less under load, and saves about 5 KB
	// meanwhile. A new connection hibernates after 100 ms, the first time,
	// unless this is shorter. Default 2 s; NoLimit: never.
	HibernateAfter time.Duration

	// MailboxSize is the maximum number of infos that wait for HandleInfo.
	// Default 1024; or NoLimit.
	MailboxSize int

	// MailboxPolicy decides what happens once MailboxSize or MaxPending is
	// reached. Default: RefuseWhenFull.
	MailboxPolicy MailboxPolicy

	// MaxPending is the maximum size in bytes of the frames from [Conn.Send]
	// that wait for a slow client. A single call may exceed it if nothing
	// else waits. Default 1 MiB; or NoLimit.
	MaxPending int

	// Subprotocols are the server's, in order of preference. Cowhand picks
	// the first one that the client offers (RFC 6455, section 4.2.2), or
	// none. To choose by another rule, set the response header
	// Sec-WebSocket-Protocol in the route's Init.
	Subprotocols []string

	// RequireSubprotocol rejects a client that offers none of Subprotocols
	// with 400, unless the route's Init has chosen one.
	RequireSubprotocol bool

	// Origins are further origins whose pages may connect, such as
	// "https://example.com" or "https://*.example.com". Only a port other
	// than the scheme's default matters. Pages from the host that the request
	// is for may always connect; over TLS, only those that came over https. A
	// request without Origin passes: browsers always send one, so it comes
	// from another kind of client.
	Origins []string

	// AllowAnyOrigin lets every web page connect, with its visitor's
	// cookies. Set it only if you trust no request for its cookies or its
	// network address.
	AllowAnyOrigin bool

	// RequestFilter picks the parts of the request that [Conn.Request]
	// returns. It runs before the 101; if it panics, Cowhand replies 500.
	// Default: [DefaultRequestFilter]. Cowboy: req_filter.
	RequestFilter func(*handler.Request) RequestInfo
}

// NoLimit is [handler.NoLimit].
const NoLimit = handler.NoLimit

// Compress overrides the protocol's option Compress for a route.
type Compress byte

// The values of Options.Compress.
const (
	CompressDefault Compress = iota // the protocol's option decides
	CompressOn
	CompressOff
)

// MailboxPolicy decides what happens to a new info or prepared frame if too
// many wait already. Nothing is lost silently: rejecting one returns
// [ErrMailboxFull], and [Conn.Dropped] counts those rejected and dropped.
type MailboxPolicy byte

// The policies.
const (
	// RefuseWhenFull rejects the new one.
	RefuseWhenFull = MailboxPolicy(mailbox.Refuse)

	// DropOldest accepts the new one and drops the oldest.
	DropOldest = MailboxPolicy(mailbox.DropOldest)

	// CloseWhenFull rejects the new one and closes the connection with 1013.
	CloseWhenFull = MailboxPolicy(mailbox.Overflow)
)

// The defaults of [Options].
const (
	DefaultIdleTimeout    = 60 * time.Second
	DefaultMaxFrameSize   = 1_000_000
	DefaultCloseTimeout   = 4 * time.Second
	DefaultWriteTimeout   = 30 * time.Second
	DefaultMinWriteRate   = 100
	DefaultHibernateAfter = 2 * time.Second
	DefaultMailboxSize    = 1024
	DefaultMaxPending     = 1 << 20
)

// Validate returns an error that names the first invalid field, or nil.
func (o *Options) Validate() error {
	switch {
	case o.Compress > CompressOff:
		return fmt.Errorf("websocket: Options.Compress is %d; allowed are CompressDefault, CompressOn and CompressOff", o.Compress)
	case o.MailboxPolicy > CloseWhenFull:
		return fmt.Errorf("websocket: Options.MailboxPolicy is %d; allowed are RefuseWhenFull, DropOldest and CloseWhenFull", o.MailboxPolicy)
	}
	if o.RequireSubprotocol && len(o.Subprotocols) == 0 {
		return errors.New("websocket: Options.RequireSubprotocol is set, but Subprotocols is empty; no client could connect")
	}
	for _, name := range o.Subprotocols {
		if !httpgrammar.IsToken(name) {
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

// fill sets zero fields to their defaults. A limit or interval of 0 means none
// from then on.
func (o *Options) fill() {
	o.IdleTimeout = interval(orDefault(o.IdleTimeout, DefaultIdleTimeout))
	o.PingInterval = interval(o.PingInterval)
	o.MaxFrameSize = orDefault(o.MaxFrameSize, DefaultMaxFrameSize)
	o.CloseTimeout = bound(o.CloseTimeout, DefaultCloseTimeout)
	o.WriteTimeout = bound(o.WriteTimeout, DefaultWriteTimeout)
	o.MinWriteRate = orDefault(o.MinWriteRate, DefaultMinWriteRate)
	o.HibernateAfter = interval(orDefault(o.HibernateAfter, DefaultHibernateAfter))
	o.MailboxSize = orDefault(o.MailboxSize, DefaultMailboxSize)
	o.MaxPending = orDefault(o.MaxPending, DefaultMaxPending)
	if o.RequestFilter == nil {
		o.RequestFilter = DefaultRequestFilter
	}
}

// forever outlives every connection, and doesn't overflow when added to the
// clock.
const forever = 100 * 365 * 24 * time.Hour

// interval returns d, or 0 for never if d is negative or as long as
// protocol.Infinity.
func interval(d time.Duration) time.Duration {
	if d < 0 || d >= forever {
		return 0
	}
	return d
}

// bound returns d, byDefault if it is zero, and forever if there is no limit.
func bound(d, byDefault time.Duration) time.Duration {
	if d = interval(cmp.Or(d, byDefault)); d == 0 {
		return forever
	}
	return d
}

// orDefault returns value, byDefault if it is zero, and 0 for no limit if it is
// negative.
func orDefault[T ~int | ~int64](value, byDefault T) T {
	return max(cmp.Or(value, byDefault), 0)
}
