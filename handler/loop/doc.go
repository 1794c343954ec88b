// Package loop serves requests whose answer has to wait: long polling,
// server-sent events, and any reply that is sent bit by bit as news come in.
// A [Handler] is a struct, one for each request, and Cowhand calls it for each
// info that it is sent. It mirrors cowboy_loop.
//
// The smallest one tells the time each second, until the client goes away:
//
//	type route struct{}
//
//	func (route) Init(*handler.Request) (*handler.Upgrade, error) {
//		return loop.Upgrade(&clock{}), nil
//	}
//
//	type clock struct {
//		loop.Base
//		stream *handler.Stream
//	}
//
//	type tick struct{}
//
//	func (c *clock) Init(l *loop.Loop, req *handler.Request) (result loop.Result, err error) {
//		c.stream, err = req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
//		l.NotifyAfter(time.Second, tick{})
//		return loop.OK, err
//	}
//
//	func (c *clock) Info(l *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
//		l.NotifyAfter(time.Second, tick{})
//		return loop.OK, c.stream.Events(handler.Event{Data: time.Now().Format(time.TimeOnly)})
//	}
//
// # Life cycle
//
// The route's Init sees the request first: it may answer at once, or return
// [Upgrade] with the request's handler. Then, in the request's goroutine and
// never two at a time:
//
//   - Init runs once. It begins the reply where that is to be streamed, and
//     tells others of the [Loop], so that they can send it infos.
//   - Info runs for each info that any goroutine sent by [Loop.Notify], for
//     timers ([Loop.NotifyAfter]), and with [Timeout] where nothing came for
//     the time given.
//   - Terminate runs once, with the [Reason], whatever ended the loop.
//
// A callback returns how to go on: [OK] waits for the next info, [Stop] ends
// the request, after a reply as a rule; without one 204 is sent. An error
// ends it too, and is answered as one of Init's is, unless a reply was begun.
// So does a panic, with 500.
//
// The loop ends by itself when the client goes away, and when the listener
// stops: then, where no reply was begun, with 503.
//
// What a handler has to remember is in its fields; they need no lock, since
// one goroutine at a time uses them. The request and its stream belong to the
// callbacks; of a [Loop] all methods are safe to call from any goroutine, at
// any time, and never block.
package loop
