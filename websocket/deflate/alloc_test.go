//go:build !race

package deflate

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// largest is the size of the largest sample.
const largest = 300_000

// TestAllocations: once the windows are full, messages allocate nothing.
func TestAllocations(t *testing.T) {
	messages := jsonMessages(64, 1024)
	a := Agreement{ServerMaxWindowBits: 12, ClientMaxWindowBits: 12, level: DefaultLevel}
	c, d := a.NewCompressor(), a.NewDecompressor()
	frame, message := make([]byte, 0, 2048), make([]byte, 0, 2048)
	i := 0
	round := func() {
		frame, _ = c.Compress(frame[:0], messages[i%len(messages)])
		message, _ = d.Decompress(message[:0], frame, 1<<20)
		i++
	}
	for range 64 {
		round()
	}
	assert.Zero(t, int(testing.AllocsPerRun(500, round)))
	assert.Equal(t, 4096, cap(c.window.bytes), "window")
	assert.Equal(t, 4096, cap(d.window.bytes))
}
