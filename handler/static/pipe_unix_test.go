//go:build unix

package static_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler/internal/servetest"
	"github.com/cowhand/cowhand/handler/static"
)

// No request waits for a pipe to be written to.
func TestPipe(t *testing.T) {
	dir := tree(t, nil)
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	c := servetest.Start(t, route(static.Dir(dir)), false)
	resp, _ := c.Do(t, "GET", "/pipe", "")
	assert.Equal(t, 404, resp.StatusCode)
}
