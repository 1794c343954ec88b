package main

import (
	"bufio"
	"context"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
)

func TestEvents(t *testing.T) {
	lastID.Store(0)
	l, err := start("127.0.0.1:0", time.Millisecond)
	require.NoError(t, err)
	c := client.New(t, l)

	response := c.Open("GET", "/eventsource", "")
	defer response.Body.Close()
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/event-stream", response.Header.Get("Content-Type"))
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{"id: 1", "data: Tick", "", "id: 2", "data: Tick", ""} {
		require.True(t, lines.Scan())
		assert.Equal(t, want, lines.Text())
	}

	require.NoError(t, l.Stop(context.Background()))
	_, err = io.Copy(io.Discard, response.Body)
	assert.NoError(t, err, "stopping ends the stream in good order")
}

func TestPage(t *testing.T) {
	l, err := start("127.0.0.1:0", time.Millisecond)
	require.NoError(t, err)
	response, body := client.New(t, l).Get("/")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
	assert.Contains(t, body, `new EventSource("/eventsource")`)
}
