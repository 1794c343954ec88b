package frame_test

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// allocated returns the number of bytes that f allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// consume parses in and counts its messages.
func consume(t *testing.T, p *frame.Parser, in []byte) (messages int) {
	for len(in) > 0 {
		msg, n, err := p.Next(in)
		if err != nil {
			require.NoError(t, err)
		}
		if msg.Complete {
			messages++
		}
		in = in[n:]
	}
	return messages
}

func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Skip("with the race detector, sync.Pool drops entries at random")
	}
	small := bytes.Repeat(clientFrame(0x82, strings.Repeat("x", 64)), 32)
	text := bytes.Repeat(clientFrame(0x81, strings.Repeat("x", 200)), 32)
	fragments := bytes.Repeat(join(clientFrame(0x02, "a"), clientFrame(0x89, "p"), clientFrame(0x80, "b")), 8)
	compressed := bytes.Repeat(clientFrame(0xC1, "\xffa\xffb"), 32)
	large := clientFrame(0x82, strings.Repeat("x", 300000))
	manyFragments := join(clientFrame(0x02, ""), bytes.Repeat(clientFrame(0x00, strings.Repeat("x", 1000)), 100), clientFrame(0x80, ""))
	cases := []struct {
		name       string
		inputs     [][]byte
		keep, lend float64 // maximum allocations for all inputs; -1: not tested
	}{
		{"32 messages of 64 bytes", [][]byte{small}, 1, 0},
		{"32 texts of 200 bytes", [][]byte{text}, 1, 0},
		{"messages and pings, cut anywhere", [][]byte{small[:1000], join(small[1000:], fragments[:3]), fragments[3:]}, -1, 0},
		{"messages in fragments", [][]byte{fragments}, -1, 0},
		{"a large message in pieces", [][]byte{large[:100000], large[100000:200000], large[200000:]}, -1, 0},
		{"a large message in fragments", [][]byte{manyFragments}, -1, 0},
		{"a compressed message in pieces", [][]byte{compressed[:7], compressed[7:10]}, 1, 0},
		{"32 compressed messages", [][]byte{compressed}, 1, 0},
		{"compressed messages, cut anywhere", [][]byte{compressed[:100], compressed[100:201], compressed[201:]}, -1, 0},
	}
	for _, c := range cases {
		for _, lend := range []bool{true, false} {
			p := settings{deflate: true, lend: lend}.parser()
			most := c.keep
			if lend {
				most = c.lend
			}
			if most < 0 {
				continue
			}
			inputs := make([][]byte, len(c.inputs))
			got := testing.AllocsPerRun(50, func() {
				for i, in := range c.inputs {
					inputs[i] = append(inputs[i][:0], in...)
					consume(t, p, inputs[i])
					p.Release()
				}
			})
			assert.LessOrEqual(t, got, most, "%s, lend=%v", c.name, lend)
		}
	}
}

// The Parser reuses the buffer that it inflates into: for each input, and for
// each message if it copies the payloads.
func TestInflateBufferIsReused(t *testing.T) {
	batch := bytes.Repeat(clientFrame(0xC2, strings.Repeat("\xffx", 100)), 200)
	for _, lend := range []bool{false, true} {
		p := settings{deflate: true, lend: lend}.parser()
		took := allocated(func() {
			for range 10 {
				require.Equal(t, 200, consume(t, p, bytes.Clone(batch)))
				p.Release()
			}
		})
		kept := 10 * 200 * 25500
		if !lend {
			took -= kept
		}
		assert.Less(t, took, kept/2, "lend=%v", lend)
	}
}

// Once the caller drops its payload, the garbage collector can free it.
func TestParserDoesNotRetainPayloads(t *testing.T) {
	var p frame.Parser
	in := join(clientFrame(0x82, strings.Repeat("x", 1000)), clientFrame(0x82, "next"))
	msg, n, err := p.Next(in)
	require.NoError(t, err)
	payload := weak.Make(&msg.Payload[0])
	_, _, err = p.Next(in[n : n+3])
	require.NoError(t, err)
	runtime.GC()
	runtime.GC()
	assert.Nil(t, payload.Value())
	assert.False(t, p.Idle())
}

func TestHeaderOfHugeFrameAllocatesLittle(t *testing.T) {
	header := []byte{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4}
	for _, lend := range []bool{false, true} {
		for _, first := range []byte{0x82, 0xC2} {
			header[0] = first
			p := settings{deflate: true, lend: lend}.parser()
			bytes := allocated(func() {
				consume(t, p, header)
				require.NotEmpty(t, p.Tail())
			})
			assert.Less(t, bytes, 16<<10)
		}
	}
}

func TestTailGrowsWithBytesReceived(t *testing.T) {
	for _, lend := range []bool{false, true} {
		p := &frame.Parser{Lend: lend}
		consume(t, p, []byte{0x82, 0xFF, 0, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2, 3, 4})
		for received := 0; received < 8<<20; {
			tail := p.Tail()
			require.NotEmpty(t, tail)
			require.LessOrEqual(t, len(tail), max(4<<10, 4*(received+frame.MaxHeaderSize)), "after %d bytes", received)
			msg, err := p.Filled(len(tail))
			require.NoError(t, err)
			require.False(t, msg.Complete)
			received += len(tail)
		}
	}
}

