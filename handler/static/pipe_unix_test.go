//go:build unix

package static_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/internal/servetest"
)

// No request waits for a pipe to be written to.
func TestPipe(t *testing.T) {
	dir := tree(t, nil)
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600))
	servetest.Each(t, route(static.Dir(dir)), func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "GET", "/pipe", "")
		assert.Equal(t, 404, resp.StatusCode)
	})
}

// A server that has no descriptor left does not say that there is no file.
func TestNoDescriptorLeft(t *testing.T) {
	dir := tree(t, map[string]string{"a.txt": "text"})
	get := func(h handler.Handler, path string) int {
		w := httptest.NewRecorder()
		servetest.Serve(h).ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w.Code
	}
	routes := []handler.Handler{route(static.Dir(dir)), static.File(filepath.Join(dir, "a.txt")), route(static.FS(os.DirFS(dir)))}
	for _, h := range routes {
		require.Equal(t, 200, get(h, "/a.txt"))
	}
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	none := limit
	none.Cur = 0
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none))
	var got []int
	for _, h := range routes {
		got = append(got, get(h, "/a.txt"))
	}
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit))
	assert.Equal(t, []int{500, 500, 500}, got)
	assert.Equal(t, 200, get(routes[0], "/a.txt"))
}
