package interop

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket"
)

// forAll runs a check for each client, in each of its modes, on the plainest
// server that compresses, and in two of them on each other kind of server.
func forAll(t *testing.T, check func(t *testing.T, l library, m mode, k kind)) {
	for _, k := range kinds {
		for _, l := range libraries {
			modes := l.modes
			if k != compressing {
				modes = l.twoModes()
			}
			for _, m := range modes {
				t.Run(k.name+"/"+l.name+"/"+m.name, func(t *testing.T) { check(t, l, m, k) })
			}
		}
	}
}

// document is JSON of about size bytes, other for each seed: what compression
// is for.
func document(size int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	var b strings.Builder
	for b.Len() < size {
		fmt.Fprintf(&b, `{"id":%d,"name":"%c%c","price":%d,"tags":["new","größer"]},`,
			random.IntN(1000), 'a'+random.IntN(26), 'a'+random.IntN(26), random.IntN(100))
	}
	return b.String()
}

// noise is what does not compress.
func noise(size int) string {
	random := rand.New(rand.NewPCG(2, 3))
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return string(b)
}

var messages = []struct {
	name    string
	opcode  byte
	payload string
}{
	{"text", text, "Hello, wörld! 🐄"},
	{"binary", binary, "\x00\xff\x80binary"},
	{"empty text", text, ""},
	{"empty binary", binary, ""},
	{"the longest of a short header", text, strings.Repeat("x", 125)},
	{"the shortest of a longer header", text, strings.Repeat("x", 126)},
	{"the longest of a longer header", binary, document(1<<16, 1)[:1<<16-1]},
	{"the shortest of the longest header", binary, document(1<<16, 1)[:1<<16]},
	{"noise", binary, noise(100_000)},
	{"1 MiB of text", text, document(1<<20, 2)},
	{"1 MiB of noise", binary, noise(1 << 20)},
	{"text after all that", text, "still here"},
}

func TestEcho(t *testing.T) {
	forAll(t, func(t *testing.T, l library, m mode, k kind) {
		c := connect(t, l, start(t, k), "/echo", m)
		for _, message := range messages {
			require.NoError(t, c.send(message.opcode, []byte(message.payload)), message.name)
			got := c.next()
			require.NoError(t, got.err, message.name)
			assert.Equal(t, message.opcode, got.opcode, message.name)
			require.True(t, message.payload == got.payload, "%s: %d bytes of %d came back, or others",
				message.name, len(got.payload), len(message.payload))
		}
	})
}

// documents are of growing size.
var documents = func() (all []string) {
	for i := range 300 {
		all = append(all, document(i*7, uint64(i)))
	}
	return all
}()

// Many messages are under way at once, and refer to each other where context
// is taken over.
func TestPipeline(t *testing.T) {
	forAll(t, func(t *testing.T, l library, m mode, k kind) {
		c := connect(t, l, start(t, k), "/echo", m)
		sent := make(chan error, 1)
		go func() {
			for _, payload := range documents {
				if err := c.send(text, []byte(payload)); err != nil {
					sent <- err
					return
				}
			}
			sent <- nil
		}()
		for i, payload := range documents {
			got := c.next()
			require.NoError(t, got.err)
			require.Equal(t, payload, got.payload, i)
		}
		require.NoError(t, <-sent)
	})
}

var large = []string{document(500_000, 3), noise(500_000)}

func TestFragments(t *testing.T) {
	forAll(t, func(t *testing.T, l library, m mode, k kind) {
		c := connect(t, l, start(t, k), "/echo", m)
		for _, payload := range append([]string{"", "short"}, large...) {
			require.NoError(t, c.sendFragments([]byte(payload)))
			got := c.next()
			require.NoError(t, got.err)
			assert.EqualValues(t, binary, got.opcode)
			require.True(t, payload == got.payload, "%d bytes of %d came back, or others", len(got.payload), len(payload))
		}
	})
}

// What was agreed is what the client offered, and it is made use of in both
// directions: no client may stay at no compression without anybody noticing.
func TestAgreement(t *testing.T) {
	forAll(t, func(t *testing.T, l library, m mode, k kind) {
		s := start(t, k)
		want := uncompressed.agreement()
		if k.compresses() {
			want = m.agreementWith(l)
		}
		assert.Equal(t, want, connect(t, l, s, "/ask", m).ask("agreement"))

		c := connect(t, l, s, "/echo", m)
		payload := document(100_000, 4)
		sent, got := c.wire.sent.Load(), c.wire.got.Load()
		require.NoError(t, c.send(text, []byte(payload)))
		require.Equal(t, payload, c.next().payload)
		for _, n := range []int64{c.wire.sent.Load() - sent, c.wire.got.Load() - got} {
			if want == uncompressed.agreement() {
				assert.Greater(t, n, int64(len(payload)))
			} else {
				assert.Less(t, n, int64(len(payload)/3))
			}
		}
	})
}

