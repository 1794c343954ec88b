package websocket

// Handler has the callbacks of one connection. They never run at the same
// time, so its fields need no lock. Embed [Base] to skip callbacks that you
// don't need.
//
// If a callback panics, the client gets close code 1011, and Terminate a reason
// of kind [ReasonCrash]. Cowboy: cowboy_websocket.
type Handler interface {
	// Init runs once, after the handshake and before any frame. Infos that
	// it sends to its own connection arrive before the first frame. Cowboy:
	// websocket_init/1.
	Init(conn *Conn) Commands

	// HandleFrame runs for each text and binary message, ping and pong.
	// Cowhand has already answered pings. The payload belongs to the
	// handler, unless [Options].LendPayloads is set. Cowboy:
	// websocket_handle/2.
	HandleFrame(conn *Conn, frame Frame) Commands

	// HandleInfo runs for each info from [Conn.Notify] or a timer, in the
	// order of sending. Cowboy: websocket_info/2.
	HandleInfo(conn *Conn, info any) Commands

	// Terminate runs once, after the connection has ended. Stopping the
	// listener waits for it. Cowboy: terminate/3.
	Terminate(conn *Conn, reason Reason)
}

// Base implements [Handler] and does nothing. Embed it.
type Base struct{}

// Init does nothing.
func (Base) Init(*Conn) Commands { return None }

// HandleFrame ignores the frame.
func (Base) HandleFrame(*Conn, Frame) Commands { return None }

// HandleInfo ignores the info.
func (Base) HandleInfo(*Conn, any) Commands { return None }

// Terminate does nothing.
func (Base) Terminate(*Conn, Reason) {}
