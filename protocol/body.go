package protocol

import (
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// requestBody is a request body of which a read fails when the client has kept
// the handler waiting for too long. Its clock is its own: a deadline that
// somebody else has set stays in force.
type requestBody struct {
	io.ReadCloser
	upload  *upload
	control *http.ResponseController
	timeout time.Duration // how long the client may keep the handler waiting
	rate    int           // bytes that win back a second of it; 0 if any win it all

	mu       sync.Mutex
	state    bodyState
	count    int64         // bytes read
	patience time.Duration // what is left of timeout
	since    time.Time     // when the read under way began
	timer    *time.Timer   // nil before the first read
	late     bool          // the timer has set a deadline
	stopped  *sync.Cond    // tells of the end of the read under way; nil unless somebody waits
}

// bodyState says who reads a body.
type bodyState int

const (
	bodyIdle    bodyState = iota // nobody at the moment
	bodyReading                  // the handler waits for the client
	bodyEnded                    // nobody: it is at its end, or has failed
	bodyDropped                  // net/http, to skip it
	bodyOver                     // net/http: the request is over, and control not to be used
)

func (b *requestBody) init(u *upload, w http.ResponseWriter, o *Options) {
	b.ReadCloser, b.upload = u.own.Body, u
	b.control = http.NewResponseController(w)
	b.timeout, b.patience = o.IdleTimeout, o.IdleTimeout
	b.rate = max(o.MinBodyRate, 0)
}

// Read reads the body. It leaves the clock alone after the end: from then on
// net/http reads the connection, to see the client go away.
func (b *requestBody) Read(p []byte) (int, error) {
	if !b.begin() {
		return 0, http.ErrBodyReadAfterClose
	}
	n, err := b.ReadCloser.Read(p)
	b.end(n, err)
	return n, err
}

// begin starts the clock; it is false once the body was dropped.
func (b *requestBody) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state != bodyIdle {
		return b.state != bodyDropped
	}
	b.state = bodyReading
	if b.timeout == Infinity {
		return true
	}
	if b.late {
		b.late = false
		b.setDeadline(time.Time{})
	}
	b.since = time.Now()
	if b.timer == nil {
		b.timer = time.AfterFunc(b.patience, b.expire)
	} else {
		b.timer.Reset(b.patience)
	}
	return true
}

// end stops the clock.
func (b *requestBody) end(n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count += int64(n)
	if b.state != bodyReading {
		return
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	switch {
	case err != nil:
		b.state = bodyEnded
		b.upload.request.Trailer = b.upload.own.Trailer
	default:
		b.state = bodyIdle
		b.reward(n)
	}
	if b.stopped != nil {
		b.stopped.Broadcast()
	}
}

// reward counts the time that a read has taken, and its bytes.
func (b *requestBody) reward(n int) {
	if b.rate == 0 {
		b.patience = b.timeout
		return
	}
	earned := time.Duration(n) * time.Second / time.Duration(b.rate)
	b.patience = min(b.timeout, max(0, b.patience-time.Since(b.since))+earned)
}

func (b *requestBody) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == bodyReading {
		b.late = true
		b.setDeadline(time.Now())
	}
}

// left returns how much of the body is left, as far as that is known, and who
// reads it.
func (b *requestBody) left() (rest int64, state bodyState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.upload.own.ContentLength - b.count, b.state
}

// skip reads what is there of the body; it is false if there is more to come.
// The handler gets none of it. An error is net/http's to find.
func (b *requestBody) skip() bool {
	b.mu.Lock()
	b.state = bodyDropped
	b.mu.Unlock()
	b.setDeadline(time.Now().Add(min(skipTime, b.timeout)))
	n, err := io.CopyN(io.Discard, b.ReadCloser, maxSkip)
	b.setDeadline(time.Time{})
	return n < maxSkip && !isTimeout(err)
}

// linger bounds the time for which net/http reads the rest of a body that the
// handler did not read, after the reply and before it closes the connection.
func (b *requestBody) linger(polite bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.interrupt()
	switch {
	case b.state == bodyEnded || b.state == bodyOver:
	case polite:
		b.setDeadline(time.Now().Add(min(lingerTime, b.timeout)))
	default:
		b.setDeadline(time.Now())
	}
}

// interrupt ends a read of another goroutine, such as one that a period of
// ReadBody left behind. net/http would wait for it, without a deadline.
func (b *requestBody) interrupt() {
	if b.state != bodyReading {
		return
	}
	b.setDeadline(time.Now())
	b.stopped = sync.NewCond(&b.mu)
	for b.state == bodyReading {
		b.stopped.Wait()
	}
}

// finish is for the end of the request.
func (b *requestBody) finish() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state = bodyOver
	if b.timer != nil {
		b.timer.Stop()
	}
}

func (b *requestBody) setDeadline(t time.Time) {
	_ = b.control.SetReadDeadline(t) // fails only on a closed connection
}

func isTimeout(err error) bool {
	var network net.Error
	return errors.As(err, &network) && network.Timeout()
}
