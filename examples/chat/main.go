// Chat has rooms, and tells everyone in a room who is there and what is said.
package main

import (
	"context"
	_ "embed"
	"flag"
	"log"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

//go:embed index.html
var index []byte

type page struct{}

func (page) Init(req *handler.Request) (*handler.Upgrade, error) {
	headers := handler.Headers{"content-type": "text/html; charset=utf-8"}
	return nil, req.Reply(200, headers, index)
}

// route lets a client into the room that its path names.
type route struct{ house *house }

func (r route) Init(req *handler.Request) (*handler.Upgrade, error) {
	m := &member{house: r.house}
	m.room, _ = handler.BindingAs[string](req, "room")
	m.name, _ = handler.BindingAs[string](req, "name")
	return websocket.Upgrade(m, websocket.Options{MaxFrameSize: 10_000}), nil
}

// member is one connection.
type member struct {
	websocket.Base
	house *house
	room  string
	name  string
}

func (m *member) Init(conn *websocket.Conn) websocket.Commands {
	m.house.enter(m.room, m.name, conn)
	return websocket.None
}

func (m *member) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsText() {
		m.house.say(m.room, m.name, string(f.Payload))
	}
	return websocket.None
}

func (m *member) Terminate(conn *websocket.Conn, _ websocket.Reason) {
	m.house.leave(m.room, conn)
}

func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", page{}),
			router.Path("/rooms/:room/:name", route{newHouse()}).
				Where("room", short).
				Where("name", short),
		),
	)
	return protocol.Options{Dispatch: routes, Compress: true}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
