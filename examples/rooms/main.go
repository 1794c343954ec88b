// Rooms is the core of a chat: a login, rooms that remember, a rate limit, pings, no patience with slow clients.
package main

import (
	"context"
	"crypto/rand"
	"log"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

type chat struct {
	users sync.Map // names, by the token in the cookie
	rooms *group.Groups
}

func (c *chat) login(req *handler.Request) (*handler.Upgrade, error) {
	name := handler.Match{Name: "name", Constraints: []handler.Constraint{router.Length(1, 20)}}
	form, err := req.ReadAndMatchURLEncodedBody(handler.BodyOptions{}, name)
	if err != nil {
		return nil, err
	}
	token := rand.Text()
	c.users.Store(token, form["name"])
	if err := req.SetRespCookie("token", token, handler.Cookie{HTTPOnly: true, SameSite: handler.SameSiteStrict}); err != nil {
		return nil, err
	}
	return nil, req.ReplyStatus(204)
}

func (c *chat) join(req *handler.Request) (*handler.Upgrade, error) {
	cookies, _ := req.MatchCookies(handler.Match{Name: "token"})
	name, ok := c.users.Load(cookies["token"])
	if !ok {
		return nil, handler.Errorf(401, "log in first")
	}
	options := websocket.Options{PingInterval: 20 * time.Second, MailboxPolicy: websocket.CloseWhenFull}
	return websocket.Upgrade(&member{chat: c, room: req.Binding("room"), name: name.(string)}, options), nil
}

type member struct {
	websocket.Base
	*chat
	room, name   string
	second, said int64 // the time of the last message, and how many there were in that second
}

func (m *member) Init(conn *websocket.Conn) websocket.Commands {
	m.rooms.Join(m.room, conn)
	return websocket.None
}

func (m *member) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if !f.IsText() {
		return websocket.None
	}
	if now := time.Now().Unix(); now != m.second {
		m.second, m.said = now, 0
	}
	if m.said++; m.said > 5 || m.rooms.Publish(m.room, websocket.Text(m.name+": "+string(f.Payload))) != nil {
		return websocket.Reply(websocket.Text("too fast: five messages a second"))
	}
	return websocket.None
}

func server() protocol.Options {
	c := &chat{rooms: group.New(group.Options{History: 50})}
	return protocol.Options{Dispatch: router.MustCompile(router.Host("_",
		router.Path("/login", handler.Func(c.login)),
		router.Path("/rooms/:room", handler.Func(c.join)).Where("room", router.OneOf("lobby", "attic"))))}
}

func main() { log.Fatal(listener.Run(context.Background(), listener.Options{Addr: ":8080"}, server())) }
