package main

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

// TestMain lets the test's program be the neighbour, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "-neighbour" {
		main()
		return
	}
	os.Exit(m.Run())
}

// TestKinds floods each server in each way, for a moment.
func TestKinds(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts servers; not with -short")
	}
	*duration, *floods = 200*time.Millisecond, 4
	dir := t.TempDir()
	require.NoError(t, process.Build(dir))
	all, err := kinds()
	require.NoError(t, err)
	for _, k := range all {
		for _, transport := range []string{"tcp", "tls"} {
			for _, name := range []string{"cowhand", "gws", "gorilla", "coder"} {
				t.Run(k.name+"/"+transport+"/"+name, func(t *testing.T) { testKind(t, dir, transport, &k, name) })
			}
		}
	}
}

func testKind(t *testing.T, dir, transport string, k *kind, name string) {
	f, err := measure(dir, "", transport, k, name)
	require.NoError(t, err)
	assert.Positive(t, f.Echoes)
	assert.LessOrEqual(t, f.Median, f.Max)
	for _, part := range append(k.parts, *k) {
		if len(part.message) > 0 {
			assert.Contains(t, f.perSecond, part.name)
		}
	}
}

func TestSummary(t *testing.T) {
	took := make([]time.Duration, 200)
	for i := range took {
		took[len(took)-1-i] = time.Duration(i + 1)
	}
	assert.Equal(t, service{Median: 100, P99: 198, Max: 200, Echoes: 200}, summary(took))
	assert.Equal(t, service{Median: 7, P99: 7, Max: 7, Echoes: 1}, summary([]time.Duration{7}))
}

func TestPinning(t *testing.T) {
	for _, bad := range []string{"0", ":1", "0:"} {
		*cpus = bad
		_, err := pin()
		assert.ErrorContains(t, err, "-cpus")
	}
	*cpus = ""
	servers, err := pin()
	require.NoError(t, err)
	assert.Empty(t, servers)
}
