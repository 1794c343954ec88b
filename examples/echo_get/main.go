// Echo_get replies with the parameter echo of the query string.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

type toppage struct{}

func (toppage) Init(req *handler.Request) (*handler.Upgrade, error) {
	if req.Method() != "GET" {
		return nil, req.ReplyStatus(405)
	}
	qs, err := req.MatchQS(handler.Match{Name: "echo", Optional: true})
	if err != nil {
		return nil, err
	}
	echo, ok := handler.MatchedAs[string](qs, "echo")
	if !ok {
		return nil, req.Reply(400, nil, []byte("Missing echo parameter."))
	}
	headers := handler.Headers{"content-type": "text/plain; charset=utf-8"}
	return nil, req.Reply(200, headers, []byte(echo))
}

func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", toppage{}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
