package main

import (
	"bytes"

	"github.com/cowhand/cowhand/benchmarks/internal/client"
	"github.com/cowhand/cowhand/websocket/frame"
)

// kind is a way to flood a connection.
type kind struct {
	name    string
	path    string
	deflate string
	first   []byte // sent once, before all else
	message []byte // sent again and again
	chunk   int    // bytes of each write
	reply   int    // bytes of the reply to a message; 0: none
	learn   bool   // reply is what the first message is answered with
	sunk    bool   // the server counts the messages
	parts   []kind // of a mixed flood
}

const (
	buffered  = 256 << 10 // bytes of messages that were made before
	inflated  = 999_000   // bytes that a bomb inflates to
	maxFrame  = 1_000_000 // the largest message that the server takes
	smallEcho = 64        // bytes of a message to be echoed
)

func kinds() ([]kind, error) {
	packed, err := client.Deflated(make([]byte, inflated))
	if err != nil {
		return nil, err
	}
	bomb := client.AppendFrame(nil, true, frame.RSV1, frame.Text, packed)
	fragments := kind{
		name:    "fragments",
		path:    "/echo",
		first:   client.AppendFrame(nil, false, 0, frame.Text, nil),
		message: client.AppendFrame(nil, false, 0, frame.Continuation, nil),
		chunk:   64 << 10,
	}
	pings := kind{name: "pings", path: "/echo", message: client.AppendFrame(nil, true, 0, frame.Ping, nil), chunk: buffered, reply: 2}
	echoes := kind{name: "echoes", path: "/echo", message: echoed(), chunk: buffered, reply: smallEcho + 2}
	bombs := kind{name: "bombs", path: "/echo", deflate: "notakeover", message: bomb, chunk: 16 << 10, learn: true}
	inflate := kind{name: "inflate", path: "/sink", deflate: "notakeover", message: bomb, chunk: 16 << 10, sunk: true}
	mixed := kind{name: "mixed", parts: []kind{fragments, pings, echoes, bombs}}
	return []kind{{name: "none"}, fragments, pings, echoes, bombs, inflate, mixed}, nil
}

// echoed is a message to be echoed.
func echoed() []byte {
	return client.AppendFrame(nil, true, 0, frame.Binary, bytes.Repeat([]byte("cow "), smallEcho/4))
}

// of returns the kind of the i-th flooder.
func (k *kind) of(i int) *kind {
	if len(k.parts) > 0 {
		return &k.parts[i%len(k.parts)]
	}
	return k
}

// buffer is what a flooder writes, a whole number of messages.
func (k *kind) buffer() []byte {
	return bytes.Repeat(k.message, max(1, buffered/len(k.message)))
}
