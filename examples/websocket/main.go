// Websocket serves a page that talks to it: what is typed there comes back,
// and a timer pushes a message every second.
package main

import (
	"context"
	_ "embed"
	"flag"
	"log"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

//go:embed index.html
var index []byte

// page serves the page at /.
type page struct{}

func (page) Init(req *handler.Request) (*handler.Upgrade, error) {
	headers := handler.Headers{"content-type": "text/html; charset=utf-8"}
	return nil, req.Reply(200, headers, index)
}

// route makes each request for /websocket a connection with a handler of its
// own.
type route struct{}

func (route) Init(*handler.Request) (*handler.Upgrade, error) {
	return websocket.Upgrade(socket{}), nil
}

// tick is what the timer sends to the connection.
type tick struct{ text string }

type socket struct{ websocket.Base }

func (socket) Init(conn *websocket.Conn) websocket.Commands {
	conn.NotifyAfter(time.Second, tick{"Hello!"})
	return websocket.None
}

func (socket) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsText() {
		return websocket.Reply(websocket.Text("You said: " + string(f.Payload)))
	}
	return websocket.None
}

func (socket) HandleInfo(conn *websocket.Conn, info any) websocket.Commands {
	if t, ok := info.(tick); ok {
		conn.NotifyAfter(time.Second, tick{"Still there?"})
		return websocket.Reply(websocket.Text(t.text))
	}
	return websocket.None
}

func server(compress bool) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", page{}),
			router.Path("/websocket", route{}),
		),
	)
	return protocol.Options{Dispatch: routes, Compress: compress}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	compress := flag.Bool("compress", true, "compress replies and messages where the client takes it")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(*compress)); err != nil {
		log.Fatal(err)
	}
}
