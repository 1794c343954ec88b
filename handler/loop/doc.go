// Package loop serves requests whose response has to wait: long polling,
// server-sent events, and any response that is sent piece by piece. A [Handler]
// is a struct, one for each request. Cowhand calls it for each info that is sent
// to it.
//
// This handler tells the time each second, until the client leaves:
//
//	var route = loop.Handle(func(*handler.Request) (loop.Handler, error) {
//		return &clock{}, nil
//	})
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
// The function given to [Handle] sees the request first. It rejects it, or
// returns a new handler. (A route's Init that returns [Upgrade] can do the same.)
// Then the callbacks run in the request's goroutine, one at a time:
//
//   - Init runs once. It begins a response that is streamed, and gives the [Loop]
//     to others, who send infos to it.
//   - Info runs for each info from [Loop.Notify], which any goroutine may call,
//     for timers ([Loop.NotifyAfter]), and with [Timeout] if no info came for the
//     time given.
//   - Terminate runs once, with the [Reason], however the loop ended.
//
// A callback returns how to go on. [OK] waits for the next info. [Stop] ends the
// request; if nothing was sent, Cowhand sends 204. An error ends it too, with 500
// or the error's status, and a panic with 500, unless a response was begun.
//
// The loop ends by itself if the client leaves, and if the listener stops: with
// 503, unless a response was begun.
//
// The handler's fields hold the request's state and need no lock. Use the request
// and its stream only in callbacks. All methods of a [Loop] are safe for
// concurrent use, and none blocks.
//
// Cowboy: cowboy_loop.
package loop
