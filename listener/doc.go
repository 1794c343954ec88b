// Package listener is where connections come from: it accepts them on a TCP,
// TLS or Unix socket, counts and limits them, and serves them by a
// protocol's options.
//
//	l, err := listener.StartClear("http",
//		listener.Options{Addr: ":8080"},
//		protocol.Options{Dispatch: routes, Compress: true})
//	if err != nil {
//		log.Fatal(err)
//	}
//	...
//	err = l.Stop(ctx)
//
// # Life cycle
//
// A listener is [Running] once StartClear or StartTLS has returned. Suspend
// closes its socket and keeps its connections, Resume opens the socket
// again. Stop ends all in a good way: running requests are finished,
// WebSockets are closed with 1001; what is left when the time is over is cut.
// A stopped listener cannot be started again, but its name is free for
// another.
//
// # Counting
//
// A connection is active from the moment it is accepted until it is closed
// or hijacked: an HTTP/1 connection that became a WebSocket is not active any
// more and never meets MaxConnections, but is one of all connections, as in
// Ranch.
//
// All functions and methods are safe for concurrent use.
//
// The package mirrors Ranch 2 and the listener functions of the module
// cowboy.
package listener
