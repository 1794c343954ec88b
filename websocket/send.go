package websocket

import "github.com/cowhand/cowhand/websocket/frame"

// SendFrame sends a frame from any goroutine, in the order of sending. It never
// waits for the client. For the same frame to many connections, [Prepare] it
// once and call [Conn.Send], or use package group. A callback just returns its
// frames with [Reply].
//
// The errors are those of [Prepare] and of Send. A close frame closes the
// connection as [Conn.CloseWith] does.
func (c *Conn) SendFrame(f Frame) error {
	if f.Opcode == frame.Close {
		return c.CloseWith(f.Code, string(f.Payload))
	}
	p, err := prepare(c.skipUTF8, f)
	if err != nil {
		return err
	}
	return c.Send(p)
}

// Close asks the connection to close with code 1000, as if a callback had
// returned [Stop]. It returns at once and is safe for concurrent use.
func (c *Conn) Close() { c.signal(signalClose) }

// CloseWith is Close with another code, and a reason for the client of at most
// 123 bytes. Frames sent before go out first. It returns an error for a code or
// a reason that [Close] doesn't allow, and [ErrClosed] if the connection is
// closing for another reason. If several goroutines close the connection, the
// first counts.
func (c *Conn) CloseWith(code CloseCode, reason string) error {
	f := Close(code, reason)
	if err := f.checkClose(); err != nil {
		return err
	}
	if !c.setClosing(&f) {
		return ErrClosed
	}
	c.signal(signalClose)
	return nil
}

// setClosing reports whether a close frame can still be sent.
func (c *Conn) setClosing(f *Frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stage >= closing {
		return false
	}
	x := c.extrasLocked()
	if x.closing == nil && c.signals.Load()&uint32(signalClose) == 0 {
		x.closing = f
	}
	return true
}

// wantedClose returns the close frame of CloseWith, or that of Close.
func (c *Conn) wantedClose() (code CloseCode, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.attachments == nil || c.attachments.extras == nil || c.attachments.extras.closing == nil {
		return frame.NormalClosure, ""
	}
	f := c.attachments.extras.closing
	if f.Code == 0 {
		return frame.NoStatus, ""
	}
	return f.Code, string(f.Payload)
}
