// Peers serves what package server does by other libraries, each used as its
// own documentation says, to be measured beside Cowhand.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"

	"github.com/cowhand/cowhand/benchmarks/internal/debugport"
)

var (
	library   = flag.String("library", "gorilla", "coder, gobwas, gorilla, gws, httprouter or tcp, which echoes bytes")
	addr      = flag.String("addr", "127.0.0.1:9000", "address to listen on")
	socket    = flag.String("unix", "", "Unix socket to listen at instead")
	deflating = flag.String("deflate", "off", "permessage-deflate: off, takeover or notakeover")
	limit     = flag.Int("limit", 64<<20, "the largest message to take, in bytes")
	certFile  = flag.String("cert", "", "TLS certificate file; with -key")
	keyFile   = flag.String("key", "", "TLS key file")
)

// muxes are the libraries that stand on net/http.
var muxes = map[string]func() http.Handler{
	"coder":      coder,
	"gorilla":    gorilla,
	"gws":        gwsMux,
	"httprouter": router,
}

// connections are those that take a connection as it comes.
var connections = map[string]func(net.Conn){
	"gobwas": gobwas,
	"tcp": func(c net.Conn) {
		_, _ = io.CopyBuffer(struct{ io.Writer }{c}, struct{ io.Reader }{c}, make([]byte, 64<<10))
	},
}

func main() {
	flag.Parse()
	if err := debugport.Serve(*addr); err != nil {
		log.Fatal(err)
	}
	log.Fatal(serve())
}

func serve() error {
	connection, plain := connections[*library]
	mux, http1 := muxes[*library]
	if !http1 && !plain {
		return fmt.Errorf("-library %s: unsupported here", *library)
	}
	l, err := listen()
	switch {
	case err != nil:
		return err
	case plain && *certFile != "":
		return acceptTLS(l, connection)
	case plain:
		return accept(l, connection)
	case *certFile != "":
		return http.ServeTLS(l, mux(), *certFile, *keyFile)
	}
	return http.Serve(l, mux())
}

func listen() (net.Listener, error) {
	if *socket != "" {
		return net.Listen("unix", *socket)
	}
	return net.Listen("tcp", *addr)
}

func acceptTLS(l net.Listener, connection func(net.Conn)) error {
	certificate, err := tls.LoadX509KeyPair(*certFile, *keyFile)
	if err != nil {
		return err
	}
	return accept(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{certificate}}), connection)
}

func accept(l net.Listener, connection func(net.Conn)) error {
	for {
		c, err := l.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer c.Close()
			connection(c)
		}()
	}
}
