// Rest_pastebin keeps the texts that are posted to it, and shows each at a URI
// of its own.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/cowhand/cowhand/examples/internal/run"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

func start(addr, dir string) (*listener.Listener, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/[:paste_id]", toppage{root}),
		),
	)
	return listener.StartClear("http", listener.Options{Addr: addr}, protocol.Options{Dispatch: routes})
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
	l, err := start(*addr, *dir)
	if err != nil {
		log.Fatal(err)
	}
	run.UntilInterrupted(l)
}
