// Rest_pastebin keeps the texts that are posted to it, and shows each at a URI
// of its own.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

func server(root *os.Root) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/[:paste_id]", toppage{root}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	dir := flag.String("dir", "", "directory to keep the pastes in; by default a new one for temporary files")
	flag.Parse()
	if *dir == "" {
		made, err := os.MkdirTemp("", "pastes")
		if err != nil {
			log.Fatal(err)
		}
		log.Printf("the pastes are in %s", made)
		*dir = made
	}
	root, err := os.OpenRoot(*dir)
	if err != nil {
		log.Fatal(err)
	}
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(root)); err != nil {
		log.Fatal(err)
	}
}
