// Package cowhand is the root of Cowhand, a callback-style handler framework
// for HTTP and WebSocket that mirrors Erlang's Cowboy. It holds no code, only
// the map of the packages:
//
//   - listener: where connections come from: TCP, TLS and Unix sockets,
//     limits, suspend, resume and drain. (Ranch)
//   - protocol: what a connection speaks, its options and middlewares.
//     (cowboy_http, cowboy_http2)
//   - router: from host and path to a Handler. (cowboy_router)
//   - handler: Handler, Request and Upgrade, of which every handler is made.
//     (cowboy_handler, cowboy_req)
//   - handler/rest, handler/loop and handler/static: REST resources, replies
//     that wait for something, and files. (cowboy_rest, cowboy_loop,
//     cowboy_static)
//   - websocket: the WebSocket handler and the loop of each connection.
//     (cowboy_websocket)
//   - websocket/group: publishing to named groups of connections. (pg)
//   - websocket/websockettest: tests of handlers, without a socket.
//   - websocket/frame and websocket/deflate: the codecs, without I/O.
//     (cow_ws)
//
// The way of a request is listener, protocol, router, handler, and from a
// handler's Upgrade on the sub-protocol, such as websocket.
package cowhand
