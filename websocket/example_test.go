package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

// greeter greets its user.
type greeter struct {
	websocket.Base
	user string
}

func (g *greeter) Init(*websocket.Conn) websocket.Commands {
	return websocket.Reply(websocket.Text("Hello, " + g.user + "!"))
}

// A route of WebSockets, whose options are checked when the program starts.
func ExampleHandle() {
	route := websocket.Handle(func(req *handler.Request) (websocket.Handler, error) {
		user := req.Binding("user")
		if user == "nobody" {
			return nil, handler.Errorf(403, "nobody can't come in")
		}
		return &greeter{user: user}, nil
	}, websocket.Options{
		MaxFrameSize: 64 << 10,
		Origins:      []string{"https://example.com"},
	})
	routes := router.MustCompile(router.Host("_", router.Path("/greet/:user", route)))

	p, _ := protocol.New(protocol.Options{Dispatch: routes})
	server := httptest.NewServer(p)
	defer server.Close()
	defer p.Shutdown(context.Background())
	for _, path := range []string{"/greet/joe", "/greet/nobody"} {
		fmt.Println(path, dialStatus(server.URL+path))
	}
	// Output:
	// /greet/joe 101
	// /greet/nobody 403
}

// dialStatus sends the request of a WebSocket client, and returns the status.
func dialStatus(url string) int {
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("Connection", "Upgrade")
	req.Header.Set("Upgrade", "websocket")
	req.Header.Set("Sec-WebSocket-Version", "13")
	req.Header.Set("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
	response, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return 0
	}
	response.Body.Close()
	return response.StatusCode
}

// An invalid option is found before the first client comes.
func ExampleHandle_invalid() {
	route := websocket.Handle(func(*handler.Request) (websocket.Handler, error) {
		return websocket.Base{}, nil
	}, websocket.Options{Origins: []string{"example.com"}})
	fmt.Println(route.(handler.Validator).Validate()) // router.Compile does this
	// Output: websocket: Options.Origins has "example.com"; use the form https://example.com, https://example.com:8443 or https://*.example.com
}

// adder answers JSON with JSON.
type adder struct{ websocket.Base }

type (
	sum struct {
		A int `json:"a"`
		B int `json:"b"`
	}
	result struct {
		Sum int `json:"sum"`
	}
)

func (adder) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	s, err := websocket.ReadJSON[sum](f)
	if err != nil {
		return websocket.Fail(err)
	}
	return websocket.Reply(websocket.JSON(result{s.A + s.B}))
}

// JSON over a WebSocket. A message that isn't JSON closes the connection with
// 1007.
func ExampleReadJSON() {
	c := websockettest.New(nil, adder{}, websocket.Options{})
	c.SendText(`{"a": 1, "b": 2}`)
	fmt.Println(c.Frames())
	c.SendText(`{"a": "one"}`)
	fmt.Println(c.Frames())
	fmt.Println(errors.Is(c.Reason().Err, websocket.ErrBadMessage))
	// Output:
	// [text "{\"sum\":3}" (9 bytes)]
	// [close 1007 "line 1, column 7 (/a): an integer is expected, not a string"]
	// true
}

// bank rejects messages for reasons of its own.
type bank struct {
	websocket.Base
	balance int
}

var errTooLittle = errors.New("the account has too little")

func (b *bank) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	amount, err := websocket.ReadJSON[int](f)
	if err == nil && amount > b.balance {
		err = errTooLittle
	}
	if err != nil {
		return websocket.Fail(err)
	}
	b.balance -= amount
	return websocket.Reply(websocket.JSON(b.balance))
}

// The client isn't told the error. Terminate is.
func ExampleFail() {
	c := websockettest.New(nil, &bank{balance: 10}, websocket.Options{})
	c.SendText("3")
	c.SendText("8")
	fmt.Println(c.Frames())
	fmt.Println(c.Reason())
	fmt.Println(errors.Is(c.Reason().Err, errTooLittle))
	// Output:
	// [text "7" (1 bytes) close 1008 ""]
	// error: the account has too little
	// true
}

// Any goroutine may close a connection, with a code and a reason.
func ExampleConn_CloseWith() {
	c := websockettest.New(nil, &greeter{user: "joe"}, websocket.Options{})
	conn := c.Conn() // a callback's first parameter
	_ = conn.SendFrame(websocket.Text("You are signed out."))
	_ = conn.CloseWith(websocket.ClosePolicyViolation, "signed out")
	c.Run()
	fmt.Println(c.Frames())
	fmt.Println(c.Reason())
	// Output:
	// [text "Hello, joe!" (11 bytes) text "You are signed out." (19 bytes) close 1008 "signed out"]
	// stop
}

// A frame from another goroutine needs no preparation.
func ExampleConn_SendFrame() {
	c := websockettest.New(nil, websocket.Base{}, websocket.Options{})
	conn := c.Conn()
	sent := make(chan error)
	go func() { sent <- conn.SendFrame(websocket.JSON([]int{1, 2})) }()
	fmt.Println(<-sent)
	c.Run()
	fmt.Println(c.Frames())
	c.Disconnect()
	fmt.Println(conn.SendFrame(websocket.Text("too late")))
	// Output:
	// <nil>
	// [text "[1,2]" (5 bytes)]
	// websocket: connection closed
}

// A goroutine that works for a connection ends with it.
func ExampleConn_Context() {
	c := websockettest.New(nil, websocket.Base{}, websocket.Options{})
	ctx := c.Conn().Context()
	ended := make(chan error)
	go func() {
		<-ctx.Done()
		ended <- context.Cause(ctx)
	}()
	c.Disconnect()
	fmt.Println(<-ended)
	// Output: websocket: connection closed
}
