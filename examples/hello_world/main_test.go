package main

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHelloWorld(t *testing.T) {
	l, err := start("127.0.0.1:0")
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Stop(context.Background())) }()
	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/", 200, "Hello, World!\n"},
		{"/nowhere", 404, ""},
	}
	for _, test := range tests {
		response, err := http.Get("http://" + l.Addr().String() + test.path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, test.status, response.StatusCode, test.path)
		assert.Equal(t, test.body, string(body), test.path)
	}
}
