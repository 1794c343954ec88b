// Package websocket serves WebSocket connections (RFC 6455) by callbacks: a
// [Handler] is a struct, one for each connection, and Cowhand calls it when
// something happens. It mirrors cowboy_websocket.
//
// The smallest server answers each message with the same:
//
//	type echo struct{ websocket.Base }
//
//	func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
//		if f.IsData() {
//			return websocket.Reply(f)
//		}
//		return websocket.None
//	}
//
//	type route struct{}
//
//	func (route) Init(*handler.Request) (*handler.Upgrade, error) {
//		return websocket.Upgrade(echo{}), nil
//	}
//
// # Life cycle
//
// The route's Init sees the request first. It may refuse it, by a reply such
// as 403, or return [Upgrade] with the connection's handler. Then the
// handshake is made, the connection gets a goroutine of its own, and in it,
// never two at a time:
//
//   - Init runs once, after the 101 response and before any frame.
//   - HandleFrame runs for each text, binary, ping and pong. Fragments are
//     put together, compression is undone and pings are answered already.
//   - HandleInfo runs for each message that any goroutine sent to the
//     connection by [Conn.Notify], and for timers ([Conn.NotifyAfter]).
//   - Terminate runs once, with the [Reason], whatever ended the connection.
//
// What a connection has to remember is in its handler's fields; they need no
// lock, since one goroutine at a time uses them. A payload belongs to the
// handler: it may be kept, or given to another goroutine.
//
// # Commands
//
// Each callback but Terminate returns [Commands]: what to do, in order. None
// does nothing, Reply sends frames, and Do takes any list:
//
//	return websocket.Do(websocket.Text("bye"), websocket.ShutdownReason("kicked"), websocket.Stop)
//
// All frames that arrive together are handled before anything is written,
// and what they were answered with goes out in one write. A peer that does
// not read holds up its own connection only, and for no longer than
// [Options].WriteTimeout.
//
// # Other goroutines
//
// Of a [Conn], Notify, NotifyAfter, Send and Close are safe to call from any
// goroutine, at any time; they never block. The others belong to the
// callbacks.
package websocket
