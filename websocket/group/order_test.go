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

// beforeDelivery runs f, which publishes. On one processor, the goroutine that
// delivers almost never runs before f ends.
func beforeDelivery(f func()) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	f()
}

// receiver is a member without a socket.
type receiver struct {
	*websockettest.Client
	received []string
}

func newReceiver(t *testing.T, options websocket.Options) *receiver {
	return &receiver{Client: websockettest.New(t, relay{}, options)}
}

// relay sends each info to its client.
type relay struct{ websocket.Base }

func (relay) HandleInfo(_ *websocket.Conn, info any) websocket.Commands {
	return websocket.Reply(websocket.Text(info.(string)))
}

// messages returns all messages so far.
func (r *receiver) messages() []string {
	r.Run()
	for _, f := range r.Frames() {
		r.received = append(r.received, string(f.Payload))
	}
	return r.received
}

// messagesUntil waits for the message last.
func (r *receiver) messagesUntil(t *testing.T, last string) []string {
	t.Helper()
	require.Eventually(t, func() bool {
		received := r.messages()
		return len(received) > 0 && received[len(received)-1] == last
	}, patience, 1, "%q did not arrive", last)
	return r.received
}

func publish(t *testing.T, g *group.Groups, text string) {
	t.Helper()
	require.NoError(t, g.Publish("room", websocket.Text(text)))
}

// A connection doesn't receive what was published before it joined, even if that
// is still in the queue.
func TestLateMember(t *testing.T) {
	g := group.New(group.Options{})
	early, late := newReceiver(t, websocket.Options{}), newReceiver(t, websocket.Options{})
	g.Join("room", early.Conn())
	beforeDelivery(func() {
		publish(t, g, "before")
		require.NoError(t, g.PublishInfo("room", "info before"))
		g.Join("room", late.Conn())
		publish(t, g, "after")
		require.NoError(t, g.PublishInfo("room", "last"))
	})
	assert.ElementsMatch(t, []string{"before", "after", "info before", "last"}, early.messagesUntil(t, "last"))
	assert.ElementsMatch(t, []string{"after", "last"}, late.messagesUntil(t, "last"))
}

// All members leave a group and join again during a delivery. The order of each
// publisher is preserved.
func TestOrderAfterRejoin(t *testing.T) {
	g := group.New(group.Options{})
	var all []*receiver
	join := func() {
		for _, h := range all {
			g.Join("room", h.Conn())
		}
	}
	for range 100 {
		all = append(all, newReceiver(t, websocket.Options{MailboxSize: -1}))
	}
	join()
	beforeDelivery(func() {
		for i := range 2000 {
			require.NoError(t, g.PublishInfo("room", fmt.Sprintf("%08d", i)))
		}
	})
	first := all[0]
	require.Eventually(t, func() bool { return len(first.messages()) > 0 }, patience, 1)
	for _, h := range all {
		g.Leave("room", h.Conn())
	}
	assert.Empty(t, g.Names())
	assert.Empty(t, g.Members("room"))
	join()
	require.NoError(t, g.PublishInfo("room", "last"))
	require.Eventually(t, func() bool { return slices.Contains(first.messages(), "last") }, patience, 1)
	assert.IsIncreasing(t, first.received)
	require.NoError(t, g.PublishInfo("room", "later than last"))
	first.messagesUntil(t, "later than last") // from here on, the first goroutine has ended too
	assert.Equal(t, "last", first.received[len(first.received)-2])
}

// If a batch is too large for a member, the member drops only the frames that
// don't fit.
func TestMemberTakesFramesThatFit(t *testing.T) {
	g := group.New(group.Options{})
	member := newReceiver(t, websocket.Options{MaxPending: 1000})
	g.Join("room", member.Conn())
	pending, err := websocket.Prepare(websocket.Text("pending"))
	require.NoError(t, err)
	require.NoError(t, member.Conn().Send(pending))
	fits, large := strings.Repeat("x", 300), strings.Repeat("y", 900)
	beforeDelivery(func() {
		for _, text := range []string{fits, large, fits, "last"} {
			publish(t, g, text)
		}
	})
	require.Eventually(t, func() bool { return member.Conn().Dropped() > 0 }, patience, 1)
	assert.Equal(t, []string{"pending", fits, fits, "last"}, member.messagesUntil(t, "last"))
	assert.EqualValues(t, 1, member.Conn().Dropped())
}
