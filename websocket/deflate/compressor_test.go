package deflate

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestWindow: a peer with exactly the agreed window can inflate our messages,
// and so can the standard library.
func TestWindow(t *testing.T) {
	messages := samples(t)
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		for _, takeover := range []bool{true, false} {
			level := map[bool]int{true: DefaultLevel, false: 1 + bits%9}[takeover]
			t.Run(fmt.Sprintf("bits=%d/takeover=%t/level=%d", bits, takeover, level), func(t *testing.T) {
				t.Parallel()
				a := Agreement{ServerMaxWindowBits: bits, ServerNoContextTakeover: !takeover, level: level}
				c, j, peer := a.NewCompressor(), newJudge(bits, takeover), newStandard(takeover)
				for i, m := range messages {
					out, compressed := c.Compress([]byte("before"), m)
					require.Equal(t, "before", string(out[:6]))
					if !compressed {
						require.Len(t, out, 6)
						continue
					}
					out = out[6:]
					require.Less(t, len(out), len(m))
					got, err := j.message(out)
					require.NoError(t, err, "message %d", i)
					require.True(t, bytes.Equal(m, got), "message %d", i)
					got, err = peer.inflate(out)
					require.NoError(t, err, "message %d", i)
					require.True(t, bytes.Equal(m, got), "message %d", i)
				}
				assert.Greater(t, j.farthest, 1<<bits-8, "uses the window")
			})
		}
	}
}

// TestLevels: higher levels make messages smaller.
func TestLevels(t *testing.T) {
	messages := jsonMessages(100, 1024)
	last := 1 << 30
	for level := 1; level < len(levels); level++ {
		a := Agreement{ServerMaxWindowBits: 12, level: level}
		c, j := a.NewCompressor(), newJudge(12, true)
		total := 0
		for _, m := range messages {
			out, compressed := c.Compress(nil, m)
			require.True(t, compressed)
			got, err := j.message(out)
			require.NoError(t, err)
			require.Equal(t, m, got)
			total += len(out)
		}
		assert.LessOrEqual(t, total, last, "level %d", level)
		last = total
	}
}

// TestBlockTypes: the shortest block type is chosen.
func TestBlockTypes(t *testing.T) {
	mixed := append(incompressible(1, chunkSize), bytes.Repeat([]byte("x"), chunkSize)...)
	for name, c := range map[string]struct {
		message []byte
		want    [3]int
	}{
		// The tail adds a stored block.
		"fixed":   {bytes.Repeat([]byte("Hello"), 10), [3]int{1, 1, 0}},
		"dynamic": {jsonMessages(1, 1024)[0], [3]int{1, 0, 1}},
		"stored":  {mixed, [3]int{2, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			a := Agreement{ServerMaxWindowBits: 15, level: DefaultLevel}
			out, compressed := a.NewCompressor().Compress(nil, c.message)
			require.True(t, compressed)
			j := newJudge(15, true)
			got, err := j.message(out)
			require.NoError(t, err)
			require.True(t, bytes.Equal(c.message, got))
			assert.Equal(t, c.want, j.blocks)
		})
	}
}

// TestPlain: messages that are short or would not shrink stay uncompressed, and
// later messages don't refer to them.
func TestPlain(t *testing.T) {
	a, _, err := Negotiate([]string{"permessage-deflate"}, Options{})
	require.NoError(t, err)
	c, j := a.NewCompressor(), newJudge(a.ServerMaxWindowBits, true)

	noise := incompressible(1, 200)
	short := bytes.Repeat([]byte("s"), DefaultMinCompressSize-1)
	for _, m := range [][]byte{nil, noise, short} {
		dst := []byte("kept")
		out, compressed := c.Compress(dst, m)
		require.False(t, compressed)
		require.Equal(t, dst, out)
		require.Empty(t, c.window.bytes)
	}
	enough := append(noise, bytes.Repeat([]byte("s"), DefaultMinCompressSize)...)
	out, compressed := c.Compress(nil, enough)
	require.True(t, compressed)
	got, err := j.message(out) // which never saw the uncompressed messages
	require.NoError(t, err)
	require.Equal(t, enough, got)

	out, compressed = c.Compress(nil, enough)
	require.True(t, compressed)
	assert.Less(t, len(out), 20, "refers to the message before")
}

