// Package websocket serves WebSocket connections (RFC 6455) with callbacks. A
// [Handler] is a struct, one for each connection. Cowhand calls it for each
// message and event.
//
// This handler echoes every message:
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
//	var route = websocket.Handle(func(*handler.Request) (websocket.Handler, error) {
//		return echo{}, nil
//	})
//
// # Life cycle
//
// The function given to [Handle] sees the request first. It rejects it, for
// example with 403, or returns a new handler. (A route's Init that returns
// [Upgrade] can do the same.) Cowhand then completes the handshake and runs the
// handler's callbacks, one at a time:
//
//   - Init runs once, after the 101 response and before any frame.
//   - HandleFrame runs for each text and binary message, ping and pong. Cowhand
//     has already joined fragments, decompressed messages and answered pings.
//   - HandleInfo runs for each info from [Conn.Notify], which any goroutine may
//     call, and from timers ([Conn.NotifyAfter]).
//   - Terminate runs once, with the [Reason], however the connection ended.
//
// The handler's fields hold the connection's state and need no lock. A payload
// belongs to the handler: keep it, or give it to another goroutine.
//
// # Commands
//
// All callbacks but Terminate return [Commands], which Cowhand carries out in
// order. [None] does nothing, [Reply] sends frames, and [Do] takes any list:
//
//	return websocket.Do(websocket.Text("bye"), websocket.ShutdownReason("kicked"), websocket.Stop)
//
// Cowhand handles all frames that arrive together before it writes, so that
// their replies share one write. If a client doesn't read, only its own
// connection waits, and it ends after [Options].WriteTimeout.
//
// # JSON
//
// [ReadJSON] decodes a message, [JSON] makes a frame, and [Fail] closes the
// connection because of a message that the handler can't use:
//
//	move, err := websocket.ReadJSON[move](f)
//	if err != nil {
//		return websocket.Fail(err)
//	}
//	return websocket.Reply(websocket.JSON(board.Play(move)))
//
// # Other goroutines
//
// The methods Notify, NotifyAfter, Send, SendFrame, Close, CloseWith, Context,
// ID, OnEnd and Dropped of a [Conn] are safe for concurrent use, and none of
// them waits for the client. Call the other methods only from callbacks.
//
// Cowboy: cowboy_websocket.
package websocket
