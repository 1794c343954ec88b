// Rooms is examples/rooms with chi and coder/websocket: a login, rooms that remember, a rate limit, pings, no patience with slow clients.
package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
)

type chat struct {
	users sync.Map // names, by the token in the cookie
	rooms map[string]*room
	stop  context.Context // done when the server stops
	open  sync.WaitGroup  // connections
}

type room struct {
	mu      sync.Mutex
	members map[*member]struct{}
	last    []string
}

type member struct {
	name string
	out  chan string
	end  context.CancelCauseFunc
}

var errSlow = errors.New("too slow")

func (c *chat) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 64_000)
	name := r.PostFormValue("name")
	if n := utf8.RuneCountInString(name); n < 1 || n > 20 {
		http.Error(w, "a name has 1 to 20 characters", http.StatusBadRequest)
		return
	}
	token := rand.Text()
	c.users.Store(token, name)
	http.SetCookie(w, &http.Cookie{Name: "token", Value: token, HttpOnly: true, SameSite: http.SameSiteStrictMode})
	w.WriteHeader(http.StatusNoContent)
}

func (c *chat) join(w http.ResponseWriter, r *http.Request) {
	room := c.rooms[chi.URLParam(r, "room")]
	if room == nil {
		http.NotFound(w, r)
		return
	}
	var name any
	cookie, err := r.Cookie("token")
	if err == nil {
		name, _ = c.users.Load(cookie.Value)
	}
	if name == nil {
		http.Error(w, "log in first", http.StatusUnauthorized)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	c.open.Add(1)
	defer c.open.Done()
	ctx, end := context.WithCancelCause(context.Background())
	m := &member{name: name.(string), out: make(chan string, 1024), end: end}
	var writer sync.WaitGroup
	writer.Go(func() { c.write(ctx, conn, m) })
	room.enter(m)
	m.read(ctx, conn, room)
	room.leave(m)
	end(nil)
	writer.Wait() // it may be closing
	_ = conn.CloseNow()
}

func (m *member) read(ctx context.Context, conn *websocket.Conn, room *room) {
	var second, said int64
	for {
		kind, text, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			continue
		}
		if now := time.Now().Unix(); now != second {
			second, said = now, 0
		}
		if said++; said > 5 {
			room.send(m, "too fast: five messages a second")
			continue
		}
		room.publish(m.name + ": " + string(text))
	}
}

func (c *chat) write(ctx context.Context, conn *websocket.Conn, m *member) {
	ping := time.NewTicker(20 * time.Second)
	defer ping.Stop()
	for err := error(nil); err == nil; {
		limited, cancel := context.WithTimeout(ctx, 30*time.Second)
		select {
		case <-ctx.Done():
			err = ctx.Err()
			if errors.Is(context.Cause(ctx), errSlow) {
				_ = conn.Close(websocket.StatusTryAgainLater, "too slow")
			}
		case <-c.stop.Done():
			err = c.stop.Err()
			_ = conn.Close(websocket.StatusGoingAway, "")
		case text := <-m.out:
			err = conn.Write(limited, websocket.MessageText, []byte(text))
		case <-ping.C:
			err = conn.Ping(limited)
		}
		cancel()
	}
	m.end(nil)
}

func (r *room) enter(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, text := range r.last {
		m.out <- text
	}
	r.members[m] = struct{}{}
}

func (r *room) leave(m *member) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.members, m)
}

func (r *room) send(m *member, text string) {
	select {
	case m.out <- text:
	default:
		m.end(errSlow)
	}
}

func (r *room) publish(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = append(r.last[max(0, len(r.last)-49):], text)
	for m := range r.members {
		r.send(m, text)
	}
}

func serve(ctx context.Context, socket net.Listener) error {
	c := &chat{stop: ctx, rooms: make(map[string]*room)}
	for _, name := range []string{"lobby", "attic"} {
		c.rooms[name] = &room{members: make(map[*member]struct{})}
	}
	routes := chi.NewRouter()
	routes.Post("/login", c.login)
	routes.Get("/rooms/{room}", c.join)
	server := &http.Server{Handler: routes, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		grace, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = server.Shutdown(grace)
	}()
	err := server.Serve(socket)
	c.open.Wait() // Shutdown ignores WebSockets
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	socket, err := net.Listen("tcp", ":8080")
	if err != nil {
		log.Fatal(err)
	}
	log.Print("listening on http://localhost:8080/")
	if err := serve(ctx, socket); err != nil {
		log.Fatal(err)
	}
}
