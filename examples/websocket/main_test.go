package main

import (
	"context"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
	"github.com/cowhand/cowhand/internal/wsclient"
)

func TestPage(t *testing.T) {
	l := client.Start(t, server(true))
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
	l := client.Start(t, server(true))
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
		l := client.Start(t, server(compress))
		client := wsclient.Dial(t, l.Addr(), "/websocket", true)
		assert.Equal(t, compress, client.Response.Header.Get("Sec-WebSocket-Extensions") != "")
		client.Close(1000)
		assert.NoError(t, l.Stop(context.Background()))
	}
}
