package frame_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// streamCase is a client's stream and the events or the error that it causes.
type streamCase struct {
	section string
	in      []byte
	want    []event
	err     error
	at      int // the byte, counted from 1, that causes the error; 0: the last
	maxSize int64
}

var helloFrame = []byte{0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58}

// rfc6455 has cases for each section of the RFC, without extensions.
var rfc6455 = []streamCase{
	{section: "5.7 a single-frame masked text message", in: helloFrame, want: []event{{frame.Text, "Hello"}}},
	{section: "5.7 a single-frame unmasked text message", in: []byte{0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f}, err: frame.ErrUnmasked, at: 2},
	{
		section: "5.7 a fragmented text message, masked",
		in:      join(clientFrame(0x01, "Hel"), clientFrame(0x80, "lo")),
		want:    []event{{frame.Text, "Hello"}},
	},
	{
		section: "5.7 a masked pong",
		in:      []byte{0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58},
		want:    []event{{frame.Pong, "Hello"}},
	},
	{
		section: "5.7 256 bytes, masked",
		in:      join([]byte{0x82, 0xFE, 0x01, 0x00, 0, 0, 0, 0}, make([]byte, 256)),
		want:    []event{{frame.Binary, strings.Repeat("\x00", 256)}},
	},
	{
		section: "5.7 64 KiB, masked",
		in:      join([]byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, make([]byte, 65536)),
		want:    []event{{frame.Binary, strings.Repeat("\x00", 65536)}},
	},

	{section: "5.1 a control frame, unmasked", in: []byte{0x89, 0x00}, err: frame.ErrUnmasked},
	{section: "5.1 a long frame, unmasked", in: []byte{0x82, 0x7E, 0x01, 0x00, 1, 2}, err: frame.ErrUnmasked, at: 2},
	{section: "5.1 after a message", in: join(helloFrame, []byte{0x81, 0x00}), want: []event{{frame.Text, "Hello"}}, err: frame.ErrUnmasked},

	{section: "5.2 RSV1", in: clientFrame(0xC1, "a"), err: frame.ErrReservedBits, at: 1},
	{section: "5.2 RSV2", in: clientFrame(0xA1, "a"), err: frame.ErrReservedBits, at: 1},
	{section: "5.2 RSV3", in: clientFrame(0x91, "a"), err: frame.ErrReservedBits, at: 1},
	{section: "5.2 RSV1 on a ping", in: clientFrame(0xC9, "a"), err: frame.ErrReservedBits, at: 1},
	{section: "5.2 RSV1 on a continuation", in: join(clientFrame(0x01, "a"), clientFrame(0xC0, "a")), err: frame.ErrReservedBits, at: 8},
	{section: "5.2 16 bits for 125", in: []byte{0x82, 0xFE, 0, 125, 1, 2, 3, 4}, err: frame.ErrLengthNotMinimal, at: 4},
	{section: "5.2 16 bits for 0", in: []byte{0x82, 0xFE, 0, 0, 1, 2, 3, 4}, err: frame.ErrLengthNotMinimal, at: 4},
	{section: "5.2 64 bits for 65535", in: []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 1, 2, 3, 4}, err: frame.ErrLengthNotMinimal, at: 8},
	{section: "5.2 64 bits for 125", in: []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 125, 1, 2, 3, 4}, err: frame.ErrLengthNotMinimal, at: 8},
	{section: "5.2 the most significant bit", in: []byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4}, err: frame.ErrLengthTooLarge, at: 3},
	{section: "5.2 all bits", in: bytes.Repeat([]byte{0xFF}, 14), err: frame.ErrReservedBits, at: 1},

	{section: "5.2 several errors: RSV and opcode", in: []byte{0xB3, 0x7F}, err: frame.ErrReservedBits, at: 1},
	{section: "5.2 several errors: RSV and length", in: []byte{0x91, 0xFE, 0, 5, 0, 0, 0, 0}, err: frame.ErrReservedBits, at: 1},
	{section: "5.2 several errors: mask and length", in: []byte{0x81, 0x7E, 0, 5, 0, 0, 0, 0}, err: frame.ErrUnmasked, at: 2},
	{section: "5.2 several errors: ping of 16 bits for 5", in: []byte{0x89, 0xFE, 0, 5, 0, 0, 0, 0}, err: frame.ErrControlTooLong, at: 2},
	{section: "5.2 several errors: length and limit", in: []byte{0x82, 0xFE, 0, 20, 0, 0, 0, 0}, err: frame.ErrLengthNotMinimal, at: 4, maxSize: 10},
	{section: "5.2 several errors: 64 bits and limit", in: []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0}, err: frame.ErrLengthNotMinimal, at: 8, maxSize: 10},
	{section: "5.2 several errors: most significant bit and limit", in: []byte{0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 20, 0, 0, 0, 0}, err: frame.ErrLengthTooLarge, at: 3, maxSize: 10},

	{
		section: "5.4 control frames between fragments",
		in: join(clientFrame(0x01, "one "), clientFrame(0x89, "p"), clientFrame(0x00, "two "), clientFrame(0x8A, ""),
			clientFrame(0x8A, "q"), clientFrame(0x80, "three")),
		want: []event{{frame.Ping, "p"}, {frame.Pong, ""}, {frame.Pong, "q"}, {frame.Text, "one two three"}},
	},
	{
		section: "5.4 empty fragments",
		in:      join(clientFrame(0x02, ""), clientFrame(0x00, ""), clientFrame(0x00, "a"), clientFrame(0x80, "")),
		want:    []event{{frame.Binary, "a"}},
	},
	{section: "5.4 only empty fragments", in: join(clientFrame(0x01, ""), clientFrame(0x80, "")), want: []event{{frame.Text, ""}}},
	{section: "5.4 an unfinished message", in: join(clientFrame(0x01, "a"), clientFrame(0x00, "b"))},
	{section: "5.4 a continuation of nothing", in: clientFrame(0x80, "a"), err: frame.ErrStrayContinuation, at: 1},
	{
		section: "5.4 a continuation after the last",
		in:      join(clientFrame(0x01, "a"), clientFrame(0x80, "b"), clientFrame(0x00, "c")),
		want:    []event{{frame.Text, "ab"}}, err: frame.ErrStrayContinuation, at: 15,
	},
	{section: "5.4 text in a message", in: join(clientFrame(0x01, "a"), clientFrame(0x81, "b")), err: frame.ErrInterleaved, at: 8},
	{section: "5.4 binary in a message", in: join(clientFrame(0x01, "a"), clientFrame(0x02, "b")), err: frame.ErrInterleaved, at: 8},

	{section: "5.5 a fragmented close", in: clientFrame(0x08, ""), err: frame.ErrFragmentedControl, at: 1},
	{section: "5.5 a fragmented ping", in: clientFrame(0x09, "a"), err: frame.ErrFragmentedControl, at: 1},
	{section: "5.5 a fragmented pong", in: clientFrame(0x0A, "a"), err: frame.ErrFragmentedControl, at: 1},
	{section: "5.5 a ping of 126 bytes", in: clientFrame(0x89, strings.Repeat("p", 126)), err: frame.ErrControlTooLong, at: 2},
	{section: "5.5 a close of 65536 bytes", in: clientFrame(0x88, strings.Repeat("p", 65536)), err: frame.ErrControlTooLong, at: 2},
	{section: "5.5.1 an empty close", in: clientFrame(0x88, ""), want: []event{{frame.Close, ""}}},
	{section: "5.5.1 a close with a reason", in: clientFrame(0x88, "\x03\xe8bye"), want: []event{{frame.Close, "\x03\xe8bye"}}},
	{section: "5.5.2 an empty ping", in: clientFrame(0x89, ""), want: []event{{frame.Ping, ""}}},
	{section: "5.5.2 a ping of 125 bytes", in: clientFrame(0x89, strings.Repeat("\xFE", 125)), want: []event{{frame.Ping, strings.Repeat("\xFE", 125)}}},
	{section: "5.5.2 a ping larger than the largest message", in: clientFrame(0x89, "ping"), want: []event{{frame.Ping, "ping"}}, maxSize: 3},

	{section: "8.1 text that is not UTF-8", in: clientFrame(0x81, "a\xFFbc"), err: frame.ErrUTF8, at: 8},
	{section: "8.1 text that ends within a character", in: clientFrame(0x81, "\xe2\x82"), err: frame.ErrUTF8},
	{section: "8.1 a character in two frames", in: join(clientFrame(0x01, "\xe2\x82"), clientFrame(0x80, "\xac")), want: []event{{frame.Text, "€"}}},
	{section: "8.1 a character with a ping in it", in: join(clientFrame(0x01, "\xe2"), clientFrame(0x89, "\xFF"), clientFrame(0x80, "\x82\xac")), want: []event{{frame.Ping, "\xFF"}, {frame.Text, "€"}}},
	{section: "8.1 a surrogate in two frames", in: join(clientFrame(0x01, "\xed"), clientFrame(0x80, "\xa0\x80")), err: frame.ErrUTF8, at: 14},
	{section: "8.1 a message that ends within a character", in: join(clientFrame(0x01, "\xe2"), clientFrame(0x80, "\x82")), err: frame.ErrUTF8},
	{section: "8.1 the next message starts anew", in: join(clientFrame(0x01, "\xe2\x82"), clientFrame(0x80, "\xac"), clientFrame(0x81, "\xac")), want: []event{{frame.Text, "€"}}, err: frame.ErrUTF8},
	{section: "8.1 binary that is not UTF-8", in: join(clientFrame(0x02, "\xFF"), clientFrame(0x80, "\xFE")), want: []event{{frame.Binary, "\xFF\xFE"}}},

	{section: "10.4 equal to the limit", in: clientFrame(0x82, "12345"), want: []event{{frame.Binary, "12345"}}, maxSize: 5},
	{section: "10.4 above the limit", in: clientFrame(0x82, "123456"), err: frame.ErrTooBig, at: 2, maxSize: 5},
	{section: "10.4 fragments equal to the limit", in: join(clientFrame(0x02, "123"), clientFrame(0x80, "45")), want: []event{{frame.Binary, "12345"}}, maxSize: 5},
	{section: "10.4 fragments above the limit", in: join(clientFrame(0x02, "123"), clientFrame(0x00, "456")), err: frame.ErrTooBig, at: 11, maxSize: 5},
	{section: "10.4 16 bits above the limit", in: []byte{0x82, 0xFE, 0x03, 0xE9, 0, 0, 0, 0}, err: frame.ErrTooBig, at: 4, maxSize: 1000},
	{section: "10.4 16 bits well above the limit", in: []byte{0x82, 0xFE, 0x04, 0, 0, 0, 0, 0}, err: frame.ErrTooBig, at: 3, maxSize: 1000},
	{section: "10.4 64 bits above the limit", in: []byte{0x82, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, err: frame.ErrTooBig, at: 8, maxSize: 1000},
	{section: "10.4 64 bits well above the limit", in: []byte{0x82, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}, err: frame.ErrTooBig, at: 3, maxSize: 1000},
	{section: "10.4 more than can be counted", in: join(clientFrame(0x02, "123"), []byte{0x80, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0}), err: frame.ErrTooBig, at: 9 + 10},
}

