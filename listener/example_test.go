package listener_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

type hello struct{}

func (hello) Init(req *handler.Request) (*handler.Upgrade, error) {
	return nil, req.ReplyText(200, "Hello, "+req.Binding("name")+"!")
}

func ExampleStartClear() {
	routes := router.MustCompile(router.Host("_", router.Path("/hello/:name", hello{})))
	l, err := listener.StartClear("example",
		listener.Options{Addr: "127.0.0.1:0"},
		protocol.Options{Dispatch: routes, Compress: true})
	if err != nil {
		log.Fatal(err)
	}
	response, err := http.Get("http://" + l.Addr().String() + "/hello/World")
	if err != nil {
		log.Fatal(err)
	}
	body, _ := io.ReadAll(response.Body)
	_ = response.Body.Close()
	fmt.Println(response.Status, string(body))
	fmt.Println(l.Stop(context.Background()))
	// Output:
	// 200 OK Hello, World!
	// <nil>
}
