package router_test

import (
	"errors"
	"fmt"
	"net/http/httptest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/router"
)

func show(name string) handler.Handler {
	return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		fmt.Print(name)
		for _, b := range req.Bindings() {
			fmt.Printf(" %s=%v", b.Name, b.Value)
		}
		fmt.Println()
		return nil, nil
	})
}

func Example() {
	routes := router.MustCompile(
		router.Host("example.:tld",
			router.Path("/users/:id", show("user")).Where("id", router.Int),
			router.Path("/users/:name", show("name")),
		).Where("tld", router.NonEmpty),
		router.Host("_", router.Path("/ws", show("socket"))),
	)
	for _, url := range []string{"http://example.org/users/42", "http://example.com/users/joe", "http://localhost/ws"} {
		req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", url, nil), handler.Env{})
		h, err := routes.Dispatch(req)
		if err != nil {
			fmt.Println(err)
			continue
		}
		if _, err := h.Init(req); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// user tld=org id=42
	// name tld=com name=joe
	// socket
}

func ExampleDispatch_Match() {
	routes := router.MustCompile(router.Host("[...]example.org", router.Path("/files/[...]", show("files"))))

	m, _ := routes.Match("www.example.org", "/files/a%2Fb/c.txt")
	fmt.Printf("%q %q %q\n", m.Path, m.Route.HostInfo, m.Route.PathInfo)

	_, err := routes.Match("example.org", "/nothing")
	fmt.Println(handler.StatusOf(err), errors.Is(err, router.ErrNoPath))
	// Output:
	// "/files/[...]" ["www"] ["a/b" "c.txt"]
	// 404 true
}

func ExampleCompile() {
	_, err := router.Compile(router.Host("_",
		router.Path("/users/:", show("user")),
		router.Path("/files/[...]/info", show("info")),
		router.Path("/posts/:id", nil),
	))
	fmt.Println(err)
	// Output:
	// router: host "_", path "/users/:", offset 7: ":" without a name
	// router: host "_", path "/files/[...]/info", offset 7: [...] must stand last in a path
	// router: host "_", path "/posts/:id": the handler is nil
}

func ExampleFunc() {
	positive := router.Funcs[int, int]{To: func(n int) (int, error) {
		if n <= 0 {
			return 0, errors.New("not a positive number")
		}
		return n, nil
	}}
	routes := router.MustCompile(router.Host("_",
		router.Path("/pages/:page", show("page")).Where("page", router.Int, positive),
		router.Path("/wait/:time", show("wait")).Where("time", router.Funcs[string, time.Duration]{To: time.ParseDuration}),
	))
	for _, path := range []string{"/pages/2", "/pages/0", "/wait/90s"} {
		m, err := routes.Match("localhost", path)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(m.Route.Bindings[0].Value)
	}
	// Output:
	// 2
	// router: no route for the path "/pages/0"
	// 1m30s
}

func ExampleValidate() {
	page, err := router.Validate("12", router.NonEmpty, router.Int)
	fmt.Println(page, err)

	_, err = router.Validate("twelve", router.NonEmpty, router.Int)
	fmt.Println(err)

	text, _ := router.Reverse(12, router.NonEmpty, router.Int)
	fmt.Println(text)
	// Output:
	// 12 <nil>
	// the value "twelve" is not an integer
	// 12
}
