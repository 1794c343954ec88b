package frame_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// The first seven are the examples of RFC 6455, section 5.7.
var headers = []struct {
	name   string
	bytes  []byte
	header frame.Header
}{
	{"unmasked text", []byte{0x81, 0x05}, frame.Header{Fin: true, Opcode: frame.Text, Length: 5}},
	{"masked text", helloFrame[:6], frame.Header{Fin: true, Opcode: frame.Text, Masked: true, Mask: 0x3d21fa37, Length: 5}},
	{"first fragment", []byte{0x01, 0x03}, frame.Header{Opcode: frame.Text, Length: 3}},
	{"last fragment", []byte{0x80, 0x02}, frame.Header{Fin: true, Length: 2}},
	{"ping", []byte{0x89, 0x05}, frame.Header{Fin: true, Opcode: frame.Ping, Length: 5}},
	{"256 bytes", []byte{0x82, 0x7E, 0x01, 0x00}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 256}},
	{"64 KiB", []byte{0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 65536}},
	{"125 bytes", []byte{0x82, 125}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 125}},
	{"126 bytes", []byte{0x82, 126, 0, 126}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 126}},
	{"65535 bytes", []byte{0x82, 126, 0xFF, 0xFF}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 65535}},
	{"the longest", []byte{0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, frame.Header{Fin: true, Opcode: frame.Binary, Length: 1<<63 - 1}},
	{"126 bytes, masked", []byte{0x02, 0xFE, 0, 126, 1, 2, 3, 4}, frame.Header{Opcode: frame.Binary, Masked: true, Mask: 0x04030201, Length: 126}},
	{"64 KiB, masked", []byte{0x02, 0xFF, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2, 3, 4}, frame.Header{Opcode: frame.Binary, Masked: true, Mask: 0x04030201, Length: 65536}},
	{"compressed", []byte{0xC1, 0}, frame.Header{Fin: true, RSV: frame.RSV1, Opcode: frame.Text}},
	{"everything reserved", []byte{0x7F, 0}, frame.Header{RSV: 0x70, Opcode: 15}},
}

func TestHeader(t *testing.T) {
	for _, c := range headers {
		t.Run(c.name, func(t *testing.T) {
			h, size, err := frame.ParseHeader(append(c.bytes[:len(c.bytes):len(c.bytes)], "payload"...))
			require.NoError(t, err)
			assert.Equal(t, c.header, h)
			assert.Equal(t, len(c.bytes), size)
			assert.Equal(t, size, frame.HeaderSize(c.bytes[1]))
			assert.Equal(t, append([]byte("before"), c.bytes...), frame.AppendHeader([]byte("before"), c.header))
			for short := range c.bytes {
				_, size, err := frame.ParseHeader(c.bytes[:short])
				require.NoError(t, err)
				require.Zero(t, size, "of %d bytes", short)
			}
		})
	}
}

func TestHeaderLengthForm(t *testing.T) {
	cases := []struct {
		bytes []byte
		err   error
	}{
		{[]byte{0x82, 126, 0, 125}, frame.ErrLengthNotMinimal},
		{[]byte{0x82, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}, frame.ErrLengthNotMinimal},
		{[]byte{0x82, 127, 0x80, 0, 0, 0, 0, 0, 0, 0}, frame.ErrLengthTooLarge},
		{[]byte{0x82, 127, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}, frame.ErrLengthTooLarge},
	}
	for _, c := range cases {
		_, size, err := frame.ParseHeader(c.bytes)
		assert.Equal(t, c.err, err)
		assert.Equal(t, len(c.bytes), size)
	}
}

func TestOpcode(t *testing.T) {
	names := map[frame.Opcode]string{0: "continuation", 1: "text", 2: "binary", 7: "reserved opcode 7", 8: "close", 9: "ping", 10: "pong", 15: "reserved opcode 15"}
	for o, name := range names {
		assert.Equal(t, name, o.String())
		assert.Equal(t, o == 1 || o == 2, o.IsData())
		assert.Equal(t, o >= 8, o.IsControl())
	}
}

func FuzzHeader(f *testing.F) {
	for _, c := range headers {
		f.Add(c.bytes)
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		h, size, err := frame.ParseHeader(in)
		require.LessOrEqual(t, size, min(len(in), frame.MaxHeaderSize))
		if size == 0 || err != nil {
			require.True(t, size > 0 || len(in) < frame.MaxHeaderSize)
			return
		}
		out := frame.AppendHeader(nil, h)
		require.Equal(t, in[:size], out)
		again, size2, err := frame.ParseHeader(out)
		require.NoError(t, err)
		require.Equal(t, h, again)
		require.Equal(t, size, size2)
	})
}
