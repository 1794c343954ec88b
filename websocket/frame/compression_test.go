package frame_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/websocket/frame"
)

// compressed are streams where a compression was negotiated; the format is
// that of runs, pairs of a count and a byte.
var compressed = []struct {
	name     string
	perFrame bool
	in       []byte
	want     []event
	err      error
	at       int // the byte, from 1, that makes the error; 0: the last
	maxSize  int64
}{
	// RFC 7692, section 6: RSV1 on the first frame says that the whole message is compressed.
	{name: "a message", in: clientFrame(0xC1, "\x03a"), want: []event{{frame.Text, "aaa"}}},
	{name: "a message that is not compressed", in: clientFrame(0x81, "\x03a"), want: []event{{frame.Text, "\x03a"}}},
	{name: "an empty message", in: clientFrame(0xC2, ""), want: []event{{frame.Binary, ""}}},
	{
		name: "one message of each",
		in:   join(clientFrame(0xC1, "\x03a"), clientFrame(0x81, "b"), clientFrame(0xC2, "\x02\xff\x01c"), clientFrame(0x82, "")),
		want: []event{{frame.Text, "aaa"}, {frame.Text, "b"}, {frame.Binary, "\xff\xffc"}, {frame.Binary, ""}},
	},
	{
		name: "a message in fragments, with a ping",
		in:   join(clientFrame(0x41, "\x03"), clientFrame(0x89, "\x02p"), clientFrame(0x00, "a\x02"), clientFrame(0x80, "b")),
		want: []event{{frame.Ping, "\x02p"}, {frame.Text, "aaabb"}},
	},
	{
		name: "after a compressed message in fragments, one in plain ones",
		in:   join(clientFrame(0x42, "\x01"), clientFrame(0x80, "a"), clientFrame(0x02, "\x01"), clientFrame(0x80, "b")),
		want: []event{{frame.Binary, "a"}, {frame.Binary, "\x01b"}},
	},
	{name: "RSV1 on a continuation", in: join(clientFrame(0x41, "\x01"), clientFrame(0xC0, "a")), err: frame.ErrReservedBits, at: 8},
	{name: "RSV1 on a continuation of a plain message", in: join(clientFrame(0x01, "a"), clientFrame(0xC0, "a")), err: frame.ErrReservedBits, at: 8},
	{name: "RSV1 on a close", in: clientFrame(0xC8, ""), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 on a ping", in: clientFrame(0xC9, ""), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 on a pong", in: clientFrame(0xCA, ""), err: frame.ErrReservedBits, at: 1},
	{name: "RSV2", in: clientFrame(0xA1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{name: "RSV3", in: clientFrame(0x91, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 and RSV2", in: clientFrame(0xE1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 and RSV3", in: clientFrame(0xD1, "\x03a"), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 on a reserved opcode", in: clientFrame(0xC3, "\x03a"), err: frame.ErrReservedBits, at: 1},

	{name: "a payload that does not inflate", in: clientFrame(0xC1, "\x03a\x02"), err: frame.ErrDeflate},
	{name: "fragments that do not inflate", in: join(clientFrame(0x41, "\x03a"), clientFrame(0x80, "\x02")), err: frame.ErrDeflate},
	{name: "text that is not UTF-8", in: clientFrame(0xC1, "\x02\xff"), err: frame.ErrUTF8},
	{name: "text that ends in a character", in: clientFrame(0xC1, "\x01\xe2\x01\x82"), err: frame.ErrUTF8},
	{name: "fragments of a text that is not UTF-8", in: join(clientFrame(0x41, "\x02"), clientFrame(0x80, "\xff")), err: frame.ErrUTF8},
	{name: "fragments of a text that ends in a character", in: join(clientFrame(0x41, "\x01"), clientFrame(0x80, "\xe2")), err: frame.ErrUTF8},

	{name: "inflated to the limit", in: clientFrame(0xC1, "\x05a"), want: []event{{frame.Text, "aaaaa"}}, maxSize: 5},
	{name: "inflated beyond the limit", in: clientFrame(0xC1, "\x06a"), err: frame.ErrTooBig, maxSize: 5},
	{name: "fragments inflated to the limit", in: join(clientFrame(0x41, "\x05"), clientFrame(0x80, "a")), want: []event{{frame.Text, "aaaaa"}}, maxSize: 5},
	{name: "fragments inflated beyond the limit", in: join(clientFrame(0x41, "\x06"), clientFrame(0x80, "a")), err: frame.ErrTooBig, maxSize: 5},
	{name: "compressed to above the limit", in: clientFrame(0xC1, "\x01a\x01a\x01a"), err: frame.ErrTooBig, at: 2, maxSize: 5},
	{name: "compressed fragments above the limit", in: join(clientFrame(0x41, "\x01a\x01"), clientFrame(0x80, "a\x01a")), err: frame.ErrTooBig, at: 6 + 3 + 2, maxSize: 5},

	// x-webkit-deflate-frame: RSV1 says of each frame whether it is compressed.
	{name: "a frame", perFrame: true, in: clientFrame(0xC1, "\x03a"), want: []event{{frame.Text, "aaa"}}},
	{
		name: "compressed frames", perFrame: true,
		in:   join(clientFrame(0x41, "\x03a"), clientFrame(0xC0, "\x02b")),
		want: []event{{frame.Text, "aaabb"}},
	},
	{
		name: "compressed and plain frames, with a ping", perFrame: true,
		in:   join(clientFrame(0x01, "\x01a"), clientFrame(0x40, "\x02b"), clientFrame(0x8A, "\x01"), clientFrame(0x00, "c"), clientFrame(0xC0, "\x01d")),
		want: []event{{frame.Pong, "\x01"}, {frame.Text, "\x01abbcd"}},
	},
	{
		name: "a character in a compressed and a plain frame", perFrame: true,
		in:   join(clientFrame(0x41, "\x01\xe2"), clientFrame(0x00, "\x82"), clientFrame(0xC0, "\x01\xac")),
		want: []event{{frame.Text, "€"}},
	},
	{name: "a bad character in them", perFrame: true, in: join(clientFrame(0x41, "\x01\xe2"), clientFrame(0x00, "\x82\xff")), err: frame.ErrUTF8},
	{name: "a bad character in a compressed frame", perFrame: true, in: join(clientFrame(0x01, "\xe2"), clientFrame(0x40, "\x01\xff")), err: frame.ErrUTF8},
	{name: "RSV1 on a ping, by frame", perFrame: true, in: clientFrame(0xC9, ""), err: frame.ErrReservedBits, at: 1},
	{name: "RSV1 on a stray continuation", perFrame: true, in: clientFrame(0xC0, ""), err: frame.ErrStrayContinuation, at: 1},
	{name: "RSV2, by frame", perFrame: true, in: clientFrame(0xE1, ""), err: frame.ErrReservedBits, at: 1},
	{
		name: "frames inflated to the limit", perFrame: true, maxSize: 5,
		in:   join(clientFrame(0x41, "\x03a"), clientFrame(0x40, "\x02b"), clientFrame(0x80, "")),
		want: []event{{frame.Text, "aaabb"}},
	},
	{
		name: "an empty compressed frame at the limit", perFrame: true, maxSize: 5,
		in:   join(clientFrame(0x41, "\x05a"), clientFrame(0xC0, "")),
		want: []event{{frame.Text, "aaaaa"}},
	},
	{name: "frames inflated beyond the limit", perFrame: true, maxSize: 5, in: join(clientFrame(0x41, "\x03a"), clientFrame(0xC0, "\x03b")), err: frame.ErrTooBig, at: 16},
	{name: "a frame inflated at the limit", perFrame: true, maxSize: 5, in: join(clientFrame(0x41, "\x05a"), clientFrame(0xC0, "\x01b")), err: frame.ErrTooBig, at: 10},
	{name: "a plain frame after one at the limit", perFrame: true, maxSize: 5, in: join(clientFrame(0x41, "\x05a"), clientFrame(0x80, "b")), err: frame.ErrTooBig, at: 10},
}

func TestCompression(t *testing.T) {
	for _, c := range compressed {
		for _, lend := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/lend=%v", c.name, lend), func(t *testing.T) {
				s := settings{deflate: true, perFrame: c.perFrame, maxSize: c.maxSize, lend: lend}
				events, _, err := feed(t, s.parser(), false, c.in)
				assert.Equal(t, c.want, events, "whole")
				assert.Equal(t, c.err, err, "whole")

				events, used, err := feed(t, s.parser(), false, eachByte(c.in)...)
				assert.Equal(t, c.want, events, "byte by byte")
				assert.Equal(t, c.err, err, "byte by byte")
				if c.at == 0 {
					c.at = len(c.in)
				}
				assert.Equal(t, c.at, used, "the byte at which it ends")
			})
		}
	}
}

// What one input inflates to outgrows the memory that it began with, and what
// was inflated before stays as it is.
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
