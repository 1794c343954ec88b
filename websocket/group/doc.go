// Package group publishes frames and infos to named groups of WebSocket
// connections. A complete chat room:
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
// A connection leaves its groups when it ends, just before its handler's
// Terminate. A group without a history exists as long as it has members. All methods of [Groups]
// are safe for concurrent use.
//
// # Delivery
//
// Publish doesn't wait for members, and a slow member doesn't delay the
// others. A slow member's connection buffers frames up to its
// websocket.Options.MaxPending; beyond that, its MailboxPolicy applies.
//
// Each member receives a publisher's frames in the order of publishing, and
// likewise its infos. A frame may overtake earlier infos. A member doesn't
// receive anything published before it joined, but for the frames that
// [Options].History has the group remember. If it leaves, it may miss what
// was published just before.
//
// # Cost
//
// Publish encodes a frame once for each kind of compression that the members
// negotiated. Delivery writes to idle members without waking their goroutines,
// and combines frames published in quick succession in one write.
//
// Cowboy: Erlang's `pg`.
package group
