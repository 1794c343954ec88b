// Error_hook has no routes, and gives the errors that this leads to bodies of
// its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net/http"

	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// errorHook returns the body of a reply of 400 and above that has none.
func errorHook(x *protocol.Exchange, status int, header http.Header) []byte {
	header.Set("Content-Type", "text/plain; charset=utf-8")
	if status == http.StatusNotFound {
		return fmt.Appendf(nil, "404 Not Found: %q is not the path you are looking for.\n", x.HTTP().URL.EscapedPath())
	}
	return fmt.Appendf(nil, "HTTP Error %d\n", status)
}

func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_"),
	)
	return protocol.Options{
		Dispatch:       routes,
		StreamHandlers: []protocol.StreamHandler{protocol.ErrorPages{Page: errorHook}},
	}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