func init() {
	for _, opcode := range []byte{3, 4, 5, 6, 7, 11, 12, 13, 14, 15} {
		for _, fin := range []byte{0x00, 0x80} {
			rfc6455 = append(rfc6455, streamCase{
				section: fmt.Sprintf("5.2 opcode %d, FIN %#x", opcode, fin),
				in:      clientFrame(fin|opcode, "a"), err: frame.ErrReservedOpcode, at: 1,
			})
		}
	}
	for _, size := range []int{0, 1, 124, 125, 126, 127, 128, 65535, 65536, 65537} {
		text, binary := strings.Repeat("x", size), strings.Repeat("\xFE", size)
		rfc6455 = append(rfc6455, streamCase{
			section: fmt.Sprintf("5.6 messages of %d bytes", size),
			in:      join(clientFrame(0x81, text), clientFrame(0x82, binary)),
			want:    []event{{frame.Text, text}, {frame.Binary, binary}},
		})
	}
}

func TestRFC6455(t *testing.T) {
	for _, c := range rfc6455 {
		for _, lend := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/lend=%v", c.section, lend), func(t *testing.T) {
				c.run(t, settings{maxSize: c.maxSize, lend: lend})
			})
		}
	}
}

// run feeds the stream as one input, byte by byte, and in two inputs, cut at
// every byte.
func (c streamCase) run(t *testing.T, s settings) {
	whole := s.parser()
	events, _, err := feed(t, whole, false, c.in)
	assert.Equal(t, c.want, events, "whole")
	assert.Equal(t, c.err, err, "whole")

	cut := s.parser()
	events, used, err := feed(t, cut, false, eachByte(c.in)...)
	assert.Equal(t, c.want, events, "byte by byte")
	assert.Equal(t, c.err, err, "byte by byte")
	if c.at == 0 {
		c.at = len(c.in)
	}
	if len(c.in) > 1000 {
		return
	}
	assert.Equal(t, c.at, used, "the byte at which it ends")
	if c.err == nil {
		assert.Equal(t, whole.Idle(), cut.Idle())
	}
	for i := range c.in {
		events, _, err = feed(t, s.parser(), false, c.in[:i], c.in[i:])
		require.Equal(t, c.want, events, "cut at %d", i)
		require.Equal(t, c.err, err, "cut at %d", i)
	}
}

