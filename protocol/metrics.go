package protocol

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Metrics is the [StreamHandler] that makes a [Record] of each request
// (cowboy_metrics_h). What it counts is what passes its place in the chain: in
// front of [Compress] that is the compressed size.
type Metrics struct {
	// Callback gets the record, at the end of the request and in its
	// goroutine, or as one is refused. It is called concurrently, and may keep
	// the record. Required. (metrics_callback)
	Callback func(*Record)
}

// Record is what was measured of a request. Times are zero where what they
// are of did not happen.
type Record struct {
	// Exchange tells the request: its HTTP, its Request with the route, and
	// its Listener. Who keeps the record keeps all of that alive.
	Exchange *Exchange

	// Pattern and HostPattern are those of the route, as in [handler.Route]:
	// empty for a request that matched none.
	Pattern, HostPattern string

	Reason Reason
	Status int         // of the response, 101 of a connection that was taken over; 0 for none
	Header http.Header // of the response: the response's own, not a copy

	Start, End         time.Time // the whole of it
	BodyStart, BodyEnd time.Time // of the request's body: the first read, and the end of the body
	RespStart, RespEnd time.Time // of the response: headers, and end

	// RequestBytes and ResponseBytes are the sizes of the bodies, the request's
	// as far as it was read.
	RequestBytes, ResponseBytes int64

	Informational []Inform // what was sent before the response
}

// Inform is an informational response.
type Inform struct {
	Status int
	Time   time.Time
}

// Validate is for the protocol.
func (m Metrics) Validate() error {
	if m.Callback == nil {
		return errors.New("Metrics.Callback is nil; a function is required")
	}
	return nil
}

// Init begins an exchange.
func (m Metrics) Init(x *Exchange, next Stream) Stream {
	return &metricsStream{
		Stream:   next,
		callback: m.Callback,
		record:   &Record{Exchange: x, Start: time.Now()},
		length:   x.HTTP().ContentLength,
	}
}

// EarlyError makes a record of a request that was refused.
func (m Metrics) EarlyError(e *EarlyError) {
	now := time.Now()
	m.Callback(&Record{
		Exchange:      e.Exchange,
		Reason:        Reason{ReasonRefused, e.Reason},
		Status:        e.Status,
		Header:        e.Header,
		Start:         now,
		End:           now,
		ResponseBytes: int64(len(e.Body)),
	})
}

type metricsStream struct {
	Stream
	callback func(*Record)
	record   *Record
	length   int64 // of the request's body, as announced, or -1
	body     bodyMetrics
}

// bodyMetrics are what Read notes: it may run beside the rest, and even its
// end.
type bodyMetrics struct {
	bytes, start, end atomic.Int64 // times as since Record.Start, at least 1
}

func (s *metricsStream) since() int64 { return max(1, int64(time.Since(s.record.Start))) }

func (s *metricsStream) Read(p []byte) (int, error) {
	s.body.start.CompareAndSwap(0, s.since())
	n, err := s.Stream.Read(p)
	if total := s.body.bytes.Add(int64(n)); total == s.length || err == io.EOF {
		s.body.end.CompareAndSwap(0, s.since())
	}
	return n, err
}

func (s *metricsStream) Inform(status int, h http.Header) {
	s.record.Informational = append(s.record.Informational, Inform{status, time.Now()})
	s.Stream.Inform(status, h)
}

func (s *metricsStream) Headers(status int, h http.Header) {
	s.record.Status, s.record.Header, s.record.RespStart = status, h, time.Now()
	s.Stream.Headers(status, h)
}

func (s *metricsStream) Write(p []byte) (int, error) {
	n, err := s.Stream.Write(p)
	s.record.ResponseBytes += int64(n)
	return n, err
}

func (s *metricsStream) WriteString(text string) (int, error) {
	n, err := io.WriteString(s.Stream, text)
	s.record.ResponseBytes += int64(n)
	return n, err
}

func (s *metricsStream) ReadFrom(src io.Reader) (int64, error) {
	n, err := readFrom(s.Stream, src)
	s.record.ResponseBytes += n
	return n, err
}

func (s *metricsStream) End(trailers http.Header) {
	s.Stream.End(trailers)
	s.record.RespEnd = time.Now()
}

func (s *metricsStream) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := s.Stream.Hijack()
	if err == nil {
		s.record.Status, s.record.RespStart = http.StatusSwitchingProtocols, time.Now()
	}
	return conn, buffered, err
}

func (s *metricsStream) Terminate(reason Reason) {
	s.Stream.Terminate(reason)
	r := s.record
	r.Reason, r.End = reason, time.Now()
	if req := r.Exchange.Request(); req != nil {
		route := req.Route()
		r.Pattern, r.HostPattern = route.Pattern, route.HostPattern
	}
	r.RequestBytes = s.body.bytes.Load()
	r.BodyStart, r.BodyEnd = r.after(s.body.start.Load()), r.after(s.body.end.Load())
	s.callback(r)
}

func (r *Record) after(offset int64) time.Time {
	if offset == 0 {
		return time.Time{}
	}
	return r.Start.Add(time.Duration(offset))
}
