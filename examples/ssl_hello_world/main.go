// Ssl_hello_world is hello_world over TLS, by HTTP/2 for clients that speak
// it.
package main

import (
	"flag"
	"log"

	"github.com/cowhand/cowhand/examples/internal/run"
	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

type toppage struct{}

func (toppage) Init(req *handler.Request) (*handler.Upgrade, error) {
	headers := handler.Headers{"content-type": "text/plain"}
	return nil, req.Reply(200, headers, []byte("Hello, World! This is "+req.Version()+".\n"))
}

// start listens with the certificate of the files, or with one of its own
// where they are not named.
func start(addr string, files listener.TLS) (*listener.Listener, error) {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", toppage{}),
		),
	)
	options := listener.Options{Addr: addr, TLS: files}
	if files == (listener.TLS{}) {
		config, err := selfSigned("localhost")
		if err != nil {
			return nil, err
		}
		options.TLSConfig = config
	}
	return listener.StartTLS("https", options, protocol.Options{Dispatch: routes})
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	cert := flag.String("cert", "", "PEM file of the certificate; with -key (default: a new one for localhost)")
	key := flag.String("key", "", "PEM file of the certificate's key")
	flag.Parse()
	l, err := start(*addr, listener.TLS{CertFile: *cert, KeyFile: *key})
	if err != nil {
		log.Fatal(err)
	}
	run.UntilInterrupted(l)
}
