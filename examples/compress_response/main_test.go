package main

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestCompress(t *testing.T) {
	c := client.New(t, client.Start(t, server()))

	response, plain := c.Get("/")
	assert.Empty(t, response.Header.Get("Content-Encoding"))
	assert.Equal(t, bigBody, plain)

	response, compressed := c.Get("/", "Accept-Encoding: gzip")
	assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
	assert.Equal(t, "accept-encoding", response.Header.Get("Vary"))
	assert.Less(t, len(compressed), len(plain))
	reader, err := gzip.NewReader(strings.NewReader(compressed))
	require.NoError(t, err)
	text, err := io.ReadAll(reader)
	require.NoError(t, err)
	assert.Equal(t, bigBody, string(text))
}
