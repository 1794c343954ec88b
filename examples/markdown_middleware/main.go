// Markdown_middleware serves the files of a directory, and makes the HTML
// files of Markdown ones when they are requested.
package main

import (
	"context"
	"flag"
	"log"
	"os"

	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

func server(root *os.Root) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/[...]", static.FS(root.FS(), static.Options{Charset: static.Always("utf-8")})),
		),
	)
	return protocol.Options{
		Dispatch:    routes,
		Middlewares: []protocol.Middleware{protocol.RouterMiddleware, markdownConverter{root}, protocol.HandlerMiddleware},
	}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	dir := flag.String("dir", "priv", "directory of the files, where the HTML files are written as well")
	flag.Parse()
	root, err := os.OpenRoot(*dir)
	if err != nil {
		log.Fatal(err)
	}
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(root)); err != nil {
		log.Fatal(err)
	}
}
