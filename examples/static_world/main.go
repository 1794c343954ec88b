// Static_world serves the files of a directory that is part of the program.
package main

import (
	"embed"
	"flag"
	"io/fs"
	"log"

	"github.com/cowhand/cowhand/examples/internal/run"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

//go:embed priv
var embedded embed.FS

func start(addr string) (*listener.Listener, error) {
	priv, err := fs.Sub(embedded, "priv")
	if err != nil {
		return nil, err
	}
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", static.FileFS(priv, "index.html")),
			router.Path("/[...]", static.FS(priv)),
		),
	)
	return listener.StartClear("http", listener.Options{Addr: addr}, protocol.Options{Dispatch: routes})
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	l, err := start(*addr)
	if err != nil {
		log.Fatal(err)
	}
	run.UntilInterrupted(l)
}
