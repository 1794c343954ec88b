package main

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/internal/wsclient"
)

func TestPage(t *testing.T) {
	l, err := start("127.0.0.1:0", true)
	require.NoError(t, err)
	defer func() { assert.NoError(t, l.Stop(context.Background())) }()
	response, err := http.Get("http://" + l.Addr().String() + "/")
	require.NoError(t, err)
	defer func() { assert.NoError(t, response.Body.Close()) }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	for _, id := range []string{"message", "send", "connect", "disconnect", "output", "status"} {
		assert.Contains(t, string(body), `id="`+id+`"`)
	}
}

func TestSocket(t *testing.T) {
	l, err := start("127.0.0.1:0", true)
	require.NoError(t, err)
	client := wsclient.Dial(t, l.Addr(), "/websocket", true)
	client.Send("moo")
	assert.Equal(t, "You said: moo", client.Receive())
	assert.Equal(t, "Hello!", client.Receive())
	assert.Equal(t, "Still there?", client.Receive())

	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(context.Background()) }()
	assert.EqualValues(t, 1001, client.WaitClosed())
	assert.NoError(t, <-stopped)
}

func TestCompress(t *testing.T) {
	for _, compress := range []bool{false, true} {
		l, err := start("127.0.0.1:0", compress)
		require.NoError(t, err)
		client := wsclient.Dial(t, l.Addr(), "/websocket", true)
		assert.Equal(t, compress, client.Response.Header.Get("Sec-WebSocket-Extensions") != "")
		client.Close(1000)
		assert.NoError(t, l.Stop(context.Background()))
	}
}
