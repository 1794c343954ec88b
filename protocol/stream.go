package protocol

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
)

// StreamHandler sees every request and its response, in a chain
// (cowboy_stream). Options.StreamHandlers is the chain, from the client to
// the middlewares: the first one is next to the client. Built in are
// [Compress], [Decompress], [Metrics], [AccessLog], [ErrorPages] and
// [Tracer].
//
// A StreamHandler that also is an [EarlyErrorHandler] sees the requests that
// come to nothing, too. One that has a method Validate() error is asked for
// it when the protocol is made.
type StreamHandler interface {
	// Init begins an exchange, before the middlewares run, and returns what
	// is to see the rest of it; next itself, or nil, where there is nothing
	// to see. It may change x.HTTP() in place. It is called concurrently. A
	// panic, here and in the methods of a Stream, is logged and answered with
	// 500, or breaks the response off; one in Terminate changes nothing any
	// more. (init/3)
	Init(x *Exchange, next Stream) Stream
}

// Stream is a link of the chain: what a [StreamHandler] made for one request.
// What comes to it goes on to the next one, which is nearer to the client, or
// not, or changed. A stream embeds the next one and has methods for what it
// wants to see:
//
//	type counter struct {
//		protocol.Stream
//		bytes int
//	}
//
//	func (c *counter) Write(p []byte) (int, error) {
//		c.bytes += len(p)
//		return c.Stream.Write(p)
//	}
//
// A stream may also be an [io.StringWriter] and an [io.ReaderFrom], which
// spares copies and lets the system send files by itself; such writes do not
// come to its Write then.
//
// All methods are called in the goroutine of the request, but for Read, which
// may run beside the others.
type Stream interface {
	// Read reads the request's body, as it is asked for (data/4).
	Read(p []byte) (n int, err error)

	// Inform sends an informational response (the command inform).
	Inform(status int, header http.Header)

	// Headers begins the final response (the commands response and headers).
	// The header is the response's own and may be changed.
	Headers(status int, header http.Header)

	// Write sends some of the response's body (the command data). As of any
	// [io.Writer], p is not to be kept or changed.
	Write(p []byte) (n int, err error)

	// Flush sends what is held back.
	Flush() error

	// End completes a response, which Terminate follows; one that breaks off
	// has none. Trailers are nil where there are none (the command trailers,
	// and the fin of data).
	End(trailers http.Header)

	// Hijack hands the connection over, as to a WebSocket (the command
	// switch_protocol). Of what goes over it then the chain sees nothing; a
	// stream of HTTP/2 cannot be hijacked and stays in the chain.
	Hijack() (net.Conn, *bufio.ReadWriter, error)

	// Terminate ends the stream; nothing comes after it, other than a Read
	// that fails (terminate/3).
	Terminate(reason Reason)
}

// EarlyErrorHandler is a [StreamHandler] that sees the requests that were
// refused for the limits of the [Options]; no Init is called for those.
// Requests that net/http cannot read are answered by it, and not seen.
type EarlyErrorHandler interface {
	StreamHandler

	// EarlyError may change the answer. Of a chain the handler next to the
	// client is called last (early_error/5).
	EarlyError(e *EarlyError)
}

// EarlyError is a request that no handler gets to see, and its answer.
type EarlyError struct {
	Exchange *Exchange // has no Request
	Reason   error     // names the option

	Status int
	Header http.Header
	Body   []byte // nil, unless a handler sets it; not sent to HEAD
}

// ReasonKind tells apart what can end an exchange.
type ReasonKind byte

// The kinds of reasons, with Cowboy's terms for them.
const (
	// ReasonNormal: the response was sent, whatever its status. Err is the
	// error below 500 that it answers, if it does one (normal).
	ReasonNormal ReasonKind = iota + 1
	// ReasonSwitched: the connection was taken over, as by a WebSocket
	// (switch_protocol).
	ReasonSwitched
	// ReasonClosed: the client went away before it had the response. Err is
	// the context's cause, or the error of writing ({socket_error, closed, _}
	// and {stream_error, cancel, _}).
	ReasonClosed
	// ReasonError: the handler failed with Err, of 500 or more, or amid its
	// response ({internal_error, _, _}).
	ReasonError
	// ReasonCrash: the handler panicked; Err is a [*handler.PanicError]
	// ({internal_error, {crash, _, _}, _}).
	ReasonCrash
	// ReasonAborted: the handler broke its response off by
	// [http.ErrAbortHandler], which Err is.
	ReasonAborted
	// ReasonRefused: an early error, which Err is ({connection_error,
	// limit_error, _}).
	ReasonRefused
)

// String returns the kind's name.
func (k ReasonKind) String() string {
	names := [...]string{"none", "normal", "switched", "closed", "error", "crash", "aborted", "refused"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("reason %d", byte(k))
}

// Reason is why an exchange ended.
type Reason struct {
	Kind ReasonKind
	Err  error // see the kinds
}

// String returns the reason as one line, for logs.
func (r Reason) String() string {
	if r.Err != nil {
		return fmt.Sprintf("%v: %v", r.Kind, r.Err)
	}
	return r.Kind.String()
}
