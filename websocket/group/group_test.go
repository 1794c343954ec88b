package group_test

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// room is a server that adds each connection to the group "room".
type room struct {
	*group.Groups
	options websocket.Options
	addr    string
	ended   atomic.Int32 // connections that had left the group before Terminate
}

// member executes the messages that it receives: by default, it publishes them.
type member struct {
	websocket.Base
	room *room
}

func (m *member) Init(conn *websocket.Conn) websocket.Commands {
	m.room.Join("room", conn)
	m.room.Join("room", conn) // no effect
	return websocket.None
}

func (m *member) HandleFrame(conn *websocket.Conn, f websocket.Frame) websocket.Commands {
	var err error
	switch text := string(f.Payload); {
	case text == "leave":
		m.room.Leave("room", conn)
	case strings.HasPrefix(text, "others:"):
		err = m.room.PublishExcept("room", conn, f)
	case strings.HasPrefix(text, "info:"):
		err = m.room.PublishInfo("room", text)
	default:
		err = m.room.Publish("room", f)
	}
	if err != nil {
		panic(err)
	}
	return websocket.None
}

func (m *member) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	return websocket.Reply(websocket.Text(info.(string)))
}

func (m *member) Terminate(conn *websocket.Conn, _ websocket.Reason) {
	for _, other := range m.room.Members("room") {
		if other == conn {
			return
		}
	}
	m.room.ended.Add(1)
}

func serve(t *testing.T, options websocket.Options) *room {
	r := &room{Groups: group.New(group.Options{}), options: options}
	routes := router.MustCompile(router.Host("_", router.Path("/room", handler.Func(
		func(*handler.Request) (*handler.Upgrade, error) {
			return websocket.Upgrade(&member{room: r}, r.options), nil
		}))))
	l, err := listener.StartClear(t.Name(), listener.Options{Addr: "127.0.0.1:0"},
		protocol.Options{Dispatch: routes, Compress: true})
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		assert.NoError(t, l.Stop(ctx))
	})
	r.addr = l.Addr().String()
	return r
}

func (r *room) awaitMembers(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(r.Members("room")) == n }, patience, time.Millisecond)
}

func TestPublishReachesAllMembersInOrder(t *testing.T) {
	r := serve(t, websocket.Options{})
	var clients []*client
	for range 20 {
		clients = append(clients, dial(t, r.addr, ""))
	}
	r.awaitMembers(t, len(clients))
	const count = 200
	for i := range count {
		clients[0].send(fmt.Sprint("message ", i))
	}
	for _, c := range clients {
		for i := range count {
			require.Equal(t, fmt.Sprint("message ", i), c.text())
		}
	}
}

func TestMembersWithDifferentCompression(t *testing.T) {
	r := serve(t, websocket.Options{})
	offers := []string{
		"",
		"permessage-deflate; server_no_context_takeover",
		"permessage-deflate; server_no_context_takeover; server_max_window_bits=9",
		"x-webkit-deflate-frame; no_context_takeover",
	}
	var clients []*client
	for _, offer := range offers {
		clients = append(clients, dial(t, r.addr, offer))
	}
	r.awaitMembers(t, len(clients))
	text := strings.Repeat("all the same, ", 100)
	for range 3 {
		require.NoError(t, r.Publish("room", websocket.Text(text)))
		for _, c := range clients {
			require.Equal(t, text, c.text())
		}
	}
}

func TestInfosKeepTheirOrder(t *testing.T) {
	r := serve(t, websocket.Options{})
	a, b := dial(t, r.addr, ""), dial(t, r.addr, "")
	r.awaitMembers(t, 2)
	for i := range 100 {
		a.send(fmt.Sprint("info:", i))
	}
	for _, c := range []*client{a, b} {
		for i := range 100 {
			require.Equal(t, fmt.Sprint("info:", i), c.text())
		}
	}
}

func TestPublishExcept(t *testing.T) {
	r := serve(t, websocket.Options{})
	a, b := dial(t, r.addr, ""), dial(t, r.addr, "")
	r.awaitMembers(t, 2)
	a.send("others: hello")
	a.send("all")
	assert.Equal(t, "others: hello", b.text())
	assert.Equal(t, "all", b.text())
	assert.Equal(t, "all", a.text())
}

func TestMembershipEndsWithTheConnection(t *testing.T) {
	r := serve(t, websocket.Options{})
	a, b, c := dial(t, r.addr, ""), dial(t, r.addr, ""), dial(t, r.addr, "")
	r.awaitMembers(t, 3)
	a.send("leave")
	r.awaitMembers(t, 2)
	require.NoError(t, b.conn.Close())
	r.awaitMembers(t, 1)
	require.NoError(t, c.conn.Close())
	r.awaitMembers(t, 0)
	assert.Empty(t, r.Names(), "a group without members is gone")
	require.NoError(t, a.conn.Close())
	require.Eventually(t, func() bool { return r.ended.Load() == 3 }, patience, time.Millisecond)
	require.NoError(t, r.Publish("room", websocket.Text("no members")))
}

// A member that doesn't read delays neither the publisher nor the others. When
// it reads again, it gets complete frames.
func TestSlowMember(t *testing.T) {
	r := serve(t, websocket.Options{MaxPending: 64 << 10})
	slow, quick := dial(t, r.addr, ""), dial(t, r.addr, "")
	r.awaitMembers(t, 2)
	const size, count = 32 << 10, 2000 // far more than socket buffers and MaxPending
	for i := range count {
		text := fmt.Sprint(i, strings.Repeat("x", size))
		require.NoError(t, r.Publish("room", websocket.Text(text)))
		require.Equal(t, text, quick.text())
	}
	var dropped int64
	for _, conn := range r.Members("room") {
		if conn.Dropped() > 0 {
			require.NoError(t, r.PublishExcept("room", conn, websocket.Text("the others got it all")))
			quick.text() // the slow member got, or dropped, all that was published before
			dropped += conn.Dropped()
		}
	}
	assert.Positive(t, dropped, "the slow member counts the frames that it dropped")
	last := -1
	for got := 0; got < count-int(dropped); got++ {
		text := slow.text()
		i := 0
		_, err := fmt.Sscanf(text, "%d", &i)
		require.NoError(t, err)
		require.Greater(t, i, last)
		require.Len(t, text, len(fmt.Sprint(i))+size)
		last = i
	}
}

func TestPublishRejectsInvalidFrames(t *testing.T) {
	g := group.New(group.Options{})
	assert.ErrorContains(t, g.Publish("room", websocket.Text("\xff")), "UTF-8")
	assert.ErrorContains(t, g.Publish("room", websocket.Close(1000, "")), "close frame")
	assert.ErrorContains(t, g.Publish("room", websocket.Ping(strings.Repeat("x", 126))), "126 bytes")
}

func TestPublishReachesHibernatingMembers(t *testing.T) {
	r := serve(t, websocket.Options{HibernateAfter: time.Millisecond})
	var clients []*client
	for range 50 {
		clients = append(clients, dial(t, r.addr, ""))
	}
	r.awaitMembers(t, len(clients))
	for round := range 20 {
		time.Sleep(5 * time.Millisecond) // some hibernate, others are about to
		text := fmt.Sprint("round ", round)
		clients[round].send(text)
		clients[round+1].send("info:" + text)
		for _, c := range clients {
			got := []string{c.text(), c.text()}
			require.ElementsMatch(t, []string{text, "info:" + text}, got)
		}
	}
}
