package loop

import (
	"fmt"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
)

// exchanges is how many make one run, and surroundings how many allocations
// in a run are none of a message's: a pool that had to be filled, a timer, a
// batch that came in two reads because the machine was busy.
const exchanges, surroundings = 100, 5

// allocations returns how many times memory was allocated in that many
// exchanges, on both sides; the client has no part in it.
func allocations(t *testing.T, p *peer) float64 {
	t.Helper()
	if racing {
		t.Skip("the race detector makes pools forget, so that allocations cannot be counted")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties pools
	var failed error
	n := testing.AllocsPerRun(3, func() {
		for range exchanges {
			if err := p.exchange(); err != nil {
				failed = err
			}
		}
	})
	require.NoError(t, failed)
	return n
}

// TLS is left out: crypto/tls allocates once for each record that it reads;
// and so is net.Pipe, whose deadlines allocate timers.
func TestEchoAllocations(t *testing.T) {
	for _, transport := range []string{"tcp", "unix", "stream"} {
		for _, batch := range []struct {
			opcode       frame.Opcode
			number, size int
		}{
			{frame.Text, 1, 64},
			{frame.Binary, 1, 64},
			{frame.Text, 32, 64},
			{frame.Binary, 4, 4 << 10},
			{frame.Binary, 1, 200 << 10},
		} {
			for _, lend := range []bool{true, false} {
				name := fmt.Sprintf("%s/%d of %d/%v/lend=%t", transport, batch.number, batch.size, batch.opcode, lend)
				t.Run(name, func(t *testing.T) {
					testEchoAllocations(t, transport, batch.opcode, batch.number, batch.size, lend)
				})
			}
		}
	}
}

// With payloads that are lent nothing is allocated; with such as the handler
// may keep, at most one piece of memory for each read that brings any.
func testEchoAllocations(t *testing.T, transport string, opcode frame.Opcode, number, size int, lend bool) {
	s := startServer(t, transport, serving(echo{}, websocket.Options{LendPayloads: lend}), false)
	n := allocations(t, connect(t, s, "").echoes(opcode, number, size))
	if lend {
		assert.Less(t, n, float64(surroundings))
	} else {
		assert.Less(t, n, float64(exchanges+surroundings))
	}
}

// Commands without a frame, and those with one, allocate nothing: a batch of
// messages that the handler does not answer, and then one that it does.
func TestCommandAllocations(t *testing.T) {
	s := startServer(t, "tcp", serving(sink{}, websocket.Options{LendPayloads: true}), false)
	p := connect(t, s, "")
	for range 31 {
		p.out = append(p.out, message(frame.Binary, 0, []byte("not answered"))...)
	}
	p.echoes(frame.Text, 1, 64)
	assert.Less(t, allocations(t, p), float64(surroundings))
}

// Pings are answered, and shown to the handler.
func TestPingAllocations(t *testing.T) {
	s := startServer(t, "tcp", serving(echo{}, websocket.Options{LendPayloads: true}), false)
	p := connect(t, s, "")
	p.out, p.in = message(frame.Ping, 0, []byte("moo")), reply(frame.Pong, []byte("moo"))
	assert.Less(t, allocations(t, p), float64(surroundings))
}

// The values themselves.
func TestCommandValueAllocations(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates by itself")
	}
	payload := []byte("payload")
	var commands websocket.Commands
	for name, f := range map[string]func(){
		"None":         func() { commands = websocket.None },
		"Reply":        func() { commands = websocket.Reply(websocket.Frame{Opcode: frame.Text, Payload: payload}) },
		"Reply(Text)":  func() { commands = websocket.Reply(websocket.Text(payload)) },
		"Reply(Close)": func() { commands = websocket.Reply(websocket.Close(1000, "")) },
		"Do(Stop)":     func() { commands = websocket.Do(websocket.Stop) },
		"Do(Active)":   func() { commands = websocket.Do(websocket.Active(true)) },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
	}
	_ = commands
}
