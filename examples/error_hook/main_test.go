package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestErrors(t *testing.T) {
	c := client.New(t, client.Start(t, server()))
	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/", 404, "404 Not Found: \"/\" is not the path you are looking for.\n"},
		{"/%3Cb%3E", 404, "404 Not Found: \"/%3Cb%3E\" is not the path you are looking for.\n"},
		{"/" + strings.Repeat("moo", 3000), 414, "HTTP Error 414\n"},
	}
	for _, test := range tests {
		response, body := c.Get(test.path)
		assert.Equal(t, test.status, response.StatusCode)
		assert.Equal(t, test.body, body)
		assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
		assert.EqualValues(t, len(test.body), response.ContentLength)
	}
	response, body := c.Do("HEAD", "/", "")
	assert.Equal(t, 404, response.StatusCode)
	assert.Empty(t, body)
}
