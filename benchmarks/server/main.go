// Server serves what the benchmarks drive: WebSocket echo and broadcast, and
// two plain HTTP paths. Its handlers are written the way the guide tells
// users to write theirs.
package main

import (
	"flag"
	"log"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/benchmarks/internal/debugport"
	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/deflate"
	"github.com/cowhand/cowhand/websocket/group"
)

var (
	addr      = flag.String("addr", ":9000", "address to listen on")
	socket    = flag.String("unix", "", "Unix socket to listen at instead")
	deflating = flag.String("deflate", "off", "permessage-deflate: off, takeover or notakeover")
	keep      = flag.Bool("keep", false, "give each handler payloads that it may keep, as by default, rather than lend them")
	hibernate = flag.Duration("hibernate", 0, "hibernate connections that were idle for so long (0: the default, negative: never)")
	limit     = flag.Int("limit", 64<<20, "the largest message to take, in bytes")
	certFile  = flag.String("cert", "", "TLS certificate file; with -key")
	keyFile   = flag.String("key", "", "TLS key file")
)

// echo sends each message back.
type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}

// sink takes messages, and counts them.
type sink struct{ websocket.Base }

func (sink) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		debugport.Taken.Add(1)
	}
	return websocket.None
}

// broadcast sends each message to all connections.
type broadcast struct{ websocket.Base }

var subscribers = group.New(group.Options{})

func (broadcast) Init(conn *websocket.Conn) websocket.Commands {
	subscribers.Join("all", conn)
	return websocket.None
}

func (broadcast) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		if err := subscribers.Publish("all", f); err != nil {
			log.Print(err)
		}
	}
	return websocket.None
}

func main() {
	flag.Parse()
	if err := debugport.Serve(*addr); err != nil {
		log.Fatal(err)
	}
	options := websocket.Options{
		MaxFrameSize:   int64(*limit),
		HibernateAfter: *hibernate,
		Deflate: deflate.Options{
			ServerNoContextTakeover: *deflating == "notakeover",
			ClientNoContextTakeover: *deflating == "notakeover",
		},
	}
	lending := options
	lending.LendPayloads = !*keep
	routes := router.MustCompile(router.Host("_",
		router.Path("/echo", handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
			return websocket.Upgrade(echo{}, lending), nil
		})),
		router.Path("/broadcast", handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
			return websocket.Upgrade(broadcast{}, options), nil
		})),
		router.Path("/sink", handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
			return websocket.Upgrade(sink{}, lending), nil
		})),
		router.Path("/hello", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(http.StatusOK, "Hello, World!")
		})),
		router.Path("/users/:id", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(http.StatusOK, req.Binding("id"))
		})),
	))
	l, err := start(routes)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("listening on %v", l.Addr())
	select {}
}

func start(routes *router.Dispatch) (*listener.Listener, error) {
	options := listener.Options{Addr: *addr, MaxConnections: -1}
	if *socket != "" {
		options.Addr = "unix:" + *socket
	}
	popts := protocol.Options{
		Dispatch: routes,
		Compress: *deflating != "off",
		// As long as the peers', which have none.
		RequestTimeout: time.Minute,
		MaxKeepalive:   1 << 30,
	}
	if *certFile == "" {
		return listener.StartClear("bench", options, popts)
	}
	options.TLS = listener.TLS{CertFile: *certFile, KeyFile: *keyFile}
	return listener.StartTLS("bench", options, popts)
}
