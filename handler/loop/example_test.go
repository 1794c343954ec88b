package loop_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/loop"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// reply is an info; others send it to the loop.
type reply struct{ body string }

// waiter is cowboy_loop's handler of the guide: it answers with the first
// reply that it is sent, and gives up after a minute.
//
//	info({reply, Body}, Req, State) ->
//	    cowboy_req:reply(200, #{}, Body, Req),
//	    {stop, Req, State};
//	info(timeout, Req, State) ->
//	    cowboy_req:reply(204, Req),
//	    {stop, Req, State}.
type waiter struct {
	loop.Base
	waiting chan<- *loop.Loop
}

func (w *waiter) Init(l *loop.Loop, _ *handler.Request) (loop.Result, error) {
	w.waiting <- l // from here on others can reach it
	return loop.OK, nil
}

func (w *waiter) Info(_ *loop.Loop, req *handler.Request, info any) (loop.Result, error) {
	switch info := info.(type) {
	case reply:
		return loop.Stop, req.ReplyText(200, info.body)
	case loop.Timeout:
		return loop.Stop, req.ReplyStatus(204)
	}
	return loop.OK, nil
}

// Long polling: the answer waits until there is one.
func Example() {
	waiting := make(chan *loop.Loop, 1)
	route := loop.Handle(func(*handler.Request) (loop.Handler, error) {
		return &waiter{waiting: waiting}, nil
	}, loop.Options{Timeout: time.Minute})
	url, stop := start(route)
	defer stop()

	go func() {
		l := <-waiting
		_ = l.Notify(reply{"Howdy!"})
	}()
	fmt.Println(get(url))
	// Output: Howdy!
}

// countdown sends an event each millisecond.
type countdown struct {
	loop.Base
	stream *handler.Stream
	left   int
}

type tick struct{}

func (c *countdown) Init(l *loop.Loop, req *handler.Request) (result loop.Result, err error) {
	c.stream, err = req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
	l.NotifyAfter(time.Millisecond, tick{})
	return loop.OK, err
}

func (c *countdown) Info(l *loop.Loop, _ *handler.Request, _ any) (loop.Result, error) {
	if c.left == 0 {
		return loop.Stop, c.stream.Events(handler.Event{Event: "liftoff", EmptyData: true})
	}
	event := handler.Event{Data: fmt.Sprint(c.left)}
	c.left--
	l.NotifyAfter(time.Millisecond, tick{})
	return loop.OK, c.stream.Events(event)
}

// Server-sent events: the answer comes bit by bit.
func Example_events() {
	url, stop := start(loop.Handle(func(*handler.Request) (loop.Handler, error) {
		return &countdown{left: 2}, nil
	}))
	defer stop()
	fmt.Println(strings.TrimSpace(get(url)))
	// Output:
	// data: 2
	//
	// data: 1
	//
	// event: liftoff
	// data:
}

// start serves a handler at / until stop is called.
func start(h handler.Handler) (url string, stop func()) {
	p, err := protocol.New(protocol.Options{Dispatch: router.MustCompile(router.Host("_", router.Path("/", h)))})
	if err != nil {
		panic(err)
	}
	server := httptest.NewServer(p)
	return server.URL, server.Close
}

func get(url string) string {
	response, err := http.Get(url)
	if err != nil {
		return err.Error()
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}
