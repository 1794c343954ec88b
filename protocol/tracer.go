package protocol

import (
	"bufio"
	"errors"
	"net"
	"net/http"
)

// Tracer is the [StreamHandler] that tells of every step of the exchanges
// that are to be traced, and costs the others a look (cowboy_tracer_h).
type Tracer struct {
	// Match picks what to trace; nil is for all. It is called concurrently.
	// (tracer_match_specs)
	Match func(r *http.Request) bool

	// Trace gets the events, those of one exchange in their order but for
	// "read", which may come beside the others. It is called concurrently.
	// Required. (tracer_callback)
	Trace func(event TraceEvent)
}

// TraceEvent is a step of an exchange.
type TraceEvent struct {
	Exchange *Exchange

	// Name is "init", "read", "inform", "headers", "write", "flush", "end",
	// "hijack" or "terminate".
	Name string

	Status int         // of inform and headers
	Header http.Header // of inform and headers; of end, the trailers
	Bytes  int         // of read and write
	Err    error       // what the step returned
	Reason Reason      // of terminate
}

// Validate is for the protocol.
func (t Tracer) Validate() error {
	if t.Trace == nil {
		return errors.New("Tracer.Trace is nil; a function is required")
	}
	return nil
}

// Init begins an exchange.
func (t Tracer) Init(x *Exchange, next Stream) Stream {
	if t.Match != nil && !t.Match(x.HTTP()) {
		return next
	}
	t.Trace(TraceEvent{Exchange: x, Name: "init"})
	return &tracerStream{next, x, t.Trace}
}

type tracerStream struct {
	Stream
	x     *Exchange
	trace func(TraceEvent)
}

func (s *tracerStream) Read(p []byte) (int, error) {
	n, err := s.Stream.Read(p)
	s.trace(TraceEvent{Exchange: s.x, Name: "read", Bytes: n, Err: err})
	return n, err
}

func (s *tracerStream) Inform(status int, h http.Header) {
	s.trace(TraceEvent{Exchange: s.x, Name: "inform", Status: status, Header: h})
	s.Stream.Inform(status, h)
}

func (s *tracerStream) Headers(status int, h http.Header) {
	s.trace(TraceEvent{Exchange: s.x, Name: "headers", Status: status, Header: h})
	s.Stream.Headers(status, h)
}

func (s *tracerStream) Write(p []byte) (int, error) {
	n, err := s.Stream.Write(p)
	s.trace(TraceEvent{Exchange: s.x, Name: "write", Bytes: n, Err: err})
	return n, err
}

func (s *tracerStream) Flush() error {
	err := s.Stream.Flush()
	s.trace(TraceEvent{Exchange: s.x, Name: "flush", Err: err})
	return err
}

func (s *tracerStream) End(trailers http.Header) {
	s.trace(TraceEvent{Exchange: s.x, Name: "end", Header: trailers})
	s.Stream.End(trailers)
}

func (s *tracerStream) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := s.Stream.Hijack()
	s.trace(TraceEvent{Exchange: s.x, Name: "hijack", Err: err})
	return conn, buffered, err
}

func (s *tracerStream) Terminate(reason Reason) {
	s.Stream.Terminate(reason)
	s.trace(TraceEvent{Exchange: s.x, Name: "terminate", Reason: reason})
}
