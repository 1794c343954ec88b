// Markdown_middleware serves the files of a directory, and makes the HTML
// files of Markdown ones when they are requested.
package main

import (
	"flag"
	"log"
	"os"

	"github.com/cowhand/cowhand/examples/internal/run"
	"github.com/cowhand/cowhand/handler/static"
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
			router.Path("/[...]", static.Dir(dir, static.Options{Charset: static.Always("utf-8")})),
		),
	)
	return listener.StartClear("http", listener.Options{Addr: addr}, protocol.Options{
		Dispatch:    routes,
		Middlewares: []protocol.Middleware{protocol.RouterMiddleware, markdownConverter{root}, protocol.HandlerMiddleware},
	})
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	dir := flag.String("dir", "priv", "directory of the files, where the HTML files are written as well")
	flag.Parse()
	l, err := start(*addr, *dir)
	if err != nil {
		log.Fatal(err)
	}
	run.UntilInterrupted(l)
}
