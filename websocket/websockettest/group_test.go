package websockettest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

// member is in a room. It publishes what it receives, leaves at "leave", and
// answers each info by publishing it.
type member struct {
	websocket.Base
	rooms *group.Groups
	t     *testing.T
}

func (m *member) Init(c *websocket.Conn) websocket.Commands {
	m.rooms.Join("room", c)
	return websocket.None
}

func (m *member) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	require.NoError(m.t, m.rooms.Publish("room", f))
	if string(f.Payload) == "leave" {
		m.rooms.Leave("room", c)
	}
	return websocket.None
}

func (m *member) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	require.NoError(m.t, m.rooms.Publish("room", websocket.Text(fmt.Sprint(info))))
	return websocket.None
}

// TestGroups: groups deliver in a goroutine of their own, and a Client waits
// for it, each time.
func TestGroups(t *testing.T) {
	rooms := group.New(group.Options{})
	var clients []*websockettest.Client
	for range 5 {
		clients = append(clients, websockettest.New(t, &member{rooms: rooms, t: t}, websocket.Options{}))
	}
	for i := range 300 {
		text := websocket.Text(fmt.Sprint(i))
		clients[0].Send(text)
		require.Equal(t, []websocket.Frame{text}, clients[0].Frames(), "the sender's own")
		for _, c := range clients[1:] {
			c.Run()
			require.Equal(t, []websocket.Frame{text}, c.Frames())
		}
	}
}

// TestGroupsInTurn: what an info's callback publishes is waited for, too.
func TestGroupsInTurn(t *testing.T) {
	rooms := group.New(group.Options{})
	c := websockettest.New(t, &member{rooms: rooms, t: t}, websocket.Options{})
	for i := range 300 {
		require.NoError(t, rooms.PublishInfo("room", i))
		c.Run()
		require.Equal(t, []websocket.Frame{websocket.Text(fmt.Sprint(i))}, c.Frames())
	}
}

// TestLeaveAfterPublish: a connection gets what it published before it left.
func TestLeaveAfterPublish(t *testing.T) {
	for range 300 {
		rooms := group.New(group.Options{})
		c := websockettest.New(t, &member{rooms: rooms, t: t}, websocket.Options{})
		c.SendText("leave")
		require.Equal(t, []websocket.Frame{websocket.Text("leave")}, c.Frames())
		require.NoError(t, rooms.Publish("room", websocket.Text("later")))
		c.Run()
		require.Empty(t, c.Frames())
		c.Disconnect()
	}
}
