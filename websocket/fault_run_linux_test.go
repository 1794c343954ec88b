package websocket_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/cowhand/cowhand/internal/rawio"
	"github.com/cowhand/cowhand/websocket"
)

// run is one conversation under faults, once it is over.
type run struct {
	host   *host
	caller *caller
	taken  *recordingConn // what the socket of the client got
}

// recordingConn keeps what is read from a socket.
type recordingConn struct {
	net.Conn
	read  []byte
	reset atomic.Bool // a call told so, which the kernel does once
}

func (c *recordingConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.read = append(c.read, b[:n]...)
	c.note(err)
	return n, err
}

func (c *recordingConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	c.note(err)
	return n, err
}

func (c *recordingConn) note(err error) {
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) {
		c.reset.Store(true)
	}
}

// CloseWrite ends the client's half.
func (c *recordingConn) CloseWrite() error {
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}

// have has a conversation under faults, and waits until nothing is left of it.
// The error is what no fault excuses.
func (g *ground) have(script *conversation, f faults) (r *run, err error) {
	r = &run{host: newHost(script)}
	g.host.Store(r.host)
	defer g.inject(f)()
	conn, err := g.dial(func(conn net.Conn) net.Conn {
		r.taken = &recordingConn{Conn: conn}
		return r.taken
	})
	if err != nil {
		return nil, err
	}
	r.caller = newCaller(conn)
	r.caller.parks, r.caller.atSleep = !isHidden(g.transport), g.atSleep
	r.caller.handshake(script.headers)
	if r.caller.err == nil {
		script.client(r.caller, r.host)
	}
	hangs := r.caller.finish()
	if r.host.hasOpened() {
		select {
		case <-r.host.ended:
		case <-time.After(patience):
			hangs = errors.Join(hangs, errors.New("Terminate wasn't called"))
		}
	}
	r.host.senders.Wait()
	return r, errors.Join(hangs, g.settle())
}

// checkCallbacks looks at how the handler was called.
func (r *run) checkCallbacks() error {
	r.host.mu.Lock()
	defer r.host.mu.Unlock()
	return errors.Join(r.host.wrong...)
}

// checkWhole looks at a conversation that nothing disturbed: everything came.
func (r *run) checkWhole() error {
	if !r.host.hasOpened() {
		return fmt.Errorf("no upgrade: %w", r.caller.err)
	}
	reason := r.host.reason
	if r.caller.err != nil || reason.Kind != r.host.script.reason {
		return fmt.Errorf("the client's script ended with %v, the connection with %v", r.caller.err, reason)
	}
	for source, n := range r.host.accepted {
		if got := r.caller.from.got[source]; got != n {
			return fmt.Errorf("%d frames of %s came instead of %d", got, source, n)
		}
	}
	if dropped := int(r.host.conn.Dropped()); dropped != r.host.refused && !r.host.script.abrupt {
		return fmt.Errorf("%d frames were dropped and %d refused", dropped, r.host.refused)
	}
	return nil
}

// checkStream looks at what the client got: whole frames in order, the last
// of which may be cut.
func (r *run) checkStream() (got ledger, err error) {
	return got, got.takeStream(behindResponse(r.caller.got.Bytes()))
}

// behindResponse is what follows the response to the handshake.
func behindResponse(stream []byte) []byte {
	_, rest, _ := bytes.Cut(stream, []byte("\r\n\r\n"))
	return rest
}

// checkReason looks at why a connection ended that a fault struck: for the
// fault, for what would have ended it anyway, or because the client left.
func (r *run) checkReason(s *sabotage) error {
	reason := r.host.reason
	if reason.Kind == r.host.script.reason {
		return nil
	}
	if reason.Kind != websocket.ReasonError {
		return fmt.Errorf("the reason is %v", reason)
	}
	if errors.Is(reason.Err, websocket.ErrClosed) || errors.Is(reason.Err, s.blow.cause()) {
		return nil
	}
	return fmt.Errorf("the reason is %v", reason)
}

