package group_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/group"
	"github.com/cowhand/cowhand/websocket/websockettest"
)

// atOnce runs f, which publishes, before anything of that is handed on, as
// good as always: no other goroutine runs.
func atOnce(f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
}

// hearer is a member without a socket, and what it heard.
type hearer struct {
	*websockettest.Client
	heard []string
}

func newHearer(t *testing.T, options websocket.Options) *hearer {
	return &hearer{Client: websockettest.New(t, relay{}, options)}
}

// relay says what it is told by an info.
type relay struct{ websocket.Base }

func (relay) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	return websocket.Reply(websocket.Text(info.(string)))
}

// listen returns all that was heard so far.
func (h *hearer) listen() []string {
	h.Run()
	for _, f := range h.Frames() {
		h.heard = append(h.heard, string(f.Payload))
	}
	return h.heard
}

// until listens until it has heard something.
func (h *hearer) until(t *testing.T, last string) []string {
	t.Helper()
	require.Eventually(t, func() bool {
		heard := h.listen()
		return len(heard) > 0 && heard[len(heard)-1] == last
	}, patience, 1, "%q was not heard", last)
	return h.heard
}

func publish(t *testing.T, g *group.Groups, text string) {
	t.Helper()
	require.NoError(t, g.Publish("room", websocket.Text(text)))
}

// What was published before a connection joined is not for it, though it may
// not have been handed on yet.
func TestLateMember(t *testing.T) {
	g := group.New(group.Options{})
	early, late := newHearer(t, websocket.Options{}), newHearer(t, websocket.Options{})
	g.Join("room", early.Conn())
	atOnce(func() {
		publish(t, g, "before")
		require.NoError(t, g.PublishInfo("room", "info before"))
		g.Join("room", late.Conn())
		publish(t, g, "after")
		require.NoError(t, g.PublishInfo("room", "last"))
	})
	assert.ElementsMatch(t, []string{"before", "after", "info before", "last"}, early.until(t, "last"))
	assert.ElementsMatch(t, []string{"after", "last"}, late.until(t, "last"))
}

// A group that all members leave, and join again while what was published
// before is being handed on, keeps the order of each publisher.
func TestOrderInAGroupThatWasLeft(t *testing.T) {
	g := group.New(group.Options{})
	var all []*hearer
	join := func() {
		for _, h := range all {
			g.Join("room", h.Conn())
		}
	}
	for range 100 {
		all = append(all, newHearer(t, websocket.Options{MailboxSize: -1}))
	}
	join()
	atOnce(func() {
		for i := range 2000 {
			require.NoError(t, g.PublishInfo("room", fmt.Sprintf("%08d", i)))
		}
	})
	first := all[0]
	require.Eventually(t, func() bool { return len(first.listen()) > 0 }, patience, 1)
	for _, h := range all {
		g.Leave("room", h.Conn())
	}
	assert.Empty(t, g.Names())
	assert.Empty(t, g.Members("room"))
	join()
	require.NoError(t, g.PublishInfo("room", "last"))
	require.Eventually(t, func() bool { return slices.Contains(first.listen(), "last") }, patience, 1)
	assert.IsIncreasing(t, first.heard)
	require.NoError(t, g.PublishInfo("room", "later than last"))
	first.until(t, "later than last") // the first goroutine has ended, too
	assert.Equal(t, "last", first.heard[len(first.heard)-2])
}

// Frames that are too many for a member all at once are refused one by one.
func TestMemberTakesWhatFits(t *testing.T) {
	g := group.New(group.Options{})
	member := newHearer(t, websocket.Options{MaxPending: 1000})
	g.Join("room", member.Conn())
	waits, err := websocket.Prepare(websocket.Text("waits"))
	require.NoError(t, err)
	require.NoError(t, member.Conn().Send(waits))
	fits, large := strings.Repeat("x", 300), strings.Repeat("y", 900)
	atOnce(func() {
		for _, text := range []string{fits, large, fits, "last"} {
			publish(t, g, text)
		}
	})
	require.Eventually(t, func() bool { return member.Conn().Dropped() > 0 }, patience, 1)
	assert.Equal(t, []string{"waits", fits, fits, "last"}, member.until(t, "last"))
	assert.EqualValues(t, 1, member.Conn().Dropped())
}
