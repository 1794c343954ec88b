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

// Client is the peer of a connection, and the hand on its clock. [New] and
// [Connect] make it.
type Client struct {
	t        tester
	driven   driven.Conn
	unread   [][]byte // sent while the connection was not active
	commands []websocket.Command
	frames   []websocket.Frame
	reason   websocket.Reason
}

// Request is what a connection began with. Of the zero value, Method is GET,
// RequestInfo.Version HTTP/1.1, Scheme http, Host localhost, Port 80, Path /,
// and WebSocketVersion 13.
type Request struct {
	// RequestInfo is what [websocket.Conn.Request] returns, without a filter.
	websocket.RequestInfo

	// Subprotocols are those that the client offers.
	Subprotocols []string

	// WebSocketVersion is 7, 8 or 13.
	WebSocketVersion int
}

// New opens a connection for a handler, and runs its Init. Bad options fail
// the test. t may be nil, for examples, which have none.
func New(t testing.TB, h websocket.Handler, options websocket.Options) *Client {
	if t != nil {
		t.Helper()
	}
	return Connect(t, h, options, Request{})
}

// Connect is New for a request.
func Connect(t testing.TB, h websocket.Handler, options websocket.Options, request Request) *Client {
	c := &Client{t: untested{}}
	if t != nil {
		c.t = t
	}
	c.t.Helper()
	if h == nil {
		c.t.Fatalf("websockettest: the handler is nil")
	}
	request.fill()
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

func (r *Request) fill() {
	for _, field := range []struct {
		value  *string
		normal string
	}{{&r.Method, "GET"}, {&r.Version, "HTTP/1.1"}, {&r.Scheme, "http"}, {&r.Host, "localhost"}, {&r.Path, "/"}} {
		if *field.value == "" {
			*field.value = field.normal
		}
	}
	if r.Port == 0 {
		r.Port = 80
	}
	if r.WebSocketVersion == 0 {
		r.WebSocketVersion = 13
	}
}

// Conn returns the connection that the callbacks get.
func (c *Client) Conn() *websocket.Conn { return c.driven.Conn().(*websocket.Conn) }

// Send sends frames to the handler, all in one packet. While the connection
// is not active (see [websocket.Active]) they wait.
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

// SendText sends a text message to the handler.
func (c *Client) SendText(text string) {
	c.t.Helper()
	c.Send(websocket.Text(text))
}

// SendBinary sends a binary message to the handler.
func (c *Client) SendBinary(data []byte) {
	c.t.Helper()
	c.Send(websocket.Binary(data))
}

// SendClose closes the connection, with a code and a reason; code 0 is none.
func (c *Client) SendClose(code websocket.CloseCode, reason string) {
	c.t.Helper()
	c.Send(websocket.Close(code, reason))
}

// Disconnect ends the connection without a close frame: a cut cable.
func (c *Client) Disconnect() {
	if !c.Ended() {
		c.driven.Fail(io.EOF)
		c.settle()
	}
}

// Notify sends an info to the connection, and has it handled. An info that
// is not accepted fails the test; use Conn().Notify to see the error.
func (c *Client) Notify(info any) {
	c.t.Helper()
	if err := c.Conn().Notify(info); err != nil {
		c.t.Fatalf("websockettest: Notify(%v): %v", info, err)
	}
	c.settle()
}

// Run handles what other goroutines sent to the connection, and what the test
// did by Conn().
func (c *Client) Run() {
	c.t.Helper()
	c.settle()
}

// Drain closes the connection with 1001, as stopping the listener does.
func (c *Client) Drain() {
	c.t.Helper()
	c.Conn().Drain()
	c.settle()
}

// Terminate ends the connection for a reason of the test's choice.
func (c *Client) Terminate(reason websocket.Reason) {
	c.driven.End(reason)
	c.settle()
}

// Advance moves the clock, and runs the timers and timeouts that become due,
// each at its time.
func (c *Client) Advance(d time.Duration) {
	c.t.Helper()
	c.settle()
	until := c.driven.Now() + int64(d)
	for !c.Ended() && c.driven.Step(until) {
		c.settle()
	}
}

// Commands returns the commands that the callbacks returned since the last
// call, in order; nil where there are none.
func (c *Client) Commands() []websocket.Command {
	commands := c.commands
	c.commands = nil
	return commands
}

// Frames returns the frames that the peer got since the last call, in order;
// nil where there are none.
func (c *Client) Frames() []websocket.Frame {
	frames := c.frames
	c.frames = nil
	return frames
}

// Ended reports whether the connection has ended, Terminate included.
func (c *Client) Ended() bool { return c.driven.Ended() }

// Reason returns why the connection ended; its Kind is 0 while it is open.
func (c *Client) Reason() websocket.Reason { return c.reason }

// mostRounds bounds what may follow from one step.
const mostRounds = 1_000

// settle has the connection handle all that there is for it.
func (c *Client) settle() {
	c.t.Helper()
	for range mostRounds {
		progress := c.driven.Attend()
		c.read()
		if len(c.unread) > 0 && c.driven.Active() && !c.Ended() {
			b := c.unread[0]
			c.unread = c.unread[1:]
			c.driven.Receive(b)
			c.read()
			progress = true
		}
		if !progress {
			return
		}
	}
	c.t.Fatalf("websockettest: the handler does not come to rest: it sends an info to its own connection for each that it gets")
}

// read takes the frames that were written, and answers a close frame.
func (c *Client) read() {
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

// tester is what of [testing.TB] is of use here.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(f func())
	Output() io.Writer
}

// untested stands in for it in examples.
type untested struct{}

func (untested) Helper()                           {}
func (untested) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (untested) Cleanup(func())                    {}
func (untested) Output() io.Writer                 { return io.Discard }