// checkAbort looks at how the transport ended after a write that failed:
// nothing followed the failure, and TCP was reset. Only some failures can be
// told from the end that the client made.
func (r *run) checkAbort(s *sabotage, transport string) error {
	cause := s.blow.cause()
	if s.blow.op == rawio.Read || cause == websocket.ErrClosed || !errors.Is(r.host.reason.Err, cause) {
		return nil
	}
	if s.after > 0 {
		return fmt.Errorf("%d bytes were written after the failure", s.after)
	}
	if (transport == "tcp" || transport == "tls") && !r.taken.reset.Load() && !r.host.script.abrupt {
		return errors.New("the client saw no reset")
	}
	return nil
}

// checkOver looks at what a connection that has ended accepts.
func (r *run) checkOver() error {
	p, err := websocket.Prepare(websocket.Text("late"))
	if err != nil {
		return err
	}
	sent, notified := r.host.conn.Send(p), r.host.conn.Notify("late")
	if sent != websocket.ErrClosed || notified != websocket.ErrClosed {
		return fmt.Errorf("after the end, Send returns %v and Notify %v", sent, notified)
	}
	return nil
}

// cause is the error of the reason, besides ErrClosed.
func (b blow) cause() error {
	switch b.errno {
	case syscall.ETIMEDOUT:
		return b.errno
	case stalled:
		return os.ErrDeadlineExceeded
	}
	return websocket.ErrClosed
}

// checkAccounts looks for each frame that Send accepted: it was written whole,
// or it counts as dropped. Frames that callbacks made may count, too.
func (r *run) checkAccounts(tls bool, s *sabotage, got ledger) error {
	if tls {
		return r.checkEncrypted(s, got)
	}
	stream := s.moved
	if bytes.HasPrefix(stream, []byte("HTTP/1.1 101 ")) {
		stream = behindResponse(stream)
	}
	if came := behindResponse(r.caller.got.Bytes()); !bytes.HasPrefix(stream, came) {
		return fmt.Errorf("the client got %d bytes that aren't the beginning of the %d that were written", len(came), len(stream))
	}
	var written ledger
	if err := written.takeStream(stream); err != nil {
		return fmt.Errorf("written: %w", err)
	}
	return errors.Join(r.checkDropped(&written), r.checkDroppedTooMany(&written))
}

// checkEncrypted is checkAccounts over TLS, which hides the frames that were
// written. They are known if all bytes have come, which a reset may prevent.
// Frames may count as dropped although their record was written.
func (r *run) checkEncrypted(s *sabotage, got ledger) error {
	if !bytes.HasSuffix(r.taken.read, s.moved[max(0, len(s.moved)-32):]) {
		return nil
	}
	return r.checkDropped(&got)
}

func (r *run) checkDropped(written *ledger) error {
	h := r.host
	missing := 0
	for source, n := range h.accepted {
		if n < written.got[source] {
			return fmt.Errorf("%d frames of %s were written, of which %d were sent", written.got[source], source, n)
		}
		if isSent(source) {
			missing += n - written.got[source]
		}
	}
	if dropped := int(h.conn.Dropped()); dropped < missing+h.refused {
		return fmt.Errorf("%d frames are missing, %d were refused, and %d count as dropped", missing, h.refused, dropped)
	}
	return nil
}

func (r *run) checkDroppedTooMany(written *ledger) error {
	h := r.host
	if h.script.timed {
		return nil
	}
	missing := 1 + h.replied - written.closings()
	for source, n := range h.accepted {
		if isSent(source) {
			missing += n
		}
	}
	for _, n := range written.got {
		missing -= n
	}
	if dropped := int(h.conn.Dropped()); dropped > missing+h.refused {
		return fmt.Errorf("%d frames count as dropped, of which at most %d are missing and %d were refused", dropped, missing, h.refused)
	}
	return nil
}

// closings is how many close frames came.
func (l *ledger) closings() int {
	if l.closed {
		return 1
	}
	return 0
}

// isSent reports whether the frames of a source are those of [host.send].
func isSent(source string) bool { return strings.HasPrefix(source, "sent") }
