// Package protocol is what a connection speaks: it takes each HTTP/1.1 and
// HTTP/2 request through the middlewares to its handler and sees to it that
// every request is answered.
//
// A listener serves with it; and [Protocol] is an [http.Handler], so that all
// of it mounts in any Go server:
//
//	p, err := protocol.New(protocol.Options{Dispatch: routes, Compress: true})
//	if err != nil {
//		log.Fatal(err)
//	}
//	log.Fatal(http.ListenAndServe(":8080", p))
//
// # The way of a request
//
// The request is checked against the limits of the [Options], then the
// middlewares run in order over it and an environment of its own. The
// default chain is [RouterMiddleware], which asks Options.Dispatch for the
// handler, and [HandlerMiddleware], which runs it and the sub-protocol of its
// Upgrade. What comes out of the chain decides the reply:
//
//   - a reply was sent: nothing more.
//   - no reply and no error: 204.
//   - an error: the status that it carries, see [handler.StatusOf], with its
//     public message as the body, or the page of [ErrorPages]. The cause is
//     never sent: a 5xx is logged, and [AccessLog] has the cause of any.
//   - a panic: 500, or, where the reply had begun already, the connection (of
//     HTTP/2: the stream) is aborted. It is logged once, with its stack.
//     [http.ErrAbortHandler] aborts without a word.
//
// Once a handler has taken the writer by [handler.Request.Writer], its reply
// counts as begun.
//
// The HTTP engine is the one of net/http. Limits that need only the parsed
// request hold wherever a Protocol is mounted; timeouts, keep-alive and the
// HTTP/2 settings are those of the server, and hold in the one that
// [Protocol.Server] returns and in a listener.
//
// The package mirrors Cowboy's cowboy_http, cowboy_http2, cowboy_middleware,
// cowboy_stream_h and cowboy_compress_h.
package protocol
