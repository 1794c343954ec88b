package main

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestFiles(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	tests := []struct {
		path        string
		status      int
		contentType string
		body        string
	}{
		{"/", 200, "text/html", "<h1>Howdy</h1>"},
		{"/test.txt", 200, "text/plain", "If you can read this, the static files work!\n"},
		{"/video.html", 200, "text/html", `<img src="video.svg"`},
		{"/video.svg", 200, "image/svg+xml", "<svg"},
		{"/nowhere.txt", 404, "", ""},
		{"/..%2fmain.go", 400, "", ""},
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

func TestConditionsAndRanges(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	response, _ := c.Get("/test.txt")
	etag := response.Header.Get("ETag")
	require.NotEmpty(t, etag)
	response, _ = c.Get("/test.txt", "If-None-Match: "+etag)
	assert.Equal(t, 304, response.StatusCode)
	response, body := c.Get("/test.txt", "Range: bytes=0-1")
	assert.Equal(t, 206, response.StatusCode)
	assert.Equal(t, "bytes 0-1/45", response.Header.Get("Content-Range"))
	assert.Equal(t, "If", body)
}
