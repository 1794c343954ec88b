// Static_world serves the files of a directory that is part of the program.
package main

import (
	"context"
	"embed"
	"flag"
	"io/fs"
	"log"

	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

//go:embed priv
var embedded embed.FS

func server() protocol.Options {
	priv, err := fs.Sub(embedded, "priv")
	if err != nil {
		panic(err) // the name of the directory is bad
	}
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", static.FileFS(priv, "index.html")),
			router.Path("/[...]", static.FS(priv)),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
