package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

// serve serves a copy of priv.
func serve(t *testing.T) (c *client.Client, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"video.md", "video.svg"} {
		data, err := os.ReadFile(filepath.Join("priv", name))
		require.NoError(t, err)
		write(t, filepath.Join(dir, name), string(data), time.Now().Add(-time.Hour))
	}
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, root.Close()) })
	l := client.Start(t, server(root))
	return client.New(t, l), dir
}

// write writes a file that was modified at some time.
func write(t *testing.T, name, text string, modified time.Time) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	require.NoError(t, os.Chtimes(name, modified, modified))
}

func TestPage(t *testing.T) {
	c, dir := serve(t)
	response, body := c.Get("/video.html")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Contains(t, body, "<h1>A moving picture, in Markdown</h1>")
	assert.Contains(t, body, `<img src="video.svg" alt="A hat that jumps up and down">`)
	assert.Contains(t, body, "<code>video.md</code>")
	_, svg := c.Get("/video.svg")
	assert.Contains(t, svg, "<svg")

	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 3, "video.html is all that was written")
}

// TestYounger: a page is made anew where its source is younger, and only then.
func TestYounger(t *testing.T) {
	c, dir := serve(t)
	page, source := filepath.Join(dir, "hat.html"), filepath.Join(dir, "hat.md")
	now := time.Now()

	write(t, source, "# Hat", now.Add(-time.Hour))
	write(t, page, "made by hand", now)
	_, body := c.Get("/hat.html")
	assert.Equal(t, "made by hand", body)

	write(t, source, "# New hat", now.Add(time.Hour))
	_, body = c.Get("/hat.html")
	assert.Equal(t, "<h1>New hat</h1>\n", body)

	require.NoError(t, os.Remove(source))
	_, body = c.Get("/hat.html")
	assert.Equal(t, "<h1>New hat</h1>\n", body)
}

func TestWhatIsNotThere(t *testing.T) {
	c, dir := serve(t)
	write(t, filepath.Join(filepath.Dir(dir), "secret.md"), "secret", time.Now())
	for path, status := range map[string]int{
		"/nowhere.html":      404,
		"/nowhere.md":        404,
		"/..%2fsecret.html":  400,
		"/../secret.html":    404,
		"/video.md/hat.html": 404,
	} {
		response, body := c.Get(path)
		assert.Equal(t, status, response.StatusCode, path)
		assert.NotContains(t, body, "secret", path)
	}
	_, err := os.Stat(filepath.Join(filepath.Dir(dir), "secret.html"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
