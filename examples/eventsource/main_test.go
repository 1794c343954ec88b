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
	l := client.Start(t, server(time.Millisecond))
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
	_, err := io.Copy(io.Discard, response.Body)
	assert.NoError(t, err, "stopping ends the stream in good order")
}

func TestPage(t *testing.T) {
	l := client.Start(t, server(time.Millisecond))
	response, body := client.New(t, l).Get("/")
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "text/html", response.Header.Get("Content-Type"))
	assert.Contains(t, body, `new EventSource("/eventsource")`)
}
