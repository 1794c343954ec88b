package handler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// BodyOptions bound one read of a body. The zero value has the defaults of
// the function that takes it. There is no value for no bound; that is what
// [Request.Body] is for.
type BodyOptions struct {
	// Length is the most that one call returns, in bytes. Of [Request.ReadBody]
	// and [Request.ReadPartBody] the default is 8,000,000; of
	// [Request.ReadURLEncodedBody] 64,000.
	Length int64

	// Period is the most that one call waits for. Of [Request.ReadBody] and
	// [Request.ReadPartBody] the default is 15 seconds; of
	// [Request.ReadURLEncodedBody] 5 seconds.
	Period time.Duration
}

// orDefault replaces what is not set.
func (o BodyOptions) orDefault(length int64, period time.Duration) BodyOptions {
	if o.Length <= 0 {
		o.Length = length
	}
	if o.Period <= 0 {
		o.Period = period
	}
	return o
}

const (
	bodyLength = 8_000_000
	bodyPeriod = 15 * time.Second
)

// HasBody reports whether the request has a body, even an empty one of
// unknown length (cowboy_req:has_body/1).
func (r *Request) HasBody() bool { return r.r.ContentLength != 0 && r.r.Body != http.NoBody }

// BodyLength returns the length of the body in bytes: as announced, or as
// counted once all of it was read; -1 while it is unknown
// (cowboy_req:body_length/1).
func (r *Request) BodyLength() int64 {
	if r.r.ContentLength < 0 && r.lazy != nil && r.lazy.body != nil {
		return r.lazy.body.total()
	}
	return r.r.ContentLength
}

// ReadBody returns the next piece of the body (cowboy_req:read_body/2): at
// most o.Length bytes, by default 8 MB, and what there is of them after
// o.Period, by default 15 seconds. more says that the body is not known to be
// at its end and another call continues; after the end, calls return nothing.
// A malformed body is a [*StatusError] of 400, one beyond the server's limit
// of 413, one that the protocol's IdleTimeout gave up of 408. Where the client
// went away the error wraps the cause of the end of the request's context.
//
// The data belongs to the caller.
func (r *Request) ReadBody(o BodyOptions) (data []byte, more bool, err error) {
	o = o.orDefault(bodyLength, bodyPeriod)
	data, more, err = r.bodyReader().read(o.Length, o.Period)
	if err != nil {
		return data, false, r.bodyError(err)
	}
	return data, more, nil
}

// Body returns the body as a stream, for bodies of any size: reading it takes
// no more memory than the reader's buffer, and the client may send no faster
// than it is read. It has no limit of time but the protocol's. Errors are as
// of ReadBody, which goes on where reads of it end, and the other way round.
func (r *Request) Body() io.Reader {
	r.bodyReader()
	return body{r}
}

type body struct{ req *Request }

func (b body) Read(p []byte) (int, error) {
	n, err := b.req.bodyReader().Read(p)
	if err != nil && err != io.EOF {
		err = b.req.bodyError(err)
	}
	return n, err
}

// bodyReader is the body of a request, read by whatever method.
type bodyReader struct {
	filler
	count counter
}

// counter counts what is read of a body, and looks for its end where as much
// has come as was announced, to tell it with the last byte.
type counter struct {
	src    io.Reader
	n      int64
	length int64 // as announced, or -1
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.src.Read(p)
	if err == nil && c.n+int64(n) == c.length && n < len(p) {
		var more int // of a middleware that left the length of what it inflates
		more, err = c.src.Read(p[n:])
		n += more
	}
	c.n += int64(n)
	return n, err
}

// bodyReader returns the request's one reader.
func (r *Request) bodyReader() *bodyReader {
	lazy := r.more()
	if lazy.body == nil {
		lazy.body = new(bodyReader)
		lazy.body.count = counter{src: r.r.Body, length: r.r.ContentLength}
		lazy.body.src = &lazy.body.count
		if r.r.Body == nil || r.r.Body == http.NoBody {
			lazy.body.err = io.EOF
		}
	}
	return lazy.body
}

// total returns the length of a body that was read to its end, else -1.
func (b *bodyReader) total() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err == io.EOF {
		return b.count.n
	}
	return -1
}

// abandonBody ends a read of the body that a period cut short and that is
// still under way when the reply begins. Over HTTP/1.1, net/http reads the
// rest of the body before it replies, however long the client takes; an
// expired deadline makes it close the connection instead.
func (r *Request) abandonBody() {
	read := r.pendingRead()
	if read == nil || r.r.ProtoMajor != 1 {
		return
	}
	if http.NewResponseController(r.w).SetReadDeadline(time.Now()) == nil {
		<-read
	}
}

// keepBody lets the handler go on with a body that it has begun beside its
// reply. Over HTTP/1.1, net/http would throw the rest away as the reply
// begins; it cannot use the connection again after that. A body that was not
// begun is thrown away: net/http sees only behind it whether the client leaves.
func (r *Request) keepBody() {
	if r.r.ProtoMajor != 1 || r.lazy == nil || r.lazy.body == nil || r.lazy.body.total() >= 0 {
		return
	}
	if http.NewResponseController(r.w).EnableFullDuplex() == nil {
		r.w.Header()["Connection"] = connectionClose
	}
}

var connectionClose = []string{"close"}

// pendingRead returns what is closed at the end of the read of the body, or
// of a part, that is under way; nil where none is.
func (r *Request) pendingRead() <-chan struct{} {
	switch {
	case r.lazy == nil:
		return nil
	case r.lazy.body != nil && r.lazy.body.pending():
		return r.lazy.body.running
	case r.lazy.parts != nil && r.lazy.parts.current != nil && r.lazy.parts.current.pending():
		return r.lazy.parts.current.running
	}
	return nil
}

// bodyError gives an error of reading a body the status that it deserves.
func (r *Request) bodyError(err error) error {
	var large *http.MaxBytesError
	var network net.Error
	var panicked *PanicError
	switch {
	case errors.As(err, &panicked):
		return err
	case errors.As(err, &large):
		return &StatusError{Status: http.StatusRequestEntityTooLarge, Err: err}
	case errors.As(err, &network) && network.Timeout():
		return &StatusError{Status: http.StatusRequestTimeout, Err: err}
	case errors.Is(err, http.ErrBodyReadAfterClose):
		return Errorf(http.StatusInternalServerError, "handler: the body was begun after the reply: %w", err)
	case r.clientGone(err):
		return fmt.Errorf("handler: the client went away amid its body: %w", cmp.Or(context.Cause(r.Context()), err))
	}
	return &StatusError{Status: http.StatusBadRequest, Err: err}
}

// clientGone reports whether err, of reading the body, is for want of a
// client: net/http ends the request's context then. Over HTTP/2 it ends the
// body first, and the context a moment later.
func (r *Request) clientGone(err error) bool {
	var network net.Error
	var reset resetError
	return r.Context().Err() != nil || errors.As(err, &network) || errors.As(err, &reset) ||
		r.r.ProtoMajor == 2 && err.Error() == "client disconnected"
}

// resetError is the error of net/http for an HTTP/2 stream that the client
// reset: it turns itself into any type of this form.
type resetError struct {
	StreamID uint32
	Code     uint32
	Cause    error
}

func (e resetError) Error() string { return fmt.Sprintf("the client reset stream %d", e.StreamID) }
