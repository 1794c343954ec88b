// Rooms is the core of a chat, in one file: a login with a cookie, rooms with
// their last 50 messages, a rate limit, pings, and no patience with slow
// clients.
package main

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"log"
	"strings"
	"sync"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

// chat is what the members share.
type chat struct {
	key    []byte // signs the cookies
	groups *group.Groups

	mu   sync.Mutex // held while a room's group and its history change together
	last map[string][]websocket.Frame
}

// signed is the cookie of a user.
func (c *chat) signed(name string) string {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(name))
	return name + "." + hex.EncodeToString(mac.Sum(nil))
}

func (c *chat) login(req *handler.Request) (*handler.Upgrade, error) {
	name := handler.Match{Name: "name", Constraints: []handler.Constraint{router.Regexp("[a-z]{1,20}")}}
	form, err := req.ReadAndMatchURLEncodedBody(handler.BodyOptions{}, name)
	if err != nil {
		return nil, err
	}
	cookie := handler.Cookie{HTTPOnly: true, SameSite: handler.SameSiteStrict}
	if err := req.SetRespCookie("user", c.signed(form["name"].(string)), cookie); err != nil {
		return nil, err
	}
	return nil, req.ReplyStatus(204)
}

func (c *chat) join(req *handler.Request) (*handler.Upgrade, error) {
	cookies, _ := req.MatchCookies(handler.Match{Name: "user", Default: ""})
	cookie, _ := cookies["user"].(string)
	name, _, _ := strings.Cut(cookie, ".")
	if !hmac.Equal([]byte(cookie), []byte(c.signed(name))) {
		return nil, handler.Errorf(401, "log in first")
	}
	m := &member{chat: c, name: name, room: req.Binding("room")}
	return websocket.Upgrade(m, websocket.Options{
		MaxFrameSize:  4096,
		PingInterval:  20 * time.Second,
		MaxPending:    1 << 16,
		MailboxPolicy: websocket.CloseWhenFull, // a client that is too slow may come back
	}), nil
}

// member is one connection.
type member struct {
	websocket.Base
	*chat
	name, room string
	second     time.Time // when the count of messages began
	said       int
}

func (m *member) Init(conn *websocket.Conn) websocket.Commands {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.last[m.room]; len(last) > 0 {
		if p, err := websocket.Prepare(last[0], last[1:]...); err == nil {
			_ = conn.Send(p)
		}
	}
	m.groups.Join(m.room, conn)
	return websocket.None
}

func (m *member) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if !f.IsText() {
		return websocket.None
	}
	if now := time.Now(); now.Sub(m.second) > time.Second {
		m.second, m.said = now, 0
	}
	if m.said++; m.said > 5 {
		return websocket.Reply(websocket.Text("too fast: five messages a second"))
	}
	f = websocket.Text(m.name + ": " + string(f.Payload))
	m.mu.Lock()
	defer m.mu.Unlock()
	last := append(m.last[m.room], f)
	m.last[m.room] = last[max(0, len(last)-50):]
	if err := m.groups.Publish(m.room, f); err != nil {
		log.Printf("room %s: %v", m.room, err)
	}
	return websocket.None
}

func server() protocol.Options {
	c := &chat{key: []byte(rand.Text()), groups: group.New(group.Options{}), last: map[string][]websocket.Frame{}}
	return protocol.Options{Dispatch: router.MustCompile(router.Host("_",
		router.Path("/login", handler.Func(c.login)),
		router.Path("/rooms/:room", handler.Func(c.join)).Where("room", router.OneOf("lobby", "attic")),
	))}
}

func main() {
	addr := flag.String("addr", ":8080", "address to listen on")
	flag.Parse()
	if err := listener.Run(context.Background(), listener.Options{Addr: *addr}, server()); err != nil {
		log.Fatal(err)
	}
}