func TestErrorsNameTheirSectionAndCode(t *testing.T) {
	codes := map[*frame.Error]frame.CloseCode{
		frame.ErrUnmasked: 1002, frame.ErrReservedBits: 1002, frame.ErrReservedOpcode: 1002, frame.ErrLengthNotMinimal: 1002,
		frame.ErrLengthTooLarge: 1002, frame.ErrFragmentedControl: 1002, frame.ErrControlTooLong: 1002,
		frame.ErrStrayContinuation: 1002, frame.ErrInterleaved: 1002, frame.ErrCloseTooShort: 1002, frame.ErrCloseCode: 1002,
		frame.ErrDeflate: 1002, frame.ErrUTF8: 1007, frame.ErrTooBig: 1009,
	}
	for err, code := range codes {
		assert.Equal(t, code, err.Code, err)
		assert.Regexp(t, `^websocket: .* \(RFC \d+, section [\d.]+\)$`, err.Error())
	}
}

func TestSkipUTF8(t *testing.T) {
	stream := join(clientFrame(0x81, "\xFF"), clientFrame(0x01, "\xFE"), clientFrame(0x80, "\xC0"))
	for _, chunks := range [][][]byte{{stream}, eachByte(stream)} {
		events, _, err := feed(t, &frame.Parser{SkipUTF8: true}, false, chunks...)
		require.NoError(t, err)
		assert.Equal(t, []event{{frame.Text, "\xFF"}, {frame.Text, "\xFE\xC0"}}, events)
	}
}

func TestIdle(t *testing.T) {
	var p frame.Parser
	require.True(t, p.Idle())
	stream := join(clientFrame(0x01, "a"), clientFrame(0x89, ""), clientFrame(0x80, "b"))
	for i := range stream[:len(stream)-1] {
		_, n, err := p.Next(stream[i : i+1])
		require.NoError(t, err)
		require.Equal(t, 1, n)
		require.False(t, p.Idle(), "after byte %d", i)
	}
	msg, _, err := p.Next(stream[len(stream)-1:])
	require.NoError(t, err)
	require.True(t, msg.Complete)
	require.True(t, p.Idle())
}

func TestNextOfNothing(t *testing.T) {
	var p frame.Parser
	for _, b := range eachByte(helloFrame) {
		msg, n, err := p.Next(nil)
		require.NoError(t, err)
		require.Zero(t, n)
		require.False(t, msg.Complete)
		_, _, err = p.Next(b)
		require.NoError(t, err)
	}
}
