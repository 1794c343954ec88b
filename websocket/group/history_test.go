package group_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
)

func TestHistory(t *testing.T) {
	g := group.New(group.Options{History: 3})
	publish(t, g, "0") // without members
	early, late := newReceiver(t, websocket.Options{}), newReceiver(t, websocket.Options{})
	g.Join("room", early.Conn())
	g.Join("room", early.Conn()) // no effect
	require.NoError(t, g.PublishInfo("room", "infos aren't remembered"))
	for i := 1; i < 5; i++ {
		require.NoError(t, g.PublishExcept("room", late.Conn(), websocket.Text(fmt.Sprint(i))))
	}
	g.Join("room", late.Conn())
	publish(t, g, "5")
	require.NoError(t, g.PublishInfo("room", "done")) // infos are never before earlier frames
	assert.Equal(t, []string{"2", "3", "4", "5", "done"}, late.messagesUntil(t, "done"))
	received := early.messagesUntil(t, "done")
	assert.Subset(t, received, []string{"0", "1", "2", "3", "4", "5"})
	assert.Len(t, received, 8, "the history is for the new member alone")

	g.Leave("room", early.Conn())
	g.Leave("room", late.Conn())
	assert.Empty(t, g.Names())
	again := newReceiver(t, websocket.Options{})
	g.Join("room", again.Conn())
	assert.Equal(t, []string{"3", "4", "5"}, again.messagesUntil(t, "5"))
}

// A member gets each frame once and in order, whether it joined before it was
// published, after, or meanwhile.
func TestJoinWhilePublishing(t *testing.T) {
	const count = 500
	g := group.New(group.Options{History: count + 1})
	published := make(chan struct{})
	go func() {
		defer close(published)
		for i := range count {
			_ = g.Publish("room", websocket.Text(fmt.Sprintf("%04d", i)))
		}
		_ = g.Publish("room", websocket.Text("last"))
	}()
	var all []*receiver
	for range 50 {
		r := newReceiver(t, websocket.Options{})
		g.Join("room", r.Conn())
		all = append(all, r)
	}
	<-published
	for _, r := range all {
		received := r.messagesUntil(t, "last")
		require.Len(t, received, count+1)
		assert.IsIncreasing(t, received)
	}
}

func TestNoHistoryByDefault(t *testing.T) {
	g := group.New(group.Options{})
	publish(t, g, "before")
	late := newReceiver(t, websocket.Options{})
	g.Join("room", late.Conn())
	publish(t, g, "after")
	assert.Equal(t, []string{"after"}, late.messagesUntil(t, "after"))
}
