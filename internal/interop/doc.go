// Package interop has tests only: they drive Cowhand servers with WebSocket
// clients that others wrote, those of coder/websocket, gorilla/websocket and
// lxzan/gws. It is a module of its own, so that Cowhand does not depend on
// them.
//
// Each client is an adapter to the same few methods, and each check is
// written once, against these. A check runs for every client, every way to
// compress that the client can offer, and every kind of server.
package interop
