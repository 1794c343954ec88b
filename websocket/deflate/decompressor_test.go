package deflate

import (
	"bytes"
	"encoding/hex"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func fromHex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	require.NoError(t, err)
	return b
}

// TestRFC7692Examples has the examples of section 7.2.3.
func TestRFC7692Examples(t *testing.T) {
	for name, c := range map[string]struct{ frames, want []string }{
		"7.2.3.1 one block":                 {[]string{"f2 48 cd c9 c9 07 00"}, []string{"Hello"}},
		"7.2.3.2 sharing the window":        {[]string{"f2 48 cd c9 c9 07 00", "f2 00 11 00 00"}, []string{"Hello", "Hello"}},
		"7.2.3.2 not making use of it":      {[]string{"f2 48 cd c9 c9 07 00", "f2 48 cd c9 c9 07 00"}, []string{"Hello", "Hello"}},
		"7.2.3.3 a block of no compression": {[]string{"00 05 00 fa ff 48 65 6c 6c 6f 00"}, []string{"Hello"}},
		"7.2.3.4 a block with BFINAL":       {[]string{"f3 48 cd c9 c9 07 00 00"}, []string{"Hello"}},
		"7.2.3.5 two blocks":                {[]string{"f2 48 05 00 00 00 ff ff ca c9 c9 07 00"}, []string{"Hello"}},
		"7.2.3.6 an empty message":          {[]string{"00"}, []string{""}},

		// Not in the RFC. Encoders that cannot flush send the first one.
		"BFINAL and nothing after it": {[]string{"f3 48 cd c9 c9 07 00", "f3 48 cd c9 c9 07 00"}, []string{"Hello", "Hello"}},
		"the tail left on":            {[]string{"f2 48 cd c9 c9 07 00 00 00 ff ff"}, []string{"Hello"}},
		"stored data in the tail":     {[]string{"00 09 00 f6 ff 48 65 6c 6c 6f"}, []string{"Hello\x00\x00\xff\xff"}},
		"no bytes at all":             {[]string{""}, []string{""}},
	} {
		t.Run(name, func(t *testing.T) {
			d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
			for i, frame := range c.frames {
				out, err := d.Decompress([]byte("> "), fromHex(t, frame), len(c.want[i]))
				require.NoError(t, err)
				assert.Equal(t, "> "+c.want[i], string(out))
			}
		})
	}
}

// TestRFC7692Encoding compresses the examples of section 7.2.3. With a shared
// window, the result is one byte shorter than in the RFC.
func TestRFC7692Encoding(t *testing.T) {
	d := &deflater{block: newBlock()}
	form := Form{windowBits: 15, level: DefaultLevel}
	hello := []byte("Hello")
	assert.Equal(t, fromHex(t, "f2 48 cd c9 c9 07 00"), d.deflate(nil, hello, nil, form))
	assert.Equal(t, fromHex(t, "02 13 00 00"), d.deflate(nil, hello, hello, form))
	assert.Equal(t, fromHex(t, "00"), d.deflate(nil, nil, nil, form))
}

var corruptFrames = map[string]string{
	"block type 3":                        "06",
	"cut short in a code":                 "f2 48 cd c9",
	"cut short in a stored block":         "00 05 00 fa ff 48 65",
	"a stored block longer than the tail": "00 05 00 fa ff",
	"stored length and its complement":    "00 05 00 fb ff 48 65 6c 6c 6f 00",
	"garbage after the last block":        "f2 48 cd c9 c9 07 00 00 00 ff ff 55 aa",
	"a distance before the window":        "f2 00 11 00 00",
	"length symbol 286":                   "1a 03 00", // fixed: 11000110
	"distance symbol 30":                  "62 00 3e 00",
	"too many literal codes":              "fc 00 00 00 00 00",
	"oversubscribed lengths":              "04 c0 ff ff ff ff ff ff 00",
	"nothing but ones":                    "ff ff ff ff",
}

