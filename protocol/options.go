package protocol

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// Infinity, as a timeout, is none.
const Infinity time.Duration = math.MaxInt64

// Unlimited, as MinBodyRate, is no limit.
const Unlimited = -1

// Options are Cowboy's protocol options under their own names. The zero value
// of a field is its default. They are copied when the protocol or the
// listener starts and do not change after; see listener.SetProtocolOptions
// for new ones.
//
// Sizes are in bytes. Limits hold for HTTP/1 and HTTP/2 alike.
type Options struct {
	// Dispatch picks the handler of a request, as compiled routes do. It may
	// be nil only where Middlewares is set. (cowboy_router: env dispatch)
	Dispatch handler.Dispatcher

	// Middlewares run in order over each request; nil is RouterMiddleware,
	// HandlerMiddleware. (cowboy_http: middlewares)
	Middlewares []Middleware

	// Wrap puts net/http middlewares around all of Middlewares, the first of
	// them outermost. They run once a request has passed the limits.
	Wrap []func(http.Handler) http.Handler

	// Env are values for middlewares and handlers: handler.Env's Values.
	// (cowboy_http: env)
	Env map[string]any

	// StreamHandlers see every request and its response, in a chain around
	// Wrap and Middlewares, the first of them next to the client. Default
	// none, which costs nothing. (cowboy_http: stream_handlers)
	StreamHandlers []StreamHandler

	// Compress sends HTTP replies in gzip or zstd to the clients that take
	// it, by the stream handler of that name at the end of StreamHandlers, and
	// lets WebSocket negotiate compression. Default false. (cowboy_compress_h,
	// and cowboy_protocol of 1.x: compress)
	Compress bool

	// CompressThreshold is the size up to which a reply is not worth
	// compressing. Default 300. (cowboy_compress_h: compress_threshold)
	CompressThreshold int

	// Logger takes crashes and failures. Default slog.Default().
	// (cowboy_http: logger)
	Logger *slog.Logger

	// Sessions registers what outlives its HTTP request, such as a
	// WebSocket. Default: one of the protocol's, or of the listener's, own.
	// Stopping the listener shuts it down for good.
	Sessions *handler.Sessions

	// Listener is the listener's name; the listener sets it.
	Listener string

	// Protocols are the versions of HTTP to speak: HTTP1, HTTP2 (over TLS)
	// and UnencryptedHTTP2 (with prior knowledge). Default: all three.
	// (cowboy_http: protocols)
	Protocols http.Protocols

	// RequestTimeout bounds the wait for a request on an HTTP/1 connection,
	// and the time that its headers take from their first byte on. Default
	// 5 s; Infinity is none. (cowboy_http: request_timeout)
	RequestTimeout time.Duration

	// IdleTimeout is for how long nothing may arrive of a request body that
	// is being read, and for how long an HTTP/2 connection may be without a
	// stream. Default 60 s; Infinity is none. (cowboy_http: idle_timeout)
	IdleTimeout time.Duration

	// MinBodyRate is the rate, in bytes a second, below which a client loses
	// patience: each second that the handler waits for a body is taken off
	// IdleTimeout, and every MinBodyRate bytes win one back. At the end of it
	// the read fails as after IdleTimeout. Default 240, less than any network;
	// Unlimited is none, for bodies that are streams of rare events.
	MinBodyRate int

	// MaxKeepalive is how many requests one HTTP/1 connection may make; the
	// reply to the last says so and closes it. Default 1000. (cowboy_http:
	// max_keepalive)
	MaxKeepalive int

	// DisableHTTP10Keepalive closes an HTTP/1.0 connection after its first
	// request even if the client asks to keep it. Default false.
	// (cowboy_http: http10_keepalive)
	DisableHTTP10Keepalive bool

	// MaxMethodLength bounds the method's name; above it the answer is 501.
	// Default 32. (cowboy_http: max_method_length)
	MaxMethodLength int

	// MaxRequestLineLength bounds method, target and version together; above
	// it the answer is 414. Default 8000. (cowboy_http:
	// max_request_line_length)
	MaxRequestLineLength int

	// MaxAuthorityLength bounds the host and port that the request is for;
	// above it the answer is 414. Default 255. (cowboy_http:
	// max_authority_length)
	MaxAuthorityLength int

	// MaxHeaders bounds the number of header lines; above it the answer is
	// 431. Default 100. (cowboy_http: max_headers)
	MaxHeaders int

	// MaxHeaderNameLength bounds each header's name; above it the answer is
	// 431. Default 64. (cowboy_http: max_header_name_length)
	MaxHeaderNameLength int

	// MaxHeaderValueLength bounds each header line's value; above it the
	// answer is 431. Default 4096. (cowboy_http: max_header_value_length)
	MaxHeaderValueLength int

	// MaxConcurrentStreams is how many requests an HTTP/2 connection may
	// have open. Default 100. (cowboy_http2: max_concurrent_streams)
	MaxConcurrentStreams int

	// MaxDecodeTableSize and MaxEncodeTableSize bound the header compression
	// tables of HTTP/2, below 4 MiB. Default 4096. (cowboy_http2:
	// max_decode_table_size, max_encode_table_size)
	MaxDecodeTableSize, MaxEncodeTableSize int

	// MaxFrameSizeReceived is the largest HTTP/2 frame that the client may
	// send, 16384 to 16777215. Default 16384. (cowboy_http2:
	// max_frame_size_received)
	MaxFrameSizeReceived int

	// InitialConnectionWindowSize is how much the client may have in flight
	// to an HTTP/2 connection, 65535 to 4194303. Default 1 MiB, more than
	// Cowboy's 65535, which it grows by itself. (cowboy_http2:
	// initial_connection_window_size)
	InitialConnectionWindowSize int

	// InitialStreamWindowSize is how much of that may be of one stream, up
	// to 4194303. Default 65535. (cowboy_http2: initial_stream_window_size)
	InitialStreamWindowSize int
}

