// Package handlertest tests handlers, routes and protocol options without a
// socket. Requests and responses pass through the real HTTP engine, in memory.
//
//	func TestLogin(t *testing.T) {
//		c := handlertest.Serve(t, protocol.Options{Dispatch: routes()})
//
//		r := c.Post("/login", handlertest.Form("name", "joe", "password", "moo"))
//		require.Equal(t, 303, r.Status)
//
//		r = c.Get("/me") // with the cookie that the login set
//		require.Equal(t, "joe", r.Text())
//	}
//
// [Serve] takes the options that you pass to a listener: routes, middlewares,
// error pages, limits. [New] takes one handler, which gets every request.
//
// # Requests
//
// [Client.Get], [Client.Post] and the like send simple requests; [Client.Do]
// sends a [Request] with any method, headers, cookies, HTTP version and client
// address. A body is a [Form], [Multipart], [JSON], [Text], [Bytes] or a
// [Reader]. The client keeps cookies from one request to the next, as a browser
// does over HTTPS. It follows no redirect and decodes no body.
//
// # What a client could not see
//
// A test fails if the handler panics, replies twice, replies not at all or
// breaks its reply off, and if there is no reply within [Client.Timeout]. The
// failure names the route; if a handler hangs, it shows where. For a test of
// such a failure set Request.MayFail: the response is what a client gets, and
// [Response.Err] tells the cause. An error from Init fails no test, since it has
// a status; Err has its cause, too.
//
// "Not at all" means that Cowhand had to send the 204. If you mean 204, reply
// with it. A second reply whose [handler.ErrReplied] the handler ignores goes
// unnoticed.
//
// # Streams
//
// [Client.Start] returns while the request is still running, for server-sent
// events, long polling and loop handlers:
//
//	s := c.Start(handlertest.Request{Path: "/events"})
//	require.Equal(t, "welcome", s.NextEvent().Data)
//	rooms.Publish("news")
//	require.Equal(t, "news", s.NextEvent().Data)
//	s.Cancel() // the client leaves, and the handler has to end
//
// [Stream.Next] returns what the handler sent with one flush. To send a body
// bit by bit, use a Reader of an [io.Pipe].
//
// # Other protocols
//
// [Client.Upgrade] returns the connection that a handler took over from HTTP.
// It is a [net.Conn] in memory, which any client of that protocol can use. For
// the callbacks of a WebSocket, hand the result of [Client.Init] to package
// websockettest:
//
//	upgrade, req := c.Init(handlertest.WebSocket("/chat"))
//	ws := websockettest.Accept(t, upgrade, req)
//	ws.SendText("hello")
//
// To run a client library against the routes, give it [Client.HTTP] or
// [Client.DialContext].
//
// # Time
//
// A Client works in a bubble of [testing/synctest], where time passes at once
// and synctest.Wait waits until every handler waits. Use it for timers of
// loops and for timeouts. Only a WebSocket can't run there: websockettest has
// its own clock.
//
// # Limits
//
// A Client belongs to the goroutine of its test. There is no TLS, but
// Request.TLS makes a request look as if there were. What belongs to sockets
// and listeners, such as sendfile, the PROXY header or MaxConnections, needs a
// listener.
package handlertest
