// Compress_response replies with a text that is worth compressing, and
// compresses it for the clients that take gzip.
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

const bigBody = `A ranch hand is somebody who is paid to look after the cattle of somebody else.
The cattle do not know that they are looked after; they know where the grass is,
and where the fence is not. So the hand rides along the fence, all day, and puts
back up what the cattle took down. In the evening the hand counts the cattle, and
as a rule the count is one short. Then the hand rides along the fence once more,
finds the one that is missing, and asks it to come along. It does not answer. The
hand brings it back all the same, closes the gate, and counts again. Tomorrow the
cattle will have found another place where the fence is not, and the hand will be
there. That is what being a hand is about: to be there when one is missing.
`

type toppage struct{}

func (toppage) Init(req *handler.Request) (*handler.Upgrade, error) {
	return nil, req.ReplyText(200, bigBody)
}

func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", toppage{}),
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
