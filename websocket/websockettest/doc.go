// Package websockettest tests a WebSocket handler without a socket, a goroutine
// or real time: the test sends frames and infos, and moves the clock.
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
// The handler runs in the same loop as behind a socket, so every method of
// [websocket.Conn] works and options apply. Cowhand replies to pings, closes
// the connection with 1011 if a callback panics, and calls Terminate once.
//
// Each method of a [Client] returns when its consequences are done, including
// any info that the handler sends to its own connection.
//
// # Commands and frames
//
// Commands returns what the callbacks returned. Frames returns what the client
// received, in that order: frames from commands, frames from
// [websocket.Conn.Send], and those that Cowhand sends itself, such as pongs and
// the close frame. Both cover the time since their last call.
//
// # The clock
//
// Timers of [websocket.Conn.NotifyAfter], the idle timeout and the server's
// pings use the test's clock. Only [Client.Advance] moves it.
//
// # Groups
//
// Package group delivers in goroutines of its own. Each method of a Client
// waits until the connection has what was published before to the groups that
// it has joined, so tests of rooms need no waiting. Other members handle theirs
// when their own Client runs:
//
//	alice.SendText("hi")
//	bob.Run()
//	require.Equal(t, []websocket.Frame{websocket.Text("hi")}, bob.Frames())
//
// # Closing
//
// A Client replies to a close frame at once. A connection that closes has
// therefore ended, and [Client.Reason] returns its reason. When a test ends,
// its Clients disconnect.
//
// # Limits
//
// A Client negotiates no compression.
//
// Only the test's goroutine may use a Client. Any goroutine may use the
// connection; the next call of a Client's method, such as [Client.Run],
// handles what the others sent.
package websockettest
