package websocket_test

import (
	"fmt"
	"runtime"
	"time"

	"github.com/cowhand/cowhand/websocket"
)

// conversation is a script for both ends of a connection. What it says is
// labelled; see ledger.
type conversation struct {
	name    string
	options websocket.Options
	headers []string // of the client's request
	narrow  bool     // the sockets have small buffers
	abrupt  bool     // frames may be lost in the end
	timed   bool     // the server's timers send frames, which aren't counted
	reason  websocket.ReasonKind

	// The server's end; a message without a function is echoed, and a frame
	// of an info is followed by commands.
	init  func(*host) websocket.Commands
	frame func(*host, websocket.Frame) websocket.Commands
	then  []websocket.Command

	// The client's end.
	client func(*caller, *host)
}

const (
	deflateTakeover = "permessage-deflate; client_max_window_bits"
	deflateAlone    = "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
)

// conversations go through all that a connection can do.
var conversations = []*conversation{
	{
		name:   "echo",
		reason: websocket.ReasonRemote,
		client: func(c *caller, _ *host) {
			for _, size := range []int{20, 126, 1000, 20_000, 70_000} {
				c.say(c.echo(size), c.binary(size/2), c.ping(), c.echo(10))
				c.awaitEchoes()
			}
			c.quit()
		},
	},
	{
		name:   "fragments",
		reason: websocket.ReasonRemote,
		client: func(c *caller, _ *host) {
			for _, size := range []int{20, 300, 9000} {
				whole := c.label("echo", size)
				c.say(fragment(text(whole[:5])), c.ping(), fragment(continuation("")))
				c.await("pong", c.said["pong"])
				c.say(fragment(continuation(whole[5:size/2])), c.ping(), continuation(whole[size/2:]))
				c.awaitEchoes()
			}
			for _, b := range masked(c.ping(), c.echo(15)) {
				c.write([]byte{b})
			}
			c.awaitEchoes()
			c.quit()
		},
	},
	{
		name:    "compressed, with takeover",
		headers: []string{"Sec-WebSocket-Extensions", deflateTakeover},
		reason:  websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			h.outside(func() { h.sendSome("sent", 5, 2000) })
			return websocket.None
		},
		client: func(c *caller, _ *host) {
			d := newDeflater()
			for _, size := range []int{100, 3000, 40_000} {
				packed := d.payload(c.label("echo", size))
				half := len(packed) / 2
				c.say(fragment(withRSV(rsv1, text(packed[:half]))), c.ping(), continuation(packed[half:]), c.echo(30))
				c.awaitEchoes()
			}
			c.await("sent", 5)
			c.quit()
		},
	},
	{
		name:    "compressed, without takeover",
		headers: []string{"Sec-WebSocket-Extensions", deflateAlone},
		reason:  websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			h.outside(func() { h.sendSome("sent", 10, 2000) })
			return websocket.None
		},
		client: func(c *caller, _ *host) {
			for _, size := range []int{100, 3000} {
				c.say(alone(c.label("echo", size)), c.ping())
				c.awaitEchoes()
			}
			c.await("sent", 10)
			c.quit()
		},
	},
	{
		name:   "large messages",
		narrow: true,
		reason: websocket.ReasonRemote,
		client: func(c *caller, _ *host) {
			all := masked(c.echo(150_000), c.ping(), c.binary(90_000), c.echo(100_000))
			c.writers.Go(func() { _, _ = c.conn.Write(all) })
			c.awaitEchoes()
			c.quit()
		},
	},
	{
		name:   "from outside",
		timed:  true, // group.Publish doesn't say what it dropped
		reason: websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			h.rooms.Join("room", h.conn)
			h.outside(func() { h.sendSome("sent1", 10, 50) })
			h.outside(func() { h.sendSome("sent2", 10, 3000) })
			h.outside(func() {
				for i := 0; i < 10 && h.notify("info", 100); i++ {
					h.publish("published", 60)
				}
			})
			return websocket.None
		},
		client: func(c *caller, h *host) {
			c.say(c.echo(100), c.ping())
			c.awaitEchoes()
			for _, source := range []string{"sent1", "sent2", "info", "published"} {
				c.await(source, 10)
			}
			c.quit()
		},
	},
	{
		name:   "many senders",
		narrow: true,
		reason: websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			for i := range 6 {
				h.outside(func() { h.sendSome(fmt.Sprint("sent", i), 15, 20+i*i*200) })
			}
			return websocket.None
		},
		client: func(c *caller, _ *host) {
			for i := range 6 {
				c.await(fmt.Sprint("sent", i), 15)
			}
			c.quit()
		},
	},
	{
		name:    "more than the client reads",
		narrow:  true,
		options: websocket.Options{MaxPending: 100_000},
		reason:  websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			h.outside(func() {
				defer close(h.told)
				h.sendSome("sent", 60, 5000)
			})
			return websocket.None
		},
		client: func(c *caller, h *host) {
			h.await(h.told)
			c.await("sent", h.acceptedOf("sent"))
			c.quit()
		},
	},
	{
		name:   "the handler closes",
		reason: websocket.ReasonStop,
		frame: func(h *host, f websocket.Frame) websocket.Commands {
			if h.from.got["last"] == 0 {
				return h.reply(f)
			}
			h.sendSome("sent", 3, 500)
			return websocket.Do(websocket.Stop)
		},
		client: func(c *caller, _ *host) {
			c.say(c.echo(200), c.echo(200), text(c.label("last", 20)))
			c.answerClose()
		},
	},
	{
		name:   "closed from outside",
		reason: websocket.ReasonStop,
		init: func(h *host) websocket.Commands {
			h.outside(func() {
				h.sendSome("sent", 5, 700)
				h.conn.Close()
			})
			return websocket.None
		},
		client: func(c *caller, _ *host) {
			c.await("sent", 5)
			c.answerClose()
		},
	},
	{
		name:   "drained",
		narrow: true,
		reason: websocket.ReasonShutdown,
		init: func(h *host) websocket.Commands {
			h.outside(func() {
				h.sendSome("sent", 10, 10_000)
				h.conn.Drain()
			})
			return websocket.None
		},
		client: func(c *caller, _ *host) { c.answerClose() },
	},
	{
		name:   "cut",
		abrupt: true,
		reason: websocket.ReasonShutdown,
		frame: func(h *host, f websocket.Frame) websocket.Commands {
			h.outside(h.conn.Cut)
			return h.reply(f)
		},
		client: func(c *caller, _ *host) {
			c.say(c.echo(30))
			for c.err == nil { // until the end
				c.listen()
			}
			c.err = nil
		},
	},
	{
		name:   "hibernation",
		reason: websocket.ReasonRemote,
		init: func(h *host) websocket.Commands {
			return websocket.Do(websocket.Hibernate)
		},
		frame: func(h *host, f websocket.Frame) websocket.Commands {
			return h.replyWith(f, websocket.Hibernate)
		},
		then: []websocket.Command{websocket.Hibernate},
		client: func(c *caller, h *host) {
			h.await(h.opened)
			for round := 1; round <= 3; round++ {
				c.awaitSleep()
				c.say(c.echo(50))
				c.awaitEchoes()
				c.awaitSleep()
				h.notify("info", 60)
				c.await("info", round)
				c.awaitSleep()
				h.send("sent", 70)
				c.await("sent", round)
			}
			c.quit()
		},
	},
	{
		name:   "timers",
		timed:  true,
		reason: websocket.ReasonTimeout,
		init: func(h *host) websocket.Commands {
			h.notifyAfter(time.Millisecond, "timer", 40)
			return websocket.None
		},
		frame: func(h *host, f websocket.Frame) websocket.Commands {
			if h.from.got["echo"] == 1 {
				return h.replyWith(f, websocket.SetOptions{PingInterval: 5 * time.Millisecond})
			}
			return h.replyWith(f, websocket.SetOptions{PingInterval: -1, IdleTimeout: 15 * time.Millisecond})
		},
		client: func(c *caller, _ *host) {
			c.await("timer", 1)
			c.say(c.echo(40))
			for pings := 0; pings < 2 && c.err == nil; {
				if c.listen().opcode == opPing {
					pings++
				}
			}
			c.say(c.echo(40))
			c.answerClose()
		},
	},
	{
		name:   "not active",
		reason: websocket.ReasonRemote,
		frame: func(h *host, f websocket.Frame) websocket.Commands {
			h.outside(func() {
				h.notify("info", 30)
				_ = h.conn.Notify(func() websocket.Commands { return websocket.Do(websocket.Active(true)) })
			})
			return h.replyWith(f, websocket.Active(false))
		},
		client: func(c *caller, _ *host) {
			for round := 1; round <= 3; round++ {
				c.say(c.echo(30))
				c.awaitEchoes()
				c.await("info", round)
			}
			c.quit()
		},
	},
}

// sendSome sends so many frames of a source, as long as the connection lives.
// Those that are refused count.
func (h *host) sendSome(source string, frames, size int) {
	for i := 0; i < frames && h.send(source, size); i++ {
	}
}

// await waits for one of the host's channels, or for its end.
func (h *host) await(done <-chan struct{}) {
	select {
	case <-done:
	case <-h.ended:
	case <-time.After(patience):
		panic("the host waits in vain")
	}
}

func (h *host) acceptedOf(source string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.accepted[source]
}

// awaitSleep waits a little for the connection to be parked, if it can be. It
// may never be: a fault may have ended it.
func (c *caller) awaitSleep() {
	end := time.Now().Add(5 * time.Millisecond)
	for c.parks && c.err == nil && websocket.Parked() == 0 && time.Now().Before(end) {
		runtime.Gosched()
	}
	if c.atSleep != nil {
		c.atSleep()
	}
}
