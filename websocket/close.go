package websocket

import (
	"errors"
	"log/slog"
	"runtime/debug"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket/frame"
)

// stop sends a close frame and begins the closing handshake (RFC 6455,
// section 7.1.2). Code 0 sends no payload.
func (c *Conn) stop(reason Reason, code CloseCode, text string) {
	if c.phase != opened {
		return
	}
	c.sendClose(reason, code, text)
	c.await(closing)
}

// sendClose sends the last frame of the connection.
func (c *Conn) sendClose(reason Reason, code CloseCode, text string) {
	c.setReason(reason)
	c.phase = closing // no command is carried out after this one
	c.active = true   // what the peer answers has to be read
	c.seal()
	c.infos.Close()
	if code == 0 {
		code = frame.NoStatus
	}
	out := c.output()
	out.buf = frame.AppendClose(out.buf, code, text)
	c.flush()
}

// await goes on to the next phase, which is bounded by CloseTimeout. It
// reports whether our side of the connection is ended, as it is to be for
// lingering.
func (c *Conn) await(next phase) (ended bool) {
	if c.phase == closed {
		return false
	}
	c.phase = next
	if c.clock.end.Load() == 0 {
		c.clock.end.Store(c.now() + int64(c.settings.Value().closeTimeout))
		timeouts.file(c)
	}
	return next == lingering && c.transport.closeWrite()
}

// hangUp ends a connection on which both have sent a close frame: our side,
// or all of it where the sides cannot be ended one by one.
func (c *Conn) hangUp() {
	if !c.await(lingering) {
		c.end(Reason{})
	}
}

// remoteClose answers the peer's close frame, or takes it as the answer to
// ours. "When both have sent and received, the server MUST close the
// underlying TCP connection immediately" (RFC 6455, section 7.1.1): it ends
// its side and waits for the peer to end the other, so that no reset
// overtakes the close frame.
func (c *Conn) remoteClose(payload []byte) {
	code, reason, err := frame.ParseClose(payload, c.settings.Value().skipUTF8)
	switch {
	case c.phase == closing:
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

// refuse fails the connection for what the peer sent (RFC 6455, section
// 7.1.7).
func (c *Conn) refuse(err error) {
	if c.phase != opened { // the peer need not be told again
		c.await(lingering)
		return
	}
	code := frame.ProtocolError
	if fault := (*frame.Error)(nil); errors.As(err, &fault) {
		code = fault.Code
	}
	c.sendClose(Reason{Kind: ReasonError, Err: refusalError(code, err)}, code, "")
	c.await(lingering)
}

// peerError is one of ErrBadFrame, ErrBadEncoding and ErrBadSize, with the
// rule that the peer broke.
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

// crash ends the connection for a fault of its handler, with 1011.
func (c *Conn) crash(err error) {
	c.logCrash(err)
	if c.phase != opened {
		return
	}
	c.sendClose(Reason{Kind: ReasonCrash, Err: err}, frame.InternalError, "")
	c.await(closing)
}

func (c *Conn) logCrash(err error) {
	attrs := []any{slog.String("path", c.request.common.Value().path), slog.Any("error", err)}
	if crash := (*handler.PanicError)(nil); errors.As(err, &crash) {
		attrs = append(attrs, slog.String("stack", string(crash.Stack)))
	}
	c.settings.Value().logger.Error("websocket: the handler crashed", attrs...)
}

// end marks the connection as over; its loop then leaves. The reason is that
// of a connection which was not closing before.
func (c *Conn) end(reason Reason) {
	if c.phase == closed {
		return
	}
	if c.phase == opened {
		c.setReason(reason)
	}
	c.phase = closed
	c.seal()
}

// setReason decides why the connection ends; the first reason holds.
func (c *Conn) setReason(reason Reason) {
	reason.Shutdown = c.reasonToBe().Shutdown
	*c.reason = reason
}

func (c *Conn) reasonToBe() *Reason {
	if c.reason == nil {
		c.reason = new(Reason)
	}
	return c.reason
}

// leave runs when the connection is over.
func (c *Conn) leave() {
	if c.phase != closed { // the handler called runtime.Goexit
		c.crash(errGoexit)
		c.end(Reason{})
	}
	timeouts.forget(c)
	c.infos.Close()
	c.transport.close()
	if c.out != nil {
		c.out.release()
		c.out = nil
	}
	c.parser.Release()
	defer c.settings.Value().sessions.Remove(c)
	defer c.guard(func() { c.handler.Terminate(c, *c.reasonToBe()) })
	for _, f := range c.stopTimers() {
		c.guard(f)
	}
}

var errGoexit = errors.New("websocket: a callback ended its goroutine by runtime.Goexit")

// guard calls what runs at the end, whose panic is only logged.
func (c *Conn) guard(f func()) {
	defer func() {
		if value := recover(); value != nil {
			c.logCrash(&handler.PanicError{Value: value, Stack: debug.Stack()})
		}
	}()
	f()
}