// A client gets memory at once for as much as its largest frame. The inflated
// size of its messages doesn't count.
func TestLargeMessagesAfterTheFirst(t *testing.T) {
	large := clientFrame(0x82, strings.Repeat("x", 1<<20))
	p := settings{deflate: true, lend: true}.parser()
	require.Equal(t, 1, consume(t, p, clientFrame(0xC2, strings.Repeat("\xffx", 10000))))
	p.Release()
	consume(t, p, large[:20])
	require.Len(t, p.Tail(), 4<<10-6, "the first")
	require.Equal(t, 1, consume(t, p, large[20:]))
	p.Release()
	consume(t, p, large[:20])
	require.Len(t, p.Tail(), 1<<20-6, "the second")
}

func TestManySmallFragmentsAreLinear(t *testing.T) {
	const size = 4 << 20
	fragment := strings.Repeat("\x01x", 32)
	for _, first := range []byte{0x01, 0x41} {
		stream := clientFrame(first, fragment)
		for range size/64 - 2 {
			stream = append(stream, clientFrame(0x00, fragment)...)
		}
		stream = append(stream, clientFrame(0x80, fragment)...)
		for _, lend := range []bool{false, true} {
			p := settings{deflate: true, maxSize: size, lend: lend}.parser()
			bytes := allocated(func() {
				require.Equal(t, 1, consume(t, p, stream))
				p.Release()
			})
			assert.Less(t, bytes, 6*size, "first byte %#x, lend=%v", first, lend)
			require.True(t, p.Idle())
		}
	}
}

// Payloads that the caller owns don't change while the Parser goes on: feed
// overwrites each input and compares the payloads at the end.
func TestOwnedPayloadsDoNotChange(t *testing.T) {
	big := strings.Repeat("0123456789", 1000)
	var chunks [][]byte
	var want []event
	for i := range 20 {
		payload := fmt.Sprint(i, big[:i*400])
		one := join(clientFrame(0x81, payload), clientFrame(0x89, "ping"), clientFrame(0x01, payload), clientFrame(0x80, "end"), clientFrame(0xC2, "\x09x"))
		chunks = append(chunks, one[:len(one)/3], one[len(one)/3:])
		want = append(want, event{frame.Text, payload}, event{frame.Ping, "ping"}, event{frame.Text, payload + "end"}, event{frame.Binary, "xxxxxxxxx"})
	}
	events, _, err := feed(t, settings{deflate: true}.parser(), true, chunks...)
	require.NoError(t, err)
	assert.Equal(t, want, events)
}

func TestLendIsInPlace(t *testing.T) {
	in := clientFrame(0x82, "in place")
	p := frame.Parser{Lend: true}
	msg, _, err := p.Next(in)
	require.NoError(t, err)
	assert.Same(t, &in[6], &msg.Payload[0])
	assert.Equal(t, "in place", string(in[6:]))
}

func TestManyLentMessages(t *testing.T) {
	var in []byte
	var want []event
	for i := range 200 {
		payload := fmt.Sprint("message ", i)
		in = append(in, join(clientFrame(0x01, payload[:4]), clientFrame(0x80, payload[4:]))...)
		want = append(want, event{frame.Text, payload})
	}
	events, _, err := feed(t, &frame.Parser{Lend: true}, false, in, in)
	require.NoError(t, err)
	assert.Equal(t, append(want, want...), events)
}

// Release within an input keeps the current message.
func TestReleaseWithinAMessage(t *testing.T) {
	stream := join(clientFrame(0xC1, "\x03a"), clientFrame(0x01, "begun "), clientFrame(0x89, "p"), clientFrame(0x80, "ended"))
	p := settings{deflate: true, lend: true}.parser()
	var events []event
	for rest := stream; len(rest) > 0; {
		msg, n, err := p.Next(rest)
		require.NoError(t, err)
		events = append(events, event{msg.Opcode, string(msg.Payload)})
		p.Release()
		rest = rest[n:]
	}
	assert.Equal(t, []event{{frame.Text, "aaa"}, {frame.Ping, "p"}, {frame.Text, "begun ended"}}, events)
}

func TestTailAndNextAlternate(t *testing.T) {
	payload := strings.Repeat("0123456789abcdef", 20000)
	for _, first := range []byte{0x82, 0x81} {
		for _, lend := range []bool{false, true} {
			in := join(clientFrame(first, payload), clientFrame(0x82, "next"))
			p := &frame.Parser{Lend: lend}
			require.Nil(t, p.Tail(), "before a frame")
			_, n, err := p.Next(in[:5000])
			require.NoError(t, err)
			var got string
			for turn := 0; got == ""; turn++ {
				var msg frame.Message
				if tail := p.Tail(); turn%2 == 0 && tail != nil {
					filled := copy(tail[:min(len(tail), 1+turn*1000)], in[n:])
					n += filled
					msg, err = p.Filled(filled)
				} else {
					var taken int
					msg, taken, err = p.Next(in[n:min(n+1+turn*777, len(in))])
					n += taken
				}
				require.NoError(t, err)
				got = string(msg.Payload)
			}
			require.Equal(t, payload, got)
			require.Nil(t, p.Tail(), "after a frame")
			msg, _, err := p.Next(in[n:])
			require.NoError(t, err)
			require.Equal(t, "next", string(msg.Payload))
		}
	}
}

func TestTailIsForLargeFramesOnly(t *testing.T) {
	var p frame.Parser
	consume(t, &p, clientFrame(0x82, strings.Repeat("x", 4095))[:8])
	assert.Nil(t, p.Tail(), "4095 bytes to come")

	p = frame.Parser{}
	consume(t, &p, clientFrame(0x82, strings.Repeat("x", 4096))[:8])
	assert.Len(t, p.Tail(), 4096)
	msg, err := p.Filled(0)
	require.NoError(t, err)
	assert.False(t, msg.Complete)
}
