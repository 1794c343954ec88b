package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

const heapBefore = `heap profile: 2: 96 [3: 144] @ heap/2
1: 48 [1: 48] @ 0x1 0x2
#	0x1	runtime.mallocgc+0x1	/go/src/runtime/malloc.go:1
#	0x2	example.org/pkg.Make+0x2	/pkg/make.go:3

# runtime.MemStats
# HeapAlloc = 1000
# Stack = 4096 / 8192
`

const heapAfter = `heap profile: 2: 96 [3: 144] @ heap/2
4: 192 [9: 432] @ 0x1 0x2
#	0x1	runtime.mallocgc+0x1	/go/src/runtime/malloc.go:1
#	0x2	example.org/pkg.Make+0x2	/pkg/make.go:3

1: 16 [1: 16] @ 0x1 0x3
#	0x1	runtime.mallocgc+0x1	/go/src/runtime/malloc.go:1
#	0x3	example.org/pkg.Other+0x2	/pkg/make.go:9

# runtime.MemStats
# HeapAlloc = 3000
# Stack = 8192 / 8192
`

func TestGrowth(t *testing.T) {
	before, err := parseHeap([]byte(heapBefore))
	require.NoError(t, err)
	after, err := parseHeap([]byte(heapAfter))
	require.NoError(t, err)
	places := after.minus(before)
	require.Len(t, places, 2)
	assert.Equal(t, "pkg.Make make.go:3", places[0].chain())
	assert.Equal(t, 144.0, places[0].bytes)
	assert.Equal(t, 3.0, places[0].objects)
	assert.Equal(t, "pkg.Other make.go:9", places[1].chain())
	assert.Equal(t, 3000.0, after.stats["HeapAlloc"])
	assert.Equal(t, 8192.0, after.stats["Stack"])
}

// TestMeasure looks at a few connections of a server, whose WebSocket structs
// must be found.
func TestMeasure(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts servers; not with -short")
	}
	*number, *settle = 20, 10*time.Millisecond
	dir := t.TempDir()
	require.NoError(t, process.Build(dir))
	for _, *overTLS = range []bool{false, true} {
		g, err := measure(dir, "GODEBUG=memprofilerate=1")
		require.NoError(t, err)
		places := g.after.heap.minus(g.before.heap)
		require.NotEmpty(t, places)
		assert.Positive(t, places[0].bytes)
		assert.NotEmpty(t, g.after.goroutines)
		for _, name := range statistics {
			assert.Contains(t, g.after.heap.stats, name)
		}
	}
	sizes, err := sizesIn(filepath.Join(dir, "server"))
	require.NoError(t, err)
	assert.Positive(t, sizes["github.com/cowhand/cowhand/websocket.Conn"])
	assert.Positive(t, sizes["crypto/tls.Conn"])
	_, err = sizesIn(os.DevNull)
	assert.Error(t, err)
}
