// Upload serves a form that sends a file, and prints the file.
package main

import (
	"context"
	"embed"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

//go:embed index.html
var files embed.FS

// upload takes what the form sends.
type upload struct{ out io.Writer }

func (u upload) Init(req *handler.Request) (*handler.Upgrade, error) {
	part, err := req.ReadPart()
	if err == io.EOF {
		return nil, handler.Errorf(400, "the form is empty")
	}
	if err != nil {
		return nil, err
	}
	if part.Name() != "inputfile" || part.FileName() == "" {
		return nil, handler.Errorf(400, "the first part is not the file inputfile")
	}
	data, more, err := req.ReadPartBody(handler.BodyOptions{})
	if err != nil {
		return nil, err
	}
	if more {
		return nil, handler.Errorf(413, "the file is larger than 8 MB")
	}
	_, err = fmt.Fprintf(u.out, "Received file %q of content-type %q as follows:\n%q\n\n",
		part.FileName(), part.Header.Get("Content-Type"), data)
	return nil, err // and 204, since there is no reply
}

func server(out io.Writer) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/", static.FileFS(files, "index.html")),
			router.Path("/upload", upload{out}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(os.Stdout)); err != nil {
		log.Fatal(err)
	}
}
