package websocket

import "github.com/cowhand/cowhand/handler"

// Handler is the callbacks of one connection: cowboy_websocket's
// websocket_init, websocket_handle, websocket_info and terminate. Embed
// [Base] for those that have nothing to do.
type Handler interface {
	// Init is called once, after the handshake and before any frame
	// (websocket_init/1). Infos that it sends to its own connection arrive
	// before the first frame.
	Init(conn *Conn) Commands

	// HandleFrame is called for each text, binary, ping and pong
	// (websocket_handle/2). Pings have been answered already.
	HandleFrame(conn *Conn, frame Frame) Commands

	// HandleInfo is called for each info that was sent to the connection
	// by Notify or a timer, in the order of sending (websocket_info/2).
	HandleInfo(conn *Conn, info any) Commands

	// Terminate is called once, when the connection has ended
	// (terminate/3).
	Terminate(conn *Conn, reason Reason)
}

// Base is a [Handler] that does nothing, to be embedded.
type Base struct{}

// Init does nothing.
func (Base) Init(*Conn) Commands { return None }

// HandleFrame ignores the frame.
func (Base) HandleFrame(*Conn, Frame) Commands { return None }

// HandleInfo ignores the info.
func (Base) HandleInfo(*Conn, any) Commands { return None }

// Terminate does nothing.
func (Base) Terminate(*Conn, Reason) {}

// Upgrade is what a route's Init returns to make its request a WebSocket
// connection: Cowboy's {cowboy_websocket, Req, State, Opts}. The handler is
// this connection's own. Without options, or with their zero value, the
// defaults hold; more than one is an error, and so are options out of their
// bounds: both answer 500 and are logged.
func Upgrade(h Handler, options ...Options) *handler.Upgrade {
	u := &upgrade{handler: h}
	switch len(options) {
	case 0:
	case 1:
		u.options = options[0]
	default:
		u.surplus = true
	}
	return &handler.Upgrade{Protocol: u}
}

// upgrade is the sub-protocol of one request.
type upgrade struct {
	handler Handler
	options Options
	surplus bool
}
