package protocol_test

import (
	"fmt"
	"log"
	"net/http/httptest"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// A middleware that lets in whom it knows, and tells the handler who it is.
func ExampleMiddleware() {
	known := protocol.MiddlewareFunc(func(req *handler.Request, env *handler.Env) (protocol.Next, error) {
		user := req.Header("User")
		if user == "" {
			return protocol.Stop, handler.Error(401, "Who are you?", nil)
		}
		env.Values = map[string]any{"user": user}
		return protocol.Continue, nil
	})
	greet := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		return nil, req.ReplyText(200, fmt.Sprint("Hello, ", req.Env().Values["user"], "!"))
	})
	p, err := protocol.New(protocol.Options{
		Dispatch:    router.MustCompile(router.Host("_", router.Path("/", greet))),
		Middlewares: []protocol.Middleware{protocol.RouterMiddleware, known, protocol.HandlerMiddleware},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, user := range []string{"", "Joe"} {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil)
		r.Header.Set("User", user)
		p.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 401 Who are you?
	// 200 Hello, Joe!
}