func TestCorrupt(t *testing.T) {
	for name, frame := range corruptFrames {
		t.Run(name, func(t *testing.T) {
			d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
			dst := []byte("kept")
			out, err := d.Decompress(dst, fromHex(t, frame), -1)
			require.ErrorIs(t, err, ErrCorrupt)
			assert.Equal(t, "kept", string(out))
		})
	}
}

// TestCorruptCodes: invalid headers of dynamic blocks (RFC 1951, section 3.2.7).
func TestCorruptCodes(t *testing.T) {
	type bits struct {
		value uint64
		count uint
	}
	zeros := bits{127<<1 | 1, 8} // symbol 18: 138 zeros
	for name, c := range map[string][]bits{
		// After the number of codes: the lengths of 16, 17, 18 and 0.
		"repeats before the first": {{1, 3}, {1, 3}, {0, 3}, {0, 3}, {0, 1}, {0, 2}},
		"runs too far":             {{0, 3}, {0, 3}, {1, 3}, {1, 3}, zeros, zeros},
		"has no end of block":      {{0, 3}, {0, 3}, {1, 3}, {1, 3}, zeros, {(258-138-11)<<1 | 1, 8}, {0, 1}},
		"uses an unassigned code":  {{0, 3}, {0, 3}, {1, 3}, {0, 3}, {1, 1}},
		"has no codes at all":      {{0, 3}, {0, 3}, {0, 3}, {0, 3}, {1, 1}},
		"is incomplete":            {{0, 3}, {0, 3}, {2, 3}, {0, 3}, {0, 2}},
		"is oversubscribed":        {{1, 3}, {1, 3}, {1, 3}, {0, 3}, {0, 2}},
		"is cut short":             {{0, 3}, {0, 3}, {1, 3}, {1, 3}, {0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			w := bitWriter{}
			w.reserve(1000)
			w.write(2<<1, 3)
			w.write(0, 5+5+4)
			for _, b := range c {
				w.write(b.value, b.count)
			}
			w.align()
			d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
			_, err := d.Decompress(nil, w.out[:w.n], -1)
			require.ErrorIs(t, err, ErrCorrupt)
		})
	}
}

// TestEmptyDistanceCode: a match in a block without distance codes is corrupt,
// and doesn't use the codes of the message before.
func TestEmptyDistanceCode(t *testing.T) {
	literals := newHuffmanCode(258)
	for _, symbol := range []int{'a', 'b', endOfBlock, endOfBlock + 1} {
		literals.lengths[symbol] = 2
	}
	literals.count[2] = 4
	literals.assign()
	lengths := newHuffmanCode(numLengthCodes)
	lengths.lengths[0], lengths.lengths[2] = 1, 1
	lengths.count[1] = 2
	lengths.assign()

	w := bitWriter{}
	w.reserve(8000)
	w.write(2<<1, 3)
	w.write(1|0<<5|15<<10, 14) // 258 literals, 1 distance, 19 lengths
	for _, symbol := range lengthOrder {
		w.write(uint64(lengths.lengths[symbol]), 3)
	}
	for _, n := range append(literals.lengths, 0) {
		w.writeCode(lengths.codes[n])
	}
	w.writeCode(literals.codes['a'])
	w.writeCode(literals.codes[endOfBlock+1])
	w.write(0, 8) // a distance, in any code that allows it
	w.writeCode(literals.codes[endOfBlock])
	w.align()

	f, m, window := new(inflater), jsonMessages(1, 1024)[0], make([]byte, maxWindow)
	for range 3 {
		_, err := f.inflate(nil, w.out[:w.n], window, -1)
		require.ErrorIs(t, err, ErrCorrupt)
		out, err := f.inflate(nil, newStandard(false).deflate(t, m), window, -1)
		require.NoError(t, err)
		require.Equal(t, m, out)
	}
}

