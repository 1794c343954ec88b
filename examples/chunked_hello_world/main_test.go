package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestChunks(t *testing.T) {
	c := client.New(t, client.Start(t, server(0)))

	response, body := c.Get("/")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "Hello\r\nWorld\r\nChunked!\r\n", body)

	head, chunks, _ := strings.Cut(c.Raw("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), "\r\n\r\n")
	assert.Contains(t, head, "Transfer-Encoding: chunked")
	assert.Equal(t, "7\r\nHello\r\n\r\n7\r\nWorld\r\n\r\na\r\nChunked!\r\n\r\n0\r\n\r\n", chunks, "each piece is a chunk of its own")
}
