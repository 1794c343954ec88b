package main

import (
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func serve(t *testing.T, dir string) *client.Client {
	t.Helper()
	files, err := open(dir)
	require.NoError(t, err)
	l := client.Start(t, server(files))
	return client.New(t, l)
}

func TestFiles(t *testing.T) {
	c := serve(t, "")
	tests := []struct {
		path        string
		status      int
		contentType string
		body        string
	}{
		{"/test.txt", 200, "text/plain; charset=utf-8", "If you can read this, the static files work!\n"},
		{"/video.html", 200, "text/html; charset=utf-8", `<img src="video.svg"`},
		{"/video.svg", 200, "image/svg+xml", "<svg"},
		{"/" + url.PathEscape("中文") + "/" + url.PathEscape("中文.html"), 200, "text/html; charset=utf-8", "<h1>中文</h1>"},
		{"/nowhere", 404, "", ""},
		{"/..%2f", 400, "", ""},
	}
	for _, test := range tests {
		response, body := c.Get(test.path)
		assert.Equal(t, test.status, response.StatusCode, test.path)
		assert.Contains(t, body, test.body, test.path)
		if test.status == 200 {
			assert.Equal(t, test.contentType, response.Header.Get("Content-Type"), test.path)
		}
	}
}

func TestListings(t *testing.T) {
	c := serve(t, "")
	response, body := c.Get("/")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	for _, line := range []string{
		`<a href="/">..</a>`,
		`<a href="/test.txt">test.txt</a>`,
		`<a href="/video.html">video.html</a>`,
		`<a href="/%E4%B8%AD%E6%96%87">中文</a>`,
	} {
		assert.Contains(t, body, line)
	}

	for _, path := range []string{"/%E4%B8%AD%E6%96%87", "/%E4%B8%AD%E6%96%87/"} {
		_, body = c.Get(path)
		assert.Contains(t, body, `<a href="/">..</a>`)
		assert.Contains(t, body, `<a href="/%E4%B8%AD%E6%96%87/%E4%B8%AD%E6%96%87.html">中文.html</a>`)
	}

	response, body = c.Get("/", "Accept: application/json")
	assert.Equal(t, "application/json", response.Header.Get("Content-Type"))
	assert.JSONEq(t, `["test.txt", "video.html", "video.svg", "中文"]`, body)

	response, _ = c.Do("DELETE", "/", "")
	assert.Equal(t, 405, response.StatusCode)
}

func TestOtherDirectory(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "<empty>"), 0o700))
	require.NoError(t, os.Symlink("/", filepath.Join(dir, "out")))
	c := serve(t, dir)
	_, body := c.Get("/")
	assert.Contains(t, body, `<a href="/%3Cempty%3E">&lt;empty&gt;</a>`)
	_, body = c.Get("/%3Cempty%3E", "Accept: application/json")
	assert.Equal(t, "[]", body)
	response, _ := c.Get("/out/")
	assert.NotEqual(t, 200, response.StatusCode, "a link that leads out of the directory")

	_, err := open(filepath.Join(dir, "nowhere"))
	assert.ErrorIs(t, err, os.ErrNotExist)
}
