// Package wire is the connection between TLS and its socket.
//
// A listener puts a [Conn] under each [tls.Conn]. HTTP uses it as the net.Conn
// that it wraps. After an upgrade, package websocket calls [Conn.Unblock]: from
// then on TLS never waits for the socket. It reads only bytes that the caller
// has read, and bytes that the socket doesn't take are kept for the caller to
// flush. So a connection over TLS needs no goroutine while it is idle, and any
// goroutine may write to it.
package wire
