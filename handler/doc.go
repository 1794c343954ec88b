// Package handler defines what every Cowhand handler is made of: the
// [Handler] interface, the [Request] that it answers, and the [Upgrade] by
// which it hands the request to another protocol.
//
// The smallest handler replies to each request:
//
//	type hello struct{}
//
//	func (hello) Init(req *handler.Request) (*handler.Upgrade, error) {
//		return nil, req.ReplyText(200, "Hello, World!")
//	}
//
// # Life cycle
//
// The router picks a Handler for each request and Init is called once, in the
// request's own goroutine. What it returns decides what comes next:
//
//   - nil, nil: the request is answered; where nothing was sent, 204 is.
//   - an [Upgrade]: its sub-protocol (WebSocket, REST, loop, static files, or
//     one of your own) takes the request over.
//   - an error: 500, or the status of a [StatusError] with its message for the
//     client ([Error]), unless a reply was sent already. A reply that is
//     [Request.Unfinished] is broken off, so that no client takes a part for
//     the whole.
//   - a panic: as an error, logged once with its stack; the listener lives on.
//
// A Handler value is shared by all requests of its route, so it must be safe
// for concurrent use; state that belongs to one request lives in Init's local
// variables, or in the struct that an Upgrade carries. A Handler that also
// has a Terminate method ([Terminator]) is told how its request ended.
//
// # The request and its reply
//
// A [Request] gives what the client sent: the request line, headers as they
// are and as [ParseHeader] understands them, the query string and the cookies
// by name and constraint ([Match]), and the body, whole, in pieces, as a form
// or as parts. What the client got wrong comes back as a [StatusError] of
// 400 or its like, so that Init may just return it.
//
// There is one final reply: Reply and its kin send it whole, StreamReply
// piece by piece, with events, lines of JSON and trailers. [ReadJSON] and
// [Request.ReplyJSON] are for programs that talk JSON. A content type is never
// guessed. A second one is
// [ErrReplied]. A small reply leaves when Init returns, unless
// [Request.SendAtOnce] is called before; the pieces of a stream leave at once.
//
// A Request belongs to the goroutine that runs Init and its sub-protocol; its
// methods are not safe for concurrent use.
//
// The package mirrors Cowboy's modules cowboy_handler, cowboy_sub_protocol
// and cowboy_req.
package handler
