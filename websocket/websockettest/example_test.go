package websockettest_test

import (
	"fmt"
	"time"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

// quiz asks a question and waits ten seconds for the answer.
type quiz struct {
	websocket.Base
	timer *websocket.Timer
}

type tooLate struct{}

func (q *quiz) Init(c *websocket.Conn) websocket.Commands {
	q.timer = c.NotifyAfter(10*time.Second, tooLate{})
	return websocket.Reply(websocket.Text("6 times 7?"))
}

func (q *quiz) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if !f.IsText() {
		return websocket.None
	}
	q.timer.Stop()
	if string(f.Payload) != "42" {
		return websocket.Reply(websocket.Text("no"), websocket.Close(4000, "wrong"))
	}
	return websocket.Reply(websocket.Text("yes"))
}

func (q *quiz) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	switch info.(type) {
	case tooLate:
		return websocket.Do(websocket.Text("too late"), websocket.ShutdownReason("slow"), websocket.Stop)
	}
	return websocket.None
}

func Example() {
	c := websockettest.New(nil, &quiz{}, websocket.Options{}) // in a test, pass t
	c.SendText("42")
	fmt.Println(c.Frames())
	c.Advance(time.Minute - 1) // nothing happens before IdleTimeout
	fmt.Println(c.Commands(), c.Ended())
	c.Advance(1)
	fmt.Println(c.Reason())

	c = websockettest.New(nil, &quiz{}, websocket.Options{})
	c.Advance(10 * time.Second)
	fmt.Println(c.Frames())
	fmt.Println(c.Reason())

	// Output:
	// [text "6 times 7?" (10 bytes) text "yes" (3 bytes)]
	// [text "6 times 7?" (10 bytes) text "yes" (3 bytes)] false
	// timeout
	// [text "6 times 7?" (10 bytes) text "too late" (8 bytes) close 1000 ""]
	// stop: slow
}

// lobby publishes each message to all of its members.
type lobby struct {
	websocket.Base
	rooms *group.Groups
}

func (l *lobby) Init(c *websocket.Conn) websocket.Commands {
	l.rooms.Join("lobby", c)
	return websocket.None
}

func (l *lobby) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	_ = l.rooms.Publish("lobby", f)
	return websocket.None
}

// Groups need no waiting.
func Example_groups() {
	rooms := group.New(group.Options{})
	alice := websockettest.New(nil, &lobby{rooms: rooms}, websocket.Options{})
	bob := websockettest.New(nil, &lobby{rooms: rooms}, websocket.Options{})
	defer alice.Disconnect()
	defer bob.Disconnect()
	alice.SendText("hi")
	bob.Run()
	fmt.Println(alice.Frames(), bob.Frames())
	// Output: [text "hi" (2 bytes)] [text "hi" (2 bytes)]
}
