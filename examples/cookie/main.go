// Cookie sets a cookie with each reply, has a script set another one, and
// shows both as they come back.
package main

import (
	"bytes"
	"context"
	_ "embed"
	"flag"
	"html/template"
	"log"
	"math/rand/v2"
	"strconv"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

//go:embed toppage.html
var source string

var page = template.Must(template.New("toppage").Parse(source))

type toppage struct{}

func (toppage) Init(req *handler.Request) (*handler.Upgrade, error) {
	newValue := strconv.Itoa(1 + rand.IntN(1_000_000))
	if err := req.SetRespCookie("server", newValue, handler.Cookie{Path: "/"}); err != nil {
		return nil, err
	}
	req.FilterCookies("client", "server") // those of others may be malformed
	cookies, err := req.MatchCookies(
		handler.Match{Name: "client", Default: ""},
		handler.Match{Name: "server", Default: ""})
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	if err := page.Execute(&body, cookies); err != nil {
		return nil, err
	}
	headers := handler.Headers{"content-type": "text/html; charset=utf-8"}
	return nil, req.Reply(200, headers, body.Bytes())
}

func server() protocol.Options {
	routes := router.MustCompile(
		router.Host("_",
			router.Path("_", toppage{}),
		),
	)
	return protocol.Options{Dispatch: routes}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
