package main

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestHelloWorld(t *testing.T) {
	l := client.Start(t, server())
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