// TestPrepared: connections with equal Forms share a compressed message between
// messages of their own, with and without context takeover.
func TestPrepared(t *testing.T) {
	plain, _, err := Negotiate([]string{"permessage-deflate; server_no_context_takeover; server_max_window_bits=12"}, Options{})
	require.NoError(t, err)
	takeover, _, err := Negotiate([]string{"x-webkit-deflate-frame"}, Options{})
	require.NoError(t, err)
	require.Equal(t, plain.Form(), takeover.Form())
	other, _, err := Negotiate([]string{"permessage-deflate; server_max_window_bits=9"}, Options{})
	require.NoError(t, err)
	require.NotEqual(t, plain.Form(), other.Form())

	messages := jsonMessages(20, 1024)
	shared, compressed := plain.Form().Compress(nil, messages[0])
	require.True(t, compressed)
	for _, a := range []*Agreement{plain, takeover} {
		c, j := a.NewCompressor(), newJudge(12, !a.ServerNoContextTakeover)
		require.Equal(t, plain.Form(), c.Form())
		for i, m := range messages[1:] {
			out, compressed := c.Compress(nil, m)
			require.True(t, compressed)
			got, err := j.message(out)
			require.NoError(t, err)
			require.Equal(t, m, got)
			if i%3 == 0 {
				got, err = j.message(shared)
				require.NoError(t, err)
				require.Equal(t, messages[0], got)
				c.Sent(messages[0])
			}
		}
		c.Sent(messages[0])
		_, err = j.message(shared)
		require.NoError(t, err)
		out, compressed := c.Compress(nil, messages[0])
		require.True(t, compressed)
		assert.Equal(t, !a.ServerNoContextTakeover, len(out) < 30, "with takeover, it refers to the prepared message")
		got, err := j.message(out)
		require.NoError(t, err)
		require.Equal(t, messages[0], got)
	}
	out, compressed := Form{}.Compress(nil, messages[0])
	require.False(t, compressed)
	require.Empty(t, out)
}

// TestPositions: entries of earlier messages never match, even when positions
// overflow and start again.
func TestPositions(t *testing.T) {
	d := &deflater{block: newBlock()}
	form := Form{windowBits: 15, level: 1}
	m := jsonMessages(1, 1024)[0]
	want := d.deflate(nil, m, nil, form)
	for range 5 {
		d.matcher.base = 1<<31 - maxWindow - uint32(d.matcher.size)
		require.Equal(t, want, d.deflate(nil, m, nil, form))
		require.Equal(t, want, d.deflate(nil, m, nil, form))
		require.Less(t, d.matcher.base, uint32(1<<20))
	}
}

// TestWindowGrowth: a window keeps the last bytes and never allocates more than
// its size.
func TestWindowGrowth(t *testing.T) {
	for _, sizes := range [][]int{{1, 2, 3}, {100, 100, 100}, {255, 1, 1}, {256}, {257}, {1000, 1}, {200, 200, 0, 200}, {10, 300, 10}, {250, 10, 250, 10}} {
		w := newWindow(8, false)
		var all []byte
		for i, n := range sizes {
			p := incompressible(int64(i), n)
			all = append(all, p...)
			w.add(p)
			require.Equal(t, all[max(0, len(all)-256):], w.bytes, "%v", sizes)
			require.LessOrEqual(t, cap(w.bytes), 256)
		}
	}
	w := newWindow(15, false)
	w.add(make([]byte, 100))
	assert.Equal(t, 256, cap(w.bytes))
	w = newWindow(15, true)
	w.add(make([]byte, 100))
	assert.Nil(t, w.bytes)
}
