// File_server serves the files of a directory, and lists the directories in
// it.
package main

import (
	"context"
	"embed"
	"flag"
	"io/fs"
	"log"
	"os"

	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

func server(files fs.FS) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/[...]", static.FS(files, static.Options{Charset: static.Always("utf-8")})),
		),
	)
	return protocol.Options{
		Dispatch:    routes,
		Middlewares: []protocol.Middleware{protocol.RouterMiddleware, directoryLister{files}, protocol.HandlerMiddleware},
	}
}

//go:embed priv
var embedded embed.FS

// open returns the files of a directory, or those that are part of the
// program.
func open(dir string) (fs.FS, error) {
	if dir == "" {
		return fs.Sub(embedded, "priv")
	}
	root, err := os.OpenRoot(dir) // no link leads out of it
	if err != nil {
		return nil, err
	}
	return root.FS(), nil
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	dir := flag.String("dir", "", "directory to serve; by default the one of the example")
	flag.Parse()
	files, err := open(*dir)
	if err != nil {
		log.Fatal(err)
	}
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(files)); err != nil {
		log.Fatal(err)
	}
}
