package deflate

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzNegotiate: no header makes it panic, and every answer is legal.
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

// FuzzDecompress: whatever arrives, Decompress keeps to the limit and agrees
// with the standard library.
func FuzzDecompress(f *testing.F) {
	peer := newStandard(false)
	for _, m := range [][]byte{[]byte("Hello"), jsonMessages(1, 500)[0], incompressible(1, 50), make([]byte, 3000)} {
		f.Add(peer.deflate(f, m), []byte("Hello, Hello"))
	}
	f.Add([]byte{0xf3, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00}, []byte{})
	f.Fuzz(func(t *testing.T, frame, window []byte) {
		const limit = 1 << 16
		d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
		d.window.add(window)
		out, err := d.Decompress(nil, frame, limit)
		require.LessOrEqual(t, len(out), limit)
		tooLarge := errors.Is(err, ErrTooLarge)
		require.True(t, err == nil || tooLarge || errors.Is(err, ErrCorrupt))

		want, peerErr := io.ReadAll(io.LimitReader(flate.NewReaderDict(
			io.MultiReader(bytes.NewReader(frame), bytes.NewReader([]byte("\x00\x00\xff\xff\x01\x00\x00\xff\xff"))), window), limit+1))
		switch {
		case peerErr == nil && len(want) > limit:
			require.True(t, tooLarge, "%d bytes", len(want))
		case err == nil && peerErr == nil && !bytes.Equal(want, out):
			// The standard library stops at the first BFINAL.
			require.True(t, bytes.HasPrefix(out, want))
		case err == nil && peerErr != nil:
			// It also wants the tail where we see that the message is whole.
			require.True(t, bytes.HasPrefix(out, want) || bytes.HasPrefix(want, out))
		}
	})
}

// FuzzRoundTrip: what is compressed comes back, message after message, for a
// peer that has exactly the window that was agreed, and for us.
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
