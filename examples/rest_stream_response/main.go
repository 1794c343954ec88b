// Rest_stream_response sends the records of a table one by one, as CSV.
package main

import (
	"context"
	"flag"
	"log"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// toppage is the route; the table is what its resources share.
type toppage struct {
	table table
	pause time.Duration // between two records
}

func (h toppage) Init(*handler.Request) (*handler.Upgrade, error) {
	return rest.Upgrade(h), nil
}

func (h toppage) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{
		{Type: "text/csv", To: h.streamingCSV},
	}, nil
}

// streamingCSV sends the reply by itself, and stops the flow.
func (h toppage) streamingCSV(req *rest.Request) (rest.Body, error) {
	n, ok := handler.BindingAs[int](req.Request, "v1")
	if !ok {
		n = 1
	}
	stream, err := req.StreamReply(200, nil)
	if err != nil {
		return rest.Body{}, err
	}
	for r := range h.table.withV1(n) {
		time.Sleep(h.pause)
		if err := stream.Body([]byte(r.line())); err != nil {
			return rest.Body{}, err // the client is gone
		}
	}
	return rest.Body{}, rest.Stop
}

func server(table table, pause time.Duration) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/[:v1]", toppage{table, pause}).Where("v1", router.Int),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(generate(1000), 500*time.Millisecond)); err != nil {
		log.Fatal(err)
	}
}
