// Package faultconn is a [net.Conn] that fails as a test wants. Each read and
// write goes through a [Fault], which makes the call, makes a part of it,
// delays it, fails it, or stalls it as a peer does that has vanished.
//
// A [Listener] puts a fault between a server and its clients. The server sees
// neither the type of its connections nor their descriptors.
//
// It is for tests only.
package faultconn
