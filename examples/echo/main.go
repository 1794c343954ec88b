// Echo is the smallest WebSocket server: it sends each message back.
package main

import (
	"flag"
	"log"

	"github.com/cowhand/cowhand/examples/internal/run"
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

type route struct{}

func (route) Init(*handler.Request) (*handler.Upgrade, error) {
	return websocket.Upgrade(echo{}), nil
}

func start(addr string) (*listener.Listener, error) {
	routes := router.MustCompile(router.Host("_", router.Path("/", route{})))
	return listener.StartClear("echo", listener.Options{Addr: addr}, protocol.Options{Dispatch: routes, Compress: true})
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	l, err := start(*addr)
	if err != nil {
		log.Fatal(err)
	}
	run.UntilInterrupted(l)
}
