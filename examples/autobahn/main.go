// Autobahn is the testee for the Autobahn suite: a WebSocket server at / that
// sends each message back, with compression and without a limit on messages
// below 64 MiB.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}

func route(*handler.Request) (*handler.Upgrade, error) {
	return websocket.Upgrade(echo{}, websocket.Options{MaxFrameSize: 64 << 20}), nil
}

func server() protocol.Options {
	routes := router.MustCompile(router.Host("_", router.Path("/", handler.Func(route))))
	return protocol.Options{Dispatch: routes, Compress: true}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
