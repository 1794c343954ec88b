// Eventsource serves a page to which it sends an event every second.
package main

import (
	"context"
	"embed"
	"flag"
	"log"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

//go:embed index.html
var files embed.FS

// eventsource makes each request for /eventsource a loop with a handler of
// its own.
type eventsource struct{ interval time.Duration }

func (e eventsource) Init(*handler.Request) (*handler.Upgrade, error) {
	return loop.Upgrade(&events{interval: e.interval}), nil
}

// message is what the timer sends to the loop.
type message struct{ text string }

type events struct {
	loop.Base
	interval time.Duration
	stream   *handler.Stream
}

func (e *events) Init(l *loop.Loop, req *handler.Request) (result loop.Result, err error) {
	e.stream, err = req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
	l.NotifyAfter(e.interval, message{"Tick"})
	return loop.OK, err
}

func (e *events) Info(l *loop.Loop, _ *handler.Request, info any) (loop.Result, error) {
	m, ok := info.(message)
	if !ok {
		return loop.OK, nil
	}
	l.NotifyAfter(e.interval, message{"Tick"})
	return loop.OK, e.stream.Events(handler.Event{ID: id(), Data: m.text})
}

var lastID atomic.Int64

func id() string { return strconv.FormatInt(lastID.Add(1), 16) }

func server(interval time.Duration) protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("/eventsource", eventsource{interval}),
			router.Path("/", static.FileFS(files, "index.html")),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server(time.Second)); err != nil {
		log.Fatal(err)
	}
}
