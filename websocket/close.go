package websocket

import (
	"errors"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/frame"
)

// stop sends a close frame and begins the closing handshake (RFC 6455,
// section 7.1.2), unless the connection is closing. Code 0 sends no payload.
func (c *Conn) stop(reason Reason, code CloseCode, text string) {
	if c.stage == open {
		c.sendClose(reason, code, text)
	}
}

// sendClose sends the last frame of the connection.
func (c *Conn) sendClose(reason Reason, code CloseCode, text string) {
	c.setReason(reason)
	c.advance(closing)
	if code == 0 {
		code = frame.NoStatus
	}
	out := c.output()
	out.buf = frame.AppendClose(out.buf, code, text)
	c.flush()
}

// boundClosing bounds the rest of the connection's life by CloseTimeout.
func (c *Conn) boundClosing() {
	c.timing.closeBy.CompareAndSwap(0, c.now()+int64(c.settings.Value().closeTimeout))
	timeouts.schedule(c)
}

// hangUp ends our side of the connection and awaits the end of the client's.
// If the transport can't end one side alone, it ends both.
func (c *Conn) hangUp() {
	if c.stage >= closed {
		return
	}
	c.advance(lingering)
	if !c.transport.closeWrite(time.Duration(c.timing.closeBy.Load() - c.now())) {
		c.end(Reason{})
	}
}

// remoteClose answers the client's close frame, or takes it as the answer to
// ours. "When both have sent and received, the server MUST close the
// underlying TCP connection immediately" (RFC 6455, section 7.1.1): the server
// ends its side and waits for the client to end the other, so that no reset
// overtakes the close frame.
func (c *Conn) remoteClose(payload []byte) {
	code, reason, err := frame.ParseClose(payload, c.skipUTF8)
	switch {
	case c.stage == closing:
		c.hangUp()
		return
	case err != nil:
		c.refuse(err)
		return
	}
	remote := Reason{Kind: ReasonRemote, Payload: append([]byte(nil), reason...)}
	answer := CloseCode(0)
	if code != frame.NoStatus {
		remote.Code, answer = code, code
	}
	c.sendClose(remote, answer, "")
	c.hangUp()
}

// refuse fails the connection because the client broke a rule (RFC 6455,
// section 7.1.7). If a close frame was sent already, the client isn't told
// again.
func (c *Conn) refuse(err error) {
	if c.stage == open {
		code := frame.ProtocolError
		if violation := (*frame.Error)(nil); errors.As(err, &violation) {
			code = violation.Code
		}
		c.sendClose(Reason{Kind: ReasonError, Err: refusalError(code, err)}, code, "")
	}
	c.hangUp()
}

// peerError is one of ErrBadFrame, ErrBadEncoding, ErrBadSize and ErrBadMessage,
// with the rule that the client broke.
type peerError struct{ kind, rule error }

func refusalError(code CloseCode, rule error) error {
	switch code {
	case frame.InvalidPayload:
		return &peerError{ErrBadEncoding, rule}
	case frame.MessageTooBig:
		return &peerError{ErrBadSize, rule}
	}
	return &peerError{ErrBadFrame, rule}
}

func (e *peerError) Error() string   { return e.rule.Error() }
func (e *peerError) Unwrap() []error { return []error{e.kind, e.rule} }

// crash ends the connection because of its handler, with 1011.
func (c *Conn) crash(err error) {
	c.logCrash(err)
	c.stop(Reason{Kind: ReasonCrash, Err: err}, frame.InternalError, "")
}

func (c *Conn) logCrash(err error) {
	attrs := []any{slog.String("path", c.request.common.Value().path), slog.Any("error", err)}
	if crash := (*handler.PanicError)(nil); errors.As(err, &crash) {
		attrs = append(attrs, slog.String("stack", string(crash.Stack)))
	}
	c.settings.Value().logger.Error("websocket: the handler crashed", attrs...)
}

// end ends the connection; its loop then terminates it. The reason holds if
// the connection wasn't closing before.
func (c *Conn) end(reason Reason) {
	if c.stage <= open {
		c.setReason(reason)
	}
	c.advance(closed)
}

// setReason decides why the connection ends.
func (c *Conn) setReason(reason Reason) {
	reason.Shutdown = c.ensureReason().Shutdown
	*c.reason = reason
}

func (c *Conn) ensureReason() *Reason {
	if c.reason == nil {
		c.reason = new(Reason)
	}
	return c.reason
}

// terminate runs when the loop has ended. Its last step is Terminate.
func (c *Conn) terminate() {
	if c.stage < closed { // a callback called runtime.Goexit
		c.crash(errGoexit)
		c.end(Reason{})
	}
	c.transport.close()
	c.releaseBatch()
	c.parser.Release()
	defer c.settings.Value().sessions.Remove(c)
	defer c.exitLoop()
	defer c.guard(func() { c.handler.Terminate(c, *c.ensureReason()) })
	c.advance(terminated)
	for _, f := range c.takeAttachments() {
		c.guard(f)
	}
}

var errGoexit = errors.New("websocket: a callback ended its goroutine by runtime.Goexit")

// guard calls a function at the end, whose panic is only logged.
func (c *Conn) guard(f func()) {
	defer func() {
		if value := recover(); value != nil {
			c.logCrash(&handler.PanicError{Value: value, Stack: debug.Stack()})
		}
	}()
	f()
}
