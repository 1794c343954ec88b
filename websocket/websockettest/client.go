package websockettest

import (
	"fmt"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
	"github.com/cowhand/cowhand/websocket/internal/driven"
)

// Client is the client of a connection and controls its clock. Create one with
// [New] or [Connect].
type Client struct {
	t        tester
	driven   driven.Conn
	unread   [][]byte // packets that the connection has not read yet
	commands []websocket.Command
	frames   []websocket.Frame
	reason   websocket.Reason
}

// Request is the request that opens a connection. The defaults of zero fields
// are Method GET, RequestInfo.Version HTTP/1.1, Scheme http, Host localhost,
// Port 80, Path /, and WebSocketVersion 13.
type Request struct {
	// RequestInfo is the result of [websocket.Conn.Request]. Options'
	// RequestFilter doesn't run.
	websocket.RequestInfo

	// Subprotocols are the client's offers.
	Subprotocols []string

	// WebSocketVersion is 7, 8 or 13.
	WebSocketVersion int
}

// New opens a connection to a handler and runs its Init. Invalid options fail
// the test. In an Example, which has no t, pass nil; failures then panic.
func New(t testing.TB, h websocket.Handler, options websocket.Options) *Client {
	if t != nil {
		t.Helper()
	}
	return Connect(t, h, options, Request{})
}

// Connect is like [New], with a request of your choice.
func Connect(t testing.TB, h websocket.Handler, options websocket.Options, request Request) *Client {
	c := &Client{t: untested{}}
	if t != nil {
		c.t = t
	}
	c.t.Helper()
	if h == nil {
		c.t.Fatalf("websockettest: the handler is nil")
	}
	request.setDefaults()
	var err error
	c.driven, err = driven.Open(driven.Config{
		Handler:      recorder{h, c},
		Options:      options,
		Request:      request.RequestInfo,
		Version:      request.WebSocketVersion,
		Subprotocols: request.Subprotocols,
		Logger:       slog.New(slog.NewTextHandler(c.t.Output(), nil)),
	})
	if err != nil {
		c.t.Fatalf("websockettest: %v", err)
	}
	c.t.Cleanup(c.Disconnect)
	c.driven.Start()
	c.settle()
	return c
}

func (r *Request) setDefaults() {
	for _, field := range []struct {
		value        *string
		defaultValue string
	}{{&r.Method, "GET"}, {&r.Version, "HTTP/1.1"}, {&r.Scheme, "http"}, {&r.Host, "localhost"}, {&r.Path, "/"}} {
		if *field.value == "" {
			*field.value = field.defaultValue
		}
	}
	if r.Port == 0 {
		r.Port = 80
	}
	if r.WebSocketVersion == 0 {
		r.WebSocketVersion = 13
	}
}

// Conn returns the connection, as passed to the callbacks.
func (c *Client) Conn() *websocket.Conn { return c.driven.Conn().(*websocket.Conn) }

// Send sends frames in one packet. A connection that is not active (see
// [websocket.Active]) reads them later.
func (c *Client) Send(frames ...websocket.Frame) {
	c.t.Helper()
	var b []byte
	for _, f := range frames {
		b = appendMasked(b, f)
	}
	if len(b) > 0 {
		c.unread = append(c.unread, b)
	}
	c.settle()
}

// SendText sends a text message.
func (c *Client) SendText(text string) {
	c.t.Helper()
	c.Send(websocket.Text(text))
}

// SendBinary sends a binary message.
func (c *Client) SendBinary(data []byte) {
	c.t.Helper()
	c.Send(websocket.Binary(data))
}

// SendClose sends a close frame, without a code if code is 0.
func (c *Client) SendClose(code websocket.CloseCode, reason string) {
	c.t.Helper()
	c.Send(websocket.Close(code, reason))
}

// Disconnect ends the connection without a close frame, as if the client
// vanished.
func (c *Client) Disconnect() {
	if !c.Ended() {
		c.driven.Fail(io.EOF)
		c.settle()
	}
}

// Notify sends an info and runs HandleInfo. If the connection rejects the info,
// the test fails; to check for the error, use Conn().Notify and then Run.
func (c *Client) Notify(info any) {
	c.t.Helper()
	if err := c.Conn().Notify(info); err != nil {
		c.t.Fatalf("websockettest: Notify(%v): %v", info, err)
	}
	c.settle()
}

// Run makes the connection handle everything that was sent to it: through
// [Client.Conn], by the test or by other goroutines, and to its groups.
func (c *Client) Run() {
	c.t.Helper()
	c.settle()
}

// Drain closes the connection with code 1001, as stopping a listener does.
func (c *Client) Drain() {
	c.t.Helper()
	c.Conn().Drain()
	c.settle()
}

// Terminate ends the connection with the given reason.
func (c *Client) Terminate(reason websocket.Reason) {
	c.driven.End(reason)
	c.settle()
}

// Advance moves the clock by d. Timers and timeouts run in order, each at its
// own time.
func (c *Client) Advance(d time.Duration) {
	c.t.Helper()
	c.settle()
	until := c.driven.Now() + int64(d)
	for !c.Ended() && c.driven.Step(until) {
		c.settle()
	}
}

// Commands returns the commands of all callbacks since the last call, in order,
// or nil if there are none.
func (c *Client) Commands() []websocket.Command {
	commands := c.commands
	c.commands = nil
	return commands
}

// Frames returns the frames received since the last call, in order, or nil if
// there are none.
func (c *Client) Frames() []websocket.Frame {
	frames := c.frames
	c.frames = nil
	return frames
}

// Ended reports whether the connection has ended and Terminate has run.
func (c *Client) Ended() bool { return c.driven.Ended() }

// Reason returns the reason why the connection ended. While it is open, Kind is
// 0.
func (c *Client) Reason() websocket.Reason { return c.reason }

// maxRounds stops a handler that keeps sending infos to its own connection.
const maxRounds = 1_000

// settle runs the connection until it has nothing left to handle.
func (c *Client) settle() {
	c.t.Helper()
	for range maxRounds {
		driven.Settle(c.driven.Conn())
		progress := c.driven.Attend()
		c.receive()
		if len(c.unread) > 0 && c.driven.Active() && !c.Ended() {
			b := c.unread[0]
			c.unread = c.unread[1:]
			c.driven.Receive(b)
			c.receive()
			progress = true
		}
		if !progress {
			return
		}
	}
	c.t.Fatalf("websockettest: the handler never stops sending infos to its own connection")
}

// receive records the frames that the connection wrote. It replies to a close
// frame.
func (c *Client) receive() {
	b := c.driven.Written()
	for len(b) > 0 {
		var f websocket.Frame
		f, b = cutFrame(b)
		c.frames = append(c.frames, f)
		if f.Opcode == frame.Close && !c.Ended() {
			c.driven.Receive(appendMasked(nil, websocket.Close(f.Code, "")))
			c.driven.Fail(io.EOF)
		}
	}
}

// tester is the part of [testing.TB] that a Client uses.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Output() io.Writer
}

// untested replaces the testing.TB in examples.
type untested struct{}

func (untested) Helper()                           {}
func (untested) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (untested) Cleanup(func())                    {}
func (untested) Output() io.Writer                 { return io.Discard }
