package main

import (
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func serve(t *testing.T) (c *client.Client, dir string) {
	t.Helper()
	dir = t.TempDir()
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, root.Close()) })
	l := client.Start(t, server(root))
	return client.New(t, l), dir
}

func TestIndex(t *testing.T) {
	c, _ := serve(t)
	response, body := c.Get("/", "Accept: */*")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/plain", response.Header.Get("Content-Type"))
	assert.Equal(t, indexText, body)
	response, body = c.Get("/", "Accept: text/html,*/*;q=0.8")
	assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
	assert.Equal(t, indexHTML, body)
}

func TestPaste(t *testing.T) {
	c, dir := serve(t)
	const text = "<b>a hat & a boot</b>\n"
	response, _ := c.Post("/", "paste="+url.QueryEscape(text))
	require.Equal(t, 303, response.StatusCode)
	location := response.Header.Get("Location")
	assert.Regexp(t, "^/[0-9A-Z]{20,}$", location)

	response, body := c.Get(location)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/plain", response.Header.Get("Content-Type"))
	assert.Equal(t, text, body)

	response, body = c.Get(location, "Accept: text/html")
	assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
	assert.Contains(t, body, "<pre><code>&lt;b&gt;a hat &amp; a boot&lt;/b&gt;\n</code></pre>")

	kept, err := os.ReadFile(filepath.Join(dir, location))
	require.NoError(t, err)
	assert.Equal(t, text, string(kept))
}

func TestHighlight(t *testing.T) {
	// A program of the name that says how it was called stands for the real one.
	bin := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(bin, "highlight"), []byte("#!/bin/sh\necho \"$@\"\ncat\n"), 0o700))
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("there is no sh to run the stand-in with")
	}
	t.Setenv("PATH", bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	c, _ := serve(t)
	response, _ := c.Post("/", "paste=moo")
	location := response.Header.Get("Location")
	for accept, output := range map[string]string{"text/html": "html", "text/plain": "ansi"} {
		_, body := c.Get(location+"?lang=go", "Accept: "+accept)
		assert.Equal(t, "--syntax=go --doc-title=paste --out-format="+output+" --include-style\nmoo", body)
	}
}

func TestWhatIsRefused(t *testing.T) {
	c, _ := serve(t)
	response, _ := c.Post("/", "paste=moo")
	location := response.Header.Get("Location")
	tests := []struct {
		method, path, body string
		status             int
	}{
		{"GET", "/NOSUCHPASTE", "", 404},
		{"GET", "/..%2fmain.go", "", 404},
		{"GET", location + "?lang=%2drf", "", 400},
		{"GET", location + "?lang=", "", 400},
		{"POST", "/", "moo=paste", 400},
		{"POST", "/", "paste=%xx", 400},
		{"POST", "/", "paste=" + strings.Repeat("moo", 333_334), 413},
		{"DELETE", location, "", 405},
	}
	for _, test := range tests {
		response, _ := c.Do(test.method, test.path, test.body, "Content-Type: application/x-www-form-urlencoded")
		assert.Equal(t, test.status, response.StatusCode, test.path)
	}
	response, _ = c.Do("POST", "/", "paste", "Content-Type: text/plain")
	assert.Equal(t, 415, response.StatusCode)
	response, _ = c.Get(location, "Accept: image/png")
	assert.Equal(t, 406, response.StatusCode)
}
