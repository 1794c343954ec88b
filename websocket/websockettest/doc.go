// Package websockettest drives a WebSocket handler in a unit test: without a
// socket, without a goroutine, and by a clock that moves when the test says
// so.
//
//	func TestGreeter(t *testing.T) {
//		c := websockettest.New(t, &greeter{}, websocket.Options{}) // runs Init
//		c.SendText("hello")                                        // runs HandleFrame
//		require.Equal(t, []websocket.Command{websocket.Text("hi")}, c.Commands())
//
//		c.Notify("news") // runs HandleInfo
//		require.Equal(t, []websocket.Frame{websocket.Text("hi"), websocket.Text("news")}, c.Frames())
//
//		c.Advance(61 * time.Second) // longer than IdleTimeout
//		require.Equal(t, websocket.ReasonTimeout, c.Reason().Kind)
//	}
//
// The handler runs in the loop that runs it behind a socket; only the bytes
// go elsewhere. So each method of [websocket.Conn] does its work, the options
// hold, pings are answered, a callback that panics ends the connection with
// 1011, and Terminate runs once. Each method of a [Client] returns when all
// that follows from it is done, what the handler sent to its own connection
// included.
//
// # What happened
//
// There are two ways to look at it. Commands are what the callbacks returned.
// Frames are what the peer got, in the order of the wire: what the callbacks
// returned, what was sent by [websocket.Conn.Send], and what Cowhand sends by
// itself, such as a pong or the close frame. Both return what came since the
// last call.
//
// # The clock
//
// Timers of [websocket.Conn.NotifyAfter], the idle timeout and the server's
// pings run by the test's clock, which stands still but for [Client.Advance].
//
// # The peer
//
// A Client answers a close frame at once, so a connection that is closed has
// ended, and [Client.Reason] says why. It negotiates no compression. One that
// is left open at the end of its test is disconnected.
//
// # Other goroutines
//
// A Client is for the goroutine of the test. The connection may be used in
// any; what others sent to it is handled by the next method of the Client, or
// by [Client.Run].
package websockettest
