// Package conformance holds tests only: the 517 cases of the Autobahn suite,
// families 1 to 7, 9, 10, 12 and 13, played over a real socket.
//
// The cases keep Autobahn's numbers, so that a failure here can be looked up
// there. Everything else is our own and, on purpose, shares nothing with the
// packages under test: a client that writes and reads raw bytes, a frame reader
// that refuses whatever RFC 6455 forbids a server, the standard library's
// DEFLATE, and a small inflater that also refuses a distance beyond the window
// that was agreed (RFC 7692, section 7.1.2).
//
// Only Autobahn's "OK" passes. Where Autobahn looks away these tests do not: an
// echo is compared byte by byte, a failed connection has to say so in a close
// frame, and the server is the one to close TCP, cleanly.
//
//	go test ./websocket/conformance/                       # the echo server of TestMain
//	go test ./websocket/conformance/ -run /6.4.3           # one case
//	go test ./websocket/conformance/ -run '/^(9|10)\.'     # two families
//
// In families 12 and 13 a case sends Autobahn's 1000 messages, or as many as make
// 4 MiB (128 KiB under the race detector). Set COWHAND_CONFORMANCE_FULL to any
// value to have all 1000 of every size: 11 GB, some minutes, so -timeout 30m.
//
// Set COWHAND_CONFORMANCE_ADDR to HOST:PORT/PATH to play the cases against
// another echo server; it has to offer permessage-deflate for families 12 and 13,
// and to take messages of 16 MiB.
package conformance
