package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNegotiate: no header panics, and every response is legal.
func FuzzNegotiate(f *testing.F) {
	for _, s := range []string{
		"permessage-deflate; client_max_window_bits", `permessage-deflate; server_max_window_bits="10", foo; a="b\"c"`,
		"x-webkit-deflate-frame; max_window_bits=9; no_context_takeover", ",; =\"",
		"permessage-deflate;server_no_context_takeover;client_no_context_takeover;server_max_window_bits=8;client_max_window_bits=15",
	} {
		f.Add(s, "foo", uint16(0))
		f.Add("bar;", s, uint16(0xffff))
	}
	f.Fuzz(func(t *testing.T, first, second string, settings uint16) {
		o := Options{
			ServerNoContextTakeover: settings&1 != 0,
			ClientNoContextTakeover: settings&2 != 0,
			KeepFullClientWindow:    settings&3 == 1,
			ServerMaxWindowBits:     int(settings >> 2 % 10 * 8 / 7),
			ClientMaxWindowBits:     int(settings >> 8 % 10 * 8 / 7),
		}
		if o.Validate() != nil {
			o.ServerMaxWindowBits, o.ClientMaxWindowBits = 0, 0
		}
		offers := []string{first, second}
		a, response, err := Negotiate(offers, o)
		if err != nil {
			var malformed *HeaderError
			require.ErrorAs(t, err, &malformed)
			require.LessOrEqual(t, malformed.Offset, len(malformed.Value))
			require.Nil(t, a)
			return
		}
		requireLegal(t, offers, o, a, response)
		if a != nil {
			require.NoError(t, CheckHeader([]string{response}))
		}
	})
}

// FuzzDecompress: for two messages of a connection, Decompress gives the same
// verdict and the same bytes as two libraries, with any window, any limit and any
// room in the destination.
func FuzzDecompress(f *testing.F) {
	peer := newStandard(false)
	for i, m := range samples(f) {
		if len(m) < 6000 {
			f.Add([]byte("Hello, Hello"), peer.deflate(f, m), peer.deflate(f, m), uint64(i))
			f.Add(m, m, m, uint64(i)<<16|compressFirst)
		}
	}
	for _, frame := range corruptFrames {
		f.Add([]byte("Hello"), []byte{0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00}, fromHex(f, frame), uint64(7))
	}
	f.Add([]byte{}, []byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}, []byte{0xf2, 0x00, 0x11, 0x00, 0x00}, uint64(8))
	libraries := newLibraries()
	f.Fuzz(func(t *testing.T, history, first, second []byte, settings uint64) {
		c := newDecompressCase(settings)
		d := c.agreement.NewDecompressor()
		d.window.add(history)
		for i, message := range [][]byte{first, second} {
			message = c.message(t, message)
			window := history[max(0, len(history)-1<<c.agreement.ClientMaxWindowBits):]
			if c.agreement.ClientNoContextTakeover {
				window = nil
			}
			want, v := agreed(t, libraries, message, window)
			dst := bytes.Repeat([]byte{'>'}, i)
			out, err := d.Decompress(append(make([]byte, 0, i+c.room), dst...), message, c.limit)
			require.True(t, bytes.HasPrefix(out, dst))
			switch {
			case v == sound && len(want) <= c.limit:
				require.NoError(t, err, "%x after %d bytes", message, len(window))
				require.Equal(t, string(want), string(out[i:]))
			case v == sound:
				require.ErrorIs(t, err, ErrTooLarge)
			default: // it may be too large as well
				require.True(t, errors.Is(err, ErrCorrupt) || errors.Is(err, ErrTooLarge), "%v", err)
			}
			if err != nil {
				require.Len(t, out, i)
				return
			}
			history = slices.Concat(history, want)
		}
	})
}

// compressFirst is the setting that compresses the fuzzer's bytes. Otherwise they
// are the compressed message.
const compressFirst = 1 << 4

// decompressCase has the fuzzer's settings, decoded.
type decompressCase struct {
	agreement Agreement
	limit     int
	room      int
	level     int // of the compressor
	flipped   int // bit of the compressed message to flip, 0: none
	compress  bool
}

func newDecompressCase(settings uint64) decompressCase {
	return decompressCase{
		agreement: Agreement{
			ClientMaxWindowBits:     minWindowBits + int(settings&7),
			ClientNoContextTakeover: settings&8 != 0,
		},
		compress: settings&compressFirst != 0,
		limit:    []int{1 << 16, 1 << 16, 1 << 10, 0}[settings>>5&3],
		room:     int(settings >> 7 & 511),
		level:    int(settings>>16&15%12) - 2,
		flipped:  int(settings >> 20 & 0xffff),
	}
}

// message is data, or data compressed and then damaged.
func (c *decompressCase) message(t testing.TB, data []byte) []byte {
	if !c.compress {
		return data
	}
	var out bytes.Buffer
	w, err := flate.NewWriter(&out, c.level)
	require.NoError(t, err)
	_, err = w.Write(data)
	require.NoError(t, err)
	require.NoError(t, w.Flush())
	data = bytes.TrimSuffix(out.Bytes(), []byte(tail))
	if c.flipped != 0 {
		at := c.flipped % (len(data) * 8)
		data[at/8] ^= 1 << (at % 8)
	}
	return data
}

// agreed is the standard library's verdict, which klauspost/compress must share
// if the message is sound. For a corrupt one klauspost's v1.20.3 depends on the
// messages before: an empty Huffman code leaves the table of the last one in use.
func agreed(t testing.TB, libraries []*library, message, window []byte) ([]byte, verdict) {
	const most = 1 << 17
	want, v := libraries[0].inflate(message, window, most)
	if v != corrupt {
		out, other := libraries[1].inflate(message, window, most)
		require.Equal(t, v, other, libraries[1].name)
		require.True(t, bytes.Equal(want, out), libraries[1].name)
	}
	return want, v
}

// FuzzRoundTrip: a peer with exactly the agreed window can inflate our messages,
// and so can our Decompressor.
func FuzzRoundTrip(f *testing.F) {
	f.Add([]byte("Hello"), []byte("Hello, Hello"), uint8(0), uint8(0))
	f.Add(jsonMessages(1, 300)[0], jsonMessages(2, 300)[1], uint8(4), uint8(3))
	f.Add(make([]byte, 600), incompressible(1, 300), uint8(3), uint8(8))
	f.Fuzz(func(t *testing.T, first, second []byte, bits, level uint8) {
		b := minWindowBits + int(bits%8)
		takeover := bits&0x80 == 0
		a := Agreement{
			ServerMaxWindowBits: b, ClientMaxWindowBits: b,
			ServerNoContextTakeover: !takeover, ClientNoContextTakeover: !takeover,
			level: 1 + int(level%9),
		}
		c, d, j := a.NewCompressor(), a.NewDecompressor(), newJudge(b, takeover)
		for _, m := range [][]byte{first, second, append(bytes.Clone(second), first...), first} {
			out, compressed := c.Compress(nil, m)
			if !compressed {
				continue
			}
			got, err := j.message(out)
			require.NoError(t, err)
			require.Equal(t, m, got)
			got, err = d.Decompress(nil, out, len(m))
			require.NoError(t, err)
			require.Equal(t, m, got)
		}
	})
}