// limit is what an integer option may be, and its default.
type limit struct {
	name             string
	value            *int
	least, most, def int
}

func (o *Options) limits() []limit {
	const window = 4<<20 - 1
	return []limit{
		{"CompressThreshold", &o.CompressThreshold, 1, math.MaxInt, 300},
		{"MinBodyRate", &o.MinBodyRate, Unlimited, 1 << 30, 240},
		{"MaxKeepalive", &o.MaxKeepalive, 1, math.MaxInt, 1000},
		{"MaxMethodLength", &o.MaxMethodLength, 1, 1 << 20, 32},
		{"MaxRequestLineLength", &o.MaxRequestLineLength, 1, 1 << 20, 8000},
		{"MaxAuthorityLength", &o.MaxAuthorityLength, 1, 1 << 20, 255},
		{"MaxHeaders", &o.MaxHeaders, 1, 1 << 20, 100},
		{"MaxHeaderNameLength", &o.MaxHeaderNameLength, 1, 1 << 20, 64},
		{"MaxHeaderValueLength", &o.MaxHeaderValueLength, 1, 1 << 24, 4096},
		{"MaxConcurrentStreams", &o.MaxConcurrentStreams, 1, math.MaxInt32, 100},
		{"MaxDecodeTableSize", &o.MaxDecodeTableSize, 1, window, 4096},
		{"MaxEncodeTableSize", &o.MaxEncodeTableSize, 1, window, 4096},
		{"MaxFrameSizeReceived", &o.MaxFrameSizeReceived, 16384, 1<<24 - 1, 16384},
		{"InitialConnectionWindowSize", &o.InitialConnectionWindowSize, 65535, window, 1 << 20},
		{"InitialStreamWindowSize", &o.InitialStreamWindowSize, 1, window, 65535},
	}
}

// Validate returns an error that names the first bad field, its value and
// what is allowed, or nil.
func (o *Options) Validate() error {
	if o.Dispatch == nil && o.Middlewares == nil {
		return fmt.Errorf("protocol: Dispatch is nil; it must be set where Middlewares is not")
	}
	if err := validateMiddlewares(o.Middlewares); err != nil {
		return err
	}
	for i, wrap := range o.Wrap {
		if wrap == nil {
			return fmt.Errorf("protocol: Wrap[%d] is nil; a function is allowed", i)
		}
	}
	if err := o.validateStreamHandlers(); err != nil {
		return err
	}
	for _, l := range o.limits() {
		if *l.value != 0 && (*l.value < l.least || *l.value > l.most) {
			return fmt.Errorf("protocol: %s is %d; 0 for %d, or %d to %d is allowed", l.name, *l.value, l.def, l.least, l.most)
		}
	}
	if o.RequestTimeout < 0 {
		return fmt.Errorf("protocol: RequestTimeout is %v; 0 for 5s, more, or Infinity is allowed", o.RequestTimeout)
	}
	if o.IdleTimeout < 0 {
		return fmt.Errorf("protocol: IdleTimeout is %v; 0 for 1m, more, or Infinity is allowed", o.IdleTimeout)
	}
	return nil
}

func (o *Options) validateStreamHandlers() error {
	for i, h := range o.StreamHandlers {
		if h == nil {
			return fmt.Errorf("protocol: StreamHandlers[%d] is nil; a StreamHandler is allowed", i)
		}
		if v, ok := h.(interface{ Validate() error }); ok {
			if err := v.Validate(); err != nil {
				return fmt.Errorf("protocol: StreamHandlers[%d]: %w", i, err)
			}
		}
	}
	return nil
}

// chain returns StreamHandlers with Compress at their end, where it is on and
// not among them.
func (o *Options) chain() []StreamHandler {
	isCompress := func(h StreamHandler) bool { _, ok := h.(Compress); return ok }
	if !o.Compress || slices.ContainsFunc(o.StreamHandlers, isCompress) {
		return o.StreamHandlers
	}
	return append(slices.Clone(o.StreamHandlers), Compress{Threshold: o.CompressThreshold})
}

// withDefaults returns a copy with each default in place of its zero.
func (o Options) withDefaults() Options {
	for _, l := range o.limits() {
		if *l.value == 0 {
			*l.value = l.def
		}
	}
	o.RequestTimeout = cmp.Or(o.RequestTimeout, 5*time.Second)
	o.IdleTimeout = cmp.Or(o.IdleTimeout, time.Minute)
	o.Logger = cmp.Or(o.Logger, slog.Default())
	if o.Sessions == nil {
		o.Sessions = new(handler.Sessions)
	}
	if o.Middlewares == nil {
		o.Middlewares = []Middleware{RouterMiddleware, HandlerMiddleware}
	}
	if o.Protocols == (http.Protocols{}) {
		o.Protocols.SetHTTP1(true)
		o.Protocols.SetHTTP2(true)
		o.Protocols.SetUnencryptedHTTP2(true)
	}
	o.Middlewares = slices.Clone(o.Middlewares)
	o.Wrap = slices.Clone(o.Wrap)
	o.StreamHandlers = slices.Clone(o.StreamHandlers)
	o.Env = maps.Clone(o.Env)
	return o
}
