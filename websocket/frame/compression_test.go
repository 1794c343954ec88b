package frame_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// compressedMessages has streams for compression by message, and
// compressedFrames for compression by frame. Payloads with RSV1 are in the
// format of runs: pairs of a count and a byte.
var compressedMessages = []streamCase{
	// RFC 7692, section 6: RSV1 on the first frame means that the whole message is compressed.
	{section: "a message", in: clientFrame(0xC1, "\x03a"), want: []event{{frame.Text, "aaa"}}},
	{section: "a message that is not compressed", in: clientFrame(0x81, "\x03a"), want: []event{{frame.Text, "\x03a"}}},
	{section: "an empty message", in: clientFrame(0xC2, ""), want: []event{{frame.Binary, ""}}},
	{
		section: "one message of each",
		in:      join(clientFrame(0xC1, "\x03a"), clientFrame(0x81, "b"), clientFrame(0xC2, "\x02\xff\x01c"), clientFrame(0x82, "")),
		want:    []event{{frame.Text, "aaa"}, {frame.Text, "b"}, {frame.Binary, "\xff\xffc"}, {frame.Binary, ""}},
	},
	{
		section: "a message in fragments, with a ping",
		in:      join(clientFrame(0x41, "\x03"), clientFrame(0x89, "\x02p"), clientFrame(0x00, "a\x02"), clientFrame(0x80, "b")),
		want:    []event{{frame.Ping, "\x02p"}, {frame.Text, "aaabb"}},
	},
	{
		section: "after a compressed message in fragments, one in plain ones",
		in:      join(clientFrame(0x42, "\x01"), clientFrame(0x80, "a"), clientFrame(0x02, "\x01"), clientFrame(0x80, "b")),
		want:    []event{{frame.Binary, "a"}, {frame.Binary, "\x01b"}},
	},
	{section: "RSV1 on a continuation", in: join(clientFrame(0x41, "\x01"), clientFrame(0xC0, "a")), err: frame.ErrReservedBits, at: 8},
	{section: "RSV1 on a continuation of a plain message", in: join(clientFrame(0x01, "a"), clientFrame(0xC0, "a")), err: frame.ErrReservedBits, at: 8},
	{section: "RSV1 on a close", in: clientFrame(0xC8, ""), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 on a ping", in: clientFrame(0xC9, ""), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 on a pong", in: clientFrame(0xCA, ""), err: frame.ErrReservedBits, at: 1},
	{section: "RSV2", in: clientFrame(0xA1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{section: "RSV3", in: clientFrame(0x91, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 and RSV2", in: clientFrame(0xE1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 and RSV3", in: clientFrame(0xD1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 on a reserved opcode", in: clientFrame(0xC3, "\x03a"), err: frame.ErrReservedBits, at: 1},

	{section: "a payload that does not inflate", in: clientFrame(0xC1, "\x03a\x02"), err: frame.ErrDeflate},
	{section: "fragments that do not inflate", in: join(clientFrame(0x41, "\x03a"), clientFrame(0x80, "\x02")), err: frame.ErrDeflate},
	{section: "text that is not UTF-8", in: clientFrame(0xC1, "\x02\xff"), err: frame.ErrUTF8},
	{section: "text that ends within a character", in: clientFrame(0xC1, "\x01\xe2\x01\x82"), err: frame.ErrUTF8},
	{section: "fragments of a text that is not UTF-8", in: join(clientFrame(0x41, "\x02"), clientFrame(0x80, "\xff")), err: frame.ErrUTF8},
	{section: "fragments of a text that ends within a character", in: join(clientFrame(0x41, "\x01"), clientFrame(0x80, "\xe2")), err: frame.ErrUTF8},

	{section: "inflated to the limit", in: clientFrame(0xC1, "\x05a"), want: []event{{frame.Text, "aaaaa"}}, maxSize: 5},
	{section: "inflated beyond the limit", in: clientFrame(0xC1, "\x06a"), err: frame.ErrTooBig, maxSize: 5},
	{section: "fragments inflated to the limit", in: join(clientFrame(0x41, "\x05"), clientFrame(0x80, "a")), want: []event{{frame.Text, "aaaaa"}}, maxSize: 5},
	{section: "fragments inflated beyond the limit", in: join(clientFrame(0x41, "\x06"), clientFrame(0x80, "a")), err: frame.ErrTooBig, maxSize: 5},
	{section: "compressed to above the limit", in: clientFrame(0xC1, "\x01a\x01a\x01a"), err: frame.ErrTooBig, at: 2, maxSize: 5},
	{section: "compressed fragments above the limit", in: join(clientFrame(0x41, "\x01a\x01"), clientFrame(0x80, "a\x01a")), err: frame.ErrTooBig, at: 6 + 3 + 2, maxSize: 5},
}

var compressedFrames = []streamCase{
	// x-webkit-deflate-frame: RSV1 means that this frame is compressed.
	{section: "a frame", in: clientFrame(0xC1, "\x03a"), want: []event{{frame.Text, "aaa"}}},
	{
		section: "compressed frames",
		in:      join(clientFrame(0x41, "\x03a"), clientFrame(0xC0, "\x02b")),
		want:    []event{{frame.Text, "aaabb"}},
	},
	{
		section: "compressed and plain frames, with a ping",
		in:      join(clientFrame(0x01, "\x01a"), clientFrame(0x40, "\x02b"), clientFrame(0x8A, "\x01"), clientFrame(0x00, "c"), clientFrame(0xC0, "\x01d")),
		want:    []event{{frame.Pong, "\x01"}, {frame.Text, "\x01abbcd"}},
	},
	{
		section: "a character in a compressed and a plain frame",
		in:      join(clientFrame(0x41, "\x01\xe2"), clientFrame(0x00, "\x82"), clientFrame(0xC0, "\x01\xac")),
		want:    []event{{frame.Text, "€"}},
	},
	{section: "a bad character in them", in: join(clientFrame(0x41, "\x01\xe2"), clientFrame(0x00, "\x82\xff")), err: frame.ErrUTF8},
	{section: "a bad character in a compressed frame", in: join(clientFrame(0x01, "\xe2"), clientFrame(0x40, "\x01\xff")), err: frame.ErrUTF8},
	{section: "RSV1 on a ping, by frame", in: clientFrame(0xC9, ""), err: frame.ErrReservedBits, at: 1},
	{section: "RSV1 on a stray continuation", in: clientFrame(0xC0, ""), err: frame.ErrStrayContinuation, at: 1},
	{section: "RSV2, by frame", in: clientFrame(0xE1, ""), err: frame.ErrReservedBits, at: 1},
	{
		section: "frames inflated to the limit", maxSize: 5,
		in:   join(clientFrame(0x41, "\x03a"), clientFrame(0x40, "\x02b"), clientFrame(0x80, "")),
		want: []event{{frame.Text, "aaabb"}},
	},
	{
		section: "an empty compressed frame at the limit", maxSize: 5,
		in:   join(clientFrame(0x41, "\x05a"), clientFrame(0xC0, "")),
		want: []event{{frame.Text, "aaaaa"}},
	},
	{section: "frames inflated beyond the limit", maxSize: 5, in: join(clientFrame(0x41, "\x03a"), clientFrame(0xC0, "\x03b")), err: frame.ErrTooBig, at: 16},
	{section: "a frame inflated at the limit", maxSize: 5, in: join(clientFrame(0x41, "\x05a"), clientFrame(0xC0, "\x01b")), err: frame.ErrTooBig, at: 10},
	{section: "a plain frame after one at the limit", maxSize: 5, in: join(clientFrame(0x41, "\x05a"), clientFrame(0x80, "b")), err: frame.ErrTooBig, at: 10},
}

func TestCompression(t *testing.T) {
	for _, perFrame := range []bool{false, true} {
		cases := compressedMessages
		if perFrame {
			cases = compressedFrames
		}
		for _, c := range cases {
			for _, lend := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/lend=%v", c.section, lend), func(t *testing.T) {
					c.run(t, settings{deflate: true, perFrame: perFrame, maxSize: c.maxSize, lend: lend})
				})
			}
		}
	}
}

// limits is an Inflater that records its limits.
type limits []int64

func (l *limits) Inflate(dst, payload []byte, limit int64) ([]byte, error) {
	*l = append(*l, limit)
	return append(dst, payload...), nil
}

func TestInflateLimit(t *testing.T) {
	var l limits
	p := &frame.Parser{MaxSize: 5, PerFrame: true, Inflater: &l}
	stream := join(clientFrame(0xC2, "1234"), clientFrame(0x42, "123"), clientFrame(0x40, "45"), clientFrame(0xC0, ""))
	events, _, err := feed(t, p, false, stream)
	assert.NoError(t, err)
	assert.Equal(t, []event{{frame.Binary, "1234"}, {frame.Binary, "12345"}}, events)
	assert.Equal(t, limits{5, 5, 2, -1}, l)
}

// An input inflates to more than its first buffer holds. Earlier payloads must
// not change when the Parser moves on to another buffer.
func TestCompressedBatch(t *testing.T) {
	for _, lend := range []bool{false, true} {
		var in []byte
		var want []event
		for i := range 100 {
			c := string(rune('a' + i%26))
			in = append(in, clientFrame(0xC1, strings.Repeat("\xff"+c, i))...)
			want = append(want, event{frame.Text, strings.Repeat(c, 255*i)})
		}
		s := settings{deflate: true, lend: lend}
		events, _, err := feed(t, s.parser(), false, in, in)
		assert.NoError(t, err)
		assert.Equal(t, append(want, want...), events)
	}
}

// swell is an Inflater that turns any payload into 60,000 bytes.
type swell struct{}

func (swell) Inflate(dst, _ []byte, _ int64) ([]byte, error) {
	return append(dst, make([]byte, 60_000)...), nil
}

// Callers rely on Lent to bound the memory that an input inflates to.
func TestLentCountsInflatedPayloads(t *testing.T) {
	p := &frame.Parser{Lend: true, Inflater: swell{}}
	in := []byte("\xc2\x81\x00\x00\x00\x00x")
	for i := range 20 {
		msg, _, err := p.Next(append([]byte(nil), in...))
		require.NoError(t, err)
		require.Len(t, msg.Payload, 60_000)
		require.GreaterOrEqual(t, p.Lent(), (i+1)*60_000)
	}
	p.Release()
	assert.Zero(t, p.Lent())
}
