// Rest_basic_auth greets those who know the password.
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
	return rest.Upgrade(&greeting{}), nil
}

type greeting struct{ user string }

func (g *greeting) IsAuthorized(req *rest.Request) (ok bool, challenge string, err error) {
	c, _ := handler.ParseHeader(req.Request, handler.HeaderAuthorization)
	if c.Scheme == "basic" && c.User == "Alladin" && c.Password == "open sesame" {
		g.user = c.User
		return true, "", nil
	}
	return false, `Basic realm="cowhand"`, nil
}

func (g *greeting) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{
		{Type: "text/plain", To: g.toText},
	}, nil
}

func (g *greeting) toText(*rest.Request) (rest.Body, error) {
	return rest.Text("Hello, " + g.user + "!\n"), nil
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