func TestPing(t *testing.T) {
	forAll(t, func(t *testing.T, l library, m mode, k kind) {
		c := connect(t, l, start(t, k), "/ask", m)

		require.NoError(t, c.ping("moo"))
		answered, heard := c.next(), c.next()
		assert.EqualValues(t, pong, answered.opcode, "the server's pong comes first")
		assert.Equal(t, "heard ping "+answered.payload, heard.payload)

		assert.Equal(t, "heard pong cow", c.ask("ping cow"), "the client answers the server's ping")
	})
}

func TestClientCloses(t *testing.T) {
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999} {
		forAllPlainly(t, fmt.Sprint(code), func(t *testing.T, l library, m mode) {
			s := start(t, compressing)
			c := connect(t, l, s, "/ask", m)
			require.NoError(t, c.close(code, "bye"))
			if l.showsAnswer {
				assert.Equal(t, event{opcode: closing, code: code}, c.next(), "the server answers with the same code")
			}
			reason := <-s.reasons
			assert.Equal(t, websocket.ReasonRemote, reason.Kind)
			assert.EqualValues(t, code, reason.Code)
			assert.Equal(t, "bye", string(reason.Payload))
		})
	}
}

func TestServerCloses(t *testing.T) {
	for _, code := range []int{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999} {
		forAllPlainly(t, fmt.Sprint(code), func(t *testing.T, l library, m mode) {
			s := start(t, compressing)
			c := connect(t, l, s, "/ask", m)
			require.NoError(t, c.send(text, fmt.Appendf(nil, "close %d bye", code)))
			assert.Equal(t, event{opcode: closing, code: code, payload: "bye"}, c.next())
			assert.Equal(t, websocket.ReasonStop, (<-s.reasons).Kind)
		})
	}
}

// forAllPlainly runs a check for each client in two modes.
func forAllPlainly(t *testing.T, name string, check func(t *testing.T, l library, m mode)) {
	for _, l := range libraries {
		for _, m := range l.twoModes() {
			t.Run(name+"/"+l.name+"/"+m.name, func(t *testing.T) { check(t, l, m) })
		}
	}
}

func TestStop(t *testing.T) {
	forAllPlainly(t, "stop", func(t *testing.T, l library, m mode) {
		s := start(t, compressing)
		c := connect(t, l, s, "/ask", m)
		c.ask("version") // it runs
		require.NoError(t, s.stop())
		assert.Equal(t, event{opcode: closing, code: 1001}, c.next())
		assert.Equal(t, websocket.ReasonShutdown, (<-s.reasons).Kind)
	})
}

func TestTooLarge(t *testing.T) {
	forAllPlainly(t, "too large", func(t *testing.T, l library, m mode) {
		c := connect(t, l, start(t, compressing), "/echo", m)
		_ = c.send(text, []byte(document(maxFrameSize+1, 5))) // it may be told before it is through
		assert.Equal(t, 1009, c.next().code)
	})
}

func TestNotUTF8(t *testing.T) {
	forAllPlainly(t, "not UTF-8", func(t *testing.T, l library, m mode) {
		if l.checksText {
			t.Skip("the client refuses to send such text")
		}
		c := connect(t, l, start(t, compressing), "/echo", m)
		require.NoError(t, c.send(text, []byte("bad \xff")))
		assert.Equal(t, 1007, c.next().code)
	})
}

func TestSubprotocol(t *testing.T) {
	for _, test := range []struct {
		name    string
		offered []string
		want    string
	}{
		{"one", []string{"v1.chat"}, "v1.chat"},
		{"the server's best", []string{"v0.chat", "v1.chat", "v2.chat"}, "v2.chat"},
		{"not offered", nil, ""},
	} {
		forAllPlainly(t, test.name, func(t *testing.T, l library, m mode) {
			c := connect(t, l, start(t, compressing), "/ask", m, func(to *target, _ *wire) { to.subprotocols = test.offered })
			assert.Equal(t, test.want, c.subprotocol())
			assert.Equal(t, test.want, c.ask("subprotocol"))
		})
	}
}

// The clients know version 13 only; their requests are changed under way.
func TestVersion(t *testing.T) {
	for _, version := range []string{"7", "8", "13"} {
		forAllPlainly(t, version, func(t *testing.T, l library, m mode) {
			s := start(t, compressing)
			as := func(_ *target, w *wire) { w.version = version }
			assert.Equal(t, version, connect(t, l, s, "/ask", m, as).ask("version"))

			c := connect(t, l, s, "/echo", m, as)
			payload := document(10_000, 6)
			require.NoError(t, c.send(text, []byte(payload)))
			assert.Equal(t, payload, c.next().payload)
			require.NoError(t, c.close(1000, ""))
		})
	}
}

func TestUnknownVersion(t *testing.T) {
	forAllPlainly(t, "6", func(t *testing.T, l library, m mode) {
		s := start(t, compressing)
		_, err := l.open(&target{url: s.url("/echo"), mode: m, dial: func() (net.Conn, error) {
			conn, err := s.dial()
			return &wire{Conn: conn, version: "6"}, err
		}})
		assert.Error(t, err, "426, which is no WebSocket")
	})
}
