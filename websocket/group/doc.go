// Package group publishes to named groups of WebSocket connections. It
// mirrors Erlang's pg, with a publish that costs little more than the writes.
//
// A chat room, whole:
//
//	var rooms = group.New(group.Options{})
//
//	type member struct {
//		websocket.Base
//		room string
//	}
//
//	func (m *member) Init(conn *websocket.Conn) websocket.Commands {
//		rooms.Join(m.room, conn)
//		return websocket.None
//	}
//
//	func (m *member) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
//		if f.IsData() {
//			rooms.Publish(m.room, f)
//		}
//		return websocket.None
//	}
//
// A connection leaves its groups by itself when it ends, just before its
// handler's Terminate; a group exists as long as it has members.
//
// A published frame is encoded once for each form that the members
// negotiated, and written to those whose loop is idle without waking them.
// What a member cannot take at once waits for it, up to its
// websocket.Options.MaxPending; then its MailboxPolicy decides. Neither
// Publish nor the other members wait for a slow one. To each member the
// frames of one publisher come in the order of publishing, and so do its
// infos; a frame does not wait for the infos before it. Frames that are
// published in quick succession go out in one write. Who joins a group does
// not get what was published before; who leaves it may miss what was published
// just before.
//
// All methods of [Groups] are safe for concurrent use.
package group
