package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/benchmarks/internal/process"
)

// TestCells drives each server in each cell, for a moment.
func TestCells(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and starts servers; not with -short")
	}
	*duration, *clients, *idlers, *settle = 50*time.Millisecond, 2, 10, 0
	dir := t.TempDir()
	require.NoError(t, process.Build(dir))
	for _, c := range cells {
		c.connections = min(c.connections, 10)
		for _, name := range c.servers {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				r, err := measure(dir, name, c)
				require.NoError(t, err)
				assert.Len(t, r, len(c.columns))
			})
		}
	}
}

func TestAServerThatDoesNotStart(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, process.Build(dir))
	_, err := process.Start(dir, process.Options{Name: "unknown"})
	assert.ErrorContains(t, err, "unsupported")
}

func TestMedian(t *testing.T) {
	results := []result{{3, 30}, {1, 10}, {2, 5}}
	assert.Equal(t, 2.0, median(results, 0))
	assert.Equal(t, 10.0, median(results, 1))
}
