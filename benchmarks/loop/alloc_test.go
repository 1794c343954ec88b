package loop

import (
	"bytes"
	"fmt"
	"io"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
	"github.com/cowhand/cowhand/websocket/frame"
	"github.com/cowhand/cowhand/websocket/group"
)

// exchanges is how many make one run, and surroundings how many allocations
// in a run are none of a message's: a pool that had to be filled, a timer, a
// batch that came in two reads because the machine was busy.
const exchanges, surroundings = 100, 5

// allocations returns how many times memory was allocated in that many
// exchanges, on both sides; the client has no part in it.
func allocations(t *testing.T, p *peer) float64 {
	t.Helper()
	return allocationsOf(t, p.exchange)
}

// allocationsOf is the same for what else may go on, that many times.
func allocationsOf(t *testing.T, once func() error) float64 {
	t.Helper()
	if racing {
		t.Skip("the race detector makes pools forget, so that allocations cannot be counted")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // which empties pools
	var failed error
	n := testing.AllocsPerRun(3, func() {
		for range exchanges {
			if err := once(); err != nil {
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

// A message that is compressed both ways allocates no more than one that is
// not, once the connection has its windows.
func TestDeflateAllocations(t *testing.T) {
	for name, offer := range map[string]string{
		"takeover":               "permessage-deflate; client_max_window_bits",
		"no takeover":            "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		"x-webkit-deflate-frame": "x-webkit-deflate-frame",
	} {
		for _, lend := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/lend=%t", name, lend), func(t *testing.T) {
				s := startServer(t, "tcp", serving(echo{}, websocket.Options{LendPayloads: lend}), true)
				p := connect(t, s, "Sec-WebSocket-Extensions: "+offer+"\r\n")
				p.out = message(frame.Text, frame.RSV1, deflated(t, document(1<<10, 1)))
				for range 10 { // to fill the windows, until all answers are the same
					p.learn(t)
				}
				if n := allocations(t, p); lend {
					assert.Less(t, n, float64(surroundings))
				} else {
					assert.Less(t, n, float64(exchanges+surroundings))
				}
			})
		}
	}
}

// connected is a handler that gives its connection away.
type connected struct {
	echo
	to chan *websocket.Conn
}

func (h connected) Init(conn *websocket.Conn) websocket.Commands {
	h.to <- conn
	return websocket.None
}

// A goroutine that sends a prepared frame writes it as it is, and allocates
// nothing; over any stream it leaves it to the loop, which takes a queue and a
// deadline that expires. To prepare a frame takes two allocations.
func TestSendAllocations(t *testing.T) {
	for transport, each := range map[string]int{"tcp": 0, "unix": 0, "stream": 3} {
		for _, size := range []int{64, 20 << 10} {
			t.Run(fmt.Sprintf("%s/%d", transport, size), func(t *testing.T) { testSendAllocations(t, transport, size, each) })
		}
	}
}

func testSendAllocations(t *testing.T, transport string, size, each int) {
	conns := make(chan *websocket.Conn, 1)
	s := startServer(t, transport, serving(connected{to: conns}, websocket.Options{}), false)
	p, conn := connect(t, s, "").echoes(frame.Binary, 1, size), <-conns
	prepare := func() (*websocket.Prepared, error) {
		return websocket.Prepare(websocket.Frame{Opcode: frame.Binary, Payload: p.out[:size]})
	}
	send := func(prepared *websocket.Prepared) error {
		if err := conn.Send(prepared); err != nil {
			return err
		}
		_, err := io.ReadFull(p.Conn, p.in)
		return err
	}
	prepared, err := prepare()
	require.NoError(t, err)
	n := allocationsOf(t, func() error { return send(prepared) })
	assert.Less(t, n, float64(each*exchanges+surroundings))
	n = allocationsOf(t, func() error {
		fresh, err := prepare()
		if err != nil {
			return err
		}
		return send(fresh)
	})
	assert.Less(t, n, float64((each+2)*exchanges+surroundings))
}

// To publish takes two allocations besides those of a prepared frame, however
// many members there are.
func TestPublishAllocations(t *testing.T) {
	for _, members := range []int{1, 100} {
		t.Run(fmt.Sprint(members), func(t *testing.T) {
			groups := group.New(group.Options{})
			peers := subscribe(t, groups, members, 1)
			f := websocket.Text(bytes.Clone(peers[0].in[2:]))
			n := allocationsOf(t, func() error { return publish(groups, f, peers) })
			assert.Less(t, n, float64(4*exchanges+surroundings))
		})
	}
}

// publish publishes a frame, and waits until all members have it.
func publish(groups *group.Groups, f websocket.Frame, members []*peer) error {
	if err := groups.Publish("all", f); err != nil {
		return err
	}
	for _, p := range members {
		if _, err := io.ReadFull(p.Conn, p.in); err != nil {
			return err
		}
	}
	return nil
}

// The values themselves.
func TestCommandValueAllocations(t *testing.T) {
	if racing {
		t.Skip("the race detector allocates by itself")
	}
	payload := []byte("payload")
	var commands websocket.Commands
	for name, f := range map[string]func(){
		"None":        func() { commands = websocket.None },
		"Reply":       func() { commands = websocket.Reply(websocket.Frame{Opcode: frame.Text, Payload: payload}) },
		"Reply(Text)": func() { commands = websocket.Reply(websocket.Text(payload)) },
		"Reply(Ping)": func() { commands = websocket.Reply(websocket.Frame{Opcode: frame.Ping, Payload: payload}) },
		"Do(Stop)":    func() { commands = websocket.Do(websocket.Stop) },
		"Do(Active)":  func() { commands = websocket.Do(websocket.Active(true)) },
	} {
		assert.Zero(t, testing.AllocsPerRun(100, f), name)
	}
	_ = commands
}
