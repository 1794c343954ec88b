package handlertest_test

import (
	"fmt"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// login sets a cookie with the name that the form has.
func login(req *handler.Request) (*handler.Upgrade, error) {
	form, err := req.ReadURLEncodedBody(handler.BodyOptions{})
	if err != nil {
		return nil, err
	}
	name, _ := form.Get("name")
	if err := req.SetRespCookie("name", name, handler.Cookie{Secure: true, HTTPOnly: true}); err != nil {
		return nil, err
	}
	return nil, req.Reply(303, handler.Headers{"location": "/me"}, nil)
}

// me greets who is logged in.
func me(req *handler.Request) (*handler.Upgrade, error) {
	cookies, err := req.ParseCookies()
	if err != nil {
		return nil, err
	}
	name, ok := cookies.Get("name")
	if !ok {
		return nil, handler.Errorf(401, "not logged in")
	}
	return nil, req.ReplyText(200, "Hello, "+name+"!")
}

// count sends an event for each number up to three.
func count(req *handler.Request) (*handler.Upgrade, error) {
	stream, err := req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
	for i := 1; i <= 3 && err == nil; i++ {
		err = stream.Events(handler.Event{Data: fmt.Sprint(i)})
	}
	return nil, err
}

var routes = router.MustCompile(router.Host("_",
	router.Path("/login", handler.Func(login)),
	router.Path("/me", handler.Func(me)),
	router.Path("/count", handler.Func(count)),
))

func Example() {
	c := handlertest.Serve(nil, protocol.Options{Dispatch: routes}) // in a test, pass t
	defer c.Close()                                                 // in a test, t does it

	r := c.Get("/me")
	fmt.Println(r.Status, r.Err)

	r = c.Post("/login", handlertest.Form("name", "Joe"))
	fmt.Println(r.Status, r.Header.Get("Location"), r.Cookies[0].Name)

	r = c.Get("/me")
	fmt.Println(r.Status, r.Text())

	s := c.Start(handlertest.Request{Path: "/count"})
	fmt.Println(s.NextEvent().Data, s.NextEvent().Data)
	fmt.Println(s.Wait().Events()[2].Data)

	// Output:
	// 401 not logged in
	// 303 /me name
	// 200 Hello, Joe!
	// 1 2
	// 3
}
