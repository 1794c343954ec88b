// Rest_hello_world says hello in HTML, JSON or plain text, as the client
// likes it best.
package main

import (
	"context"
	"flag"
	"log"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

type toppage struct{}

func (toppage) Init(*handler.Request) (*handler.Upgrade, error) {
	return rest.Upgrade(hello{}), nil
}

type hello struct{}

func (h hello) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{
		{Type: "text/html", To: h.toHTML},
		{Type: "application/json", To: h.toJSON},
		{Type: "text/plain", To: h.toText},
	}, nil
}

func (hello) toHTML(*rest.Request) (rest.Body, error) {
	return rest.Text(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>REST Hello World!</title>
<p>REST Hello World as HTML!</p>
</html>
`), nil
}

func (hello) toJSON(*rest.Request) (rest.Body, error) {
	return rest.Text(`{"rest": "Hello World!"}`), nil
}

func (hello) toText(*rest.Request) (rest.Body, error) {
	return rest.Text("REST Hello World as text!"), nil
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
