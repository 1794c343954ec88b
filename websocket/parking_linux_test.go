package websocket_test

import (
	"bytes"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// awake returns how many connections have a goroutine.
func awake() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return bytes.Count(stacks, []byte("websocket.(*Conn).run("))
}

func becomesAwake(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return awake() == n }, patience, time.Millisecond)
}

// hibernating is an echo whose connections soon hibernate.
func hibernating(t *testing.T) (*callbacks, *client) {
	h := &callbacks{frame: echo, info: tell}
	c := setup{options: websocket.Options{HibernateAfter: 30 * time.Millisecond}}.serve(t, h).connect(t)
	return h, c
}

// TestParking: a connection that hibernates has no goroutine, whatever woke it
// before.
func TestParking(t *testing.T) {
	notOn(t, "it keeps its goroutine", "stream")
	h, c := hibernating(t)
	for range 2 {
		becomesAwake(t, 0)
		require.NoError(t, h.opened(t).Notify("info"))
		c.expect(text("info"))
		becomesAwake(t, 0)
		c.send(text("frame"))
		c.expect(text("frame"))
	}
	becomesAwake(t, 0)
	require.NoError(t, h.opened(t).Send(prepare(t, websocket.Text("sent without waking it"))))
	c.expect(text("sent without waking it"))
	if runHarm == harmNone { // the loop finishes what a call left
		assert.Zero(t, awake())
	}
	c.quit()
}

// TestParkingFails: without an epoll set a connection hibernates in a
// goroutine, and works as before.
func TestParkingFails(t *testing.T) {
	notOn(t, "it keeps its goroutine", "stream")
	failed, restore := websocket.FailParking()
	defer restore()
	h, c := hibernating(t)
	for range 3 {
		before := failed()
		eventually(t, func() bool { return failed() > before }, "it doesn't hibernate")
		require.NoError(t, h.opened(t).Notify("info"))
		c.expect(text("info"))
		c.send(text("frame"))
		c.expect(text("frame"))
	}
	c.quit()
	t.Run("in a fresh goroutine", func(t *testing.T) { onFreshGoroutines(t, setup{}) })
}
