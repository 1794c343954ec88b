// Ssl_hello_world is hello_world over TLS, by HTTP/2 for clients that speak
// it.
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
	headers := handler.Headers{"content-type": "text/plain"}
	return nil, req.Reply(200, headers, []byte("Hello, World! This is "+req.Version()+".\n"))
}

// start listens with the certificate of the files, or with one of its own
// where they are not named.
func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", toppage{}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

// options are those of a listener with the certificate in files, or a new one.
func options(addr string, files listener.TLS) (listener.Options, error) {
	if files != (listener.TLS{}) {
		return listener.Options{Addr: addr, TLS: files}, nil
	}
	config, err := selfSigned("localhost")
	return listener.Options{Addr: addr, TLSConfig: config}, err
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	cert := flag.String("cert", "", "PEM file of the certificate; with -key (default: a new one for localhost)")
	key := flag.String("key", "", "PEM file of the certificate's key")
	flag.Parse()
	o, err := options(*addr, listener.TLS{CertFile: *cert, KeyFile: *key})
	if err != nil {
		log.Fatal(err)
	}
	if err := listener.Run(context.Background(), o, server()); err != nil {
		log.Fatal(err)
	}
}