// TestDecompressStandard inflates messages of the standard library into
// destinations with little and much room.
func TestDecompressStandard(t *testing.T) {
	for _, takeover := range []bool{true, false} {
		peer := newStandard(takeover)
		d := (&Agreement{ClientMaxWindowBits: 15, ClientNoContextTakeover: !takeover}).NewDecompressor()
		for i, m := range samples(t) {
			dst := make([]byte, i%3, i%3+i*i)
			out, err := d.Decompress(dst, peer.deflate(t, m), len(m))
			require.NoError(t, err, "message %d", i)
			require.True(t, bytes.Equal(m, out[len(dst):]), "message %d", i)
		}
	}
}

// TestSmallWindow: with any window size, our Decompressor inflates the messages
// of our Compressor and keeps no more than the window.
func TestSmallWindow(t *testing.T) {
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		a := Agreement{ServerMaxWindowBits: bits, ClientMaxWindowBits: bits, level: 7}
		c, d := a.NewCompressor(), a.NewDecompressor()
		for _, m := range samples(t) {
			out, compressed := c.Compress(nil, m)
			if !compressed {
				continue
			}
			got, err := d.Decompress(nil, out, len(m))
			require.NoError(t, err)
			require.True(t, bytes.Equal(m, got))
		}
		require.LessOrEqual(t, cap(d.window.bytes), 1<<bits)
	}
}

// TestNoWindowByDefault: the server keeps no window for a client that doesn't
// let the server limit it.
func TestNoWindowByDefault(t *testing.T) {
	for name, c := range map[string]struct {
		offer string
		o     Options
		kept  int
	}{
		"Firefox":                       {"permessage-deflate", Options{}, 0},
		"Firefox, KeepFullClientWindow": {"permessage-deflate", Options{KeepFullClientWindow: true}, 1 << 15},
		"Chrome":                        {"permessage-deflate; client_max_window_bits", Options{}, 1 << DefaultWindowBits},
		"old WebKit":                    {"x-webkit-deflate-frame", Options{}, 1 << DefaultWindowBits},
	} {
		t.Run(name, func(t *testing.T) {
			a, _, err := Negotiate([]string{c.offer}, c.o)
			require.NoError(t, err)
			d := a.NewDecompressor()
			for _, m := range jsonMessages(100, 1024) {
				_, err := d.Decompress(nil, newStandard(false).deflate(t, m), -1)
				require.NoError(t, err)
			}
			assert.Equal(t, c.kept, cap(d.window.bytes))
		})
	}
}

// TestLimit: a message may inflate to exactly the limit.
func TestLimit(t *testing.T) {
	for name, m := range map[string][]byte{
		"matches":  bytes.Repeat([]byte("a"), 10_000),
		"literals": []byte(strings.Repeat("abcdefghij", 20)),
		"stored":   incompressible(1, 10_000),
	} {
		t.Run(name, func(t *testing.T) {
			frame := newStandard(false).deflate(t, m)
			for _, limit := range []int{0, 1, 100, len(m) - 1, len(m), len(m) + 1, -1} {
				d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
				out, err := d.Decompress([]byte("x"), frame, limit)
				if limit >= 0 && limit < len(m) {
					require.ErrorIs(t, err, ErrTooLarge)
					require.Equal(t, "x", string(out))
					continue
				}
				require.NoError(t, err)
				require.Equal(t, string(m), string(out[1:]))
			}
		})
	}
}

// TestBomb: 64 KB that inflate to 64 MB allocate little more than the limit.
func TestBomb(t *testing.T) {
	megabyte := append(newStandard(false).deflate(t, make([]byte, 1<<20)), tail...)
	bomb := bytes.Repeat(megabyte, 64)
	require.Less(t, len(bomb), 80_000)
	d := (&Agreement{ClientMaxWindowBits: 15}).NewDecompressor()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := d.Decompress(nil, bomb, 1<<20)
	runtime.ReadMemStats(&after)
	require.ErrorIs(t, err, ErrTooLarge)
	assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(6<<20))
}
