// Chunked_hello_world sends its reply in three pieces, a second apart.
package main

import (
	"context"
	"flag"
	"log"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

type toppage struct{ pause time.Duration }

func (h toppage) Init(req *handler.Request) (*handler.Upgrade, error) {
	stream, err := req.StreamReply(200, nil)
	if err != nil {
		return nil, err
	}
	if err := stream.Body([]byte("Hello\r\n")); err != nil {
		return nil, err // the client is gone
	}
	time.Sleep(h.pause)
	if err := stream.Body([]byte("World\r\n")); err != nil {
		return nil, err
	}
	time.Sleep(h.pause)
	return nil, stream.Body([]byte("Chunked!\r\n"))
}

func server(pause time.Duration) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", toppage{pause}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(time.Second)); err != nil {
		log.Fatal(err)
	}
}
