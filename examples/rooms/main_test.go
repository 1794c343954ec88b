package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
	"github.com/cowhand/cowhand/internal/wsclient"
	"github.com/cowhand/cowhand/listener"
)

// login returns the cookie of a user, as a header.
func login(t *testing.T, l *listener.Listener, name string) string {
	t.Helper()
	response, _ := client.New(t, l).Post("/login", "name="+name)
	require.Equal(t, 204, response.StatusCode)
	require.Len(t, response.Cookies(), 1)
	cookie := response.Cookies()[0]
	assert.True(t, cookie.HttpOnly)
	assert.Equal(t, http.SameSiteStrictMode, cookie.SameSite)
	return "Cookie: token=" + cookie.Value
}

func enter(t *testing.T, l *listener.Listener, room, cookie string) *wsclient.Client {
	t.Helper()
	return wsclient.Dial(t, l.Addr(), "/rooms/"+room, false, cookie)
}

func TestLogin(t *testing.T) {
	l := client.Start(t, server())
	c := client.New(t, l)
	for _, name := range []string{"", strings.Repeat("x", 21)} {
		response, _ := c.Post("/login", "name="+name)
		assert.Equal(t, 400, response.StatusCode, name)
	}
	ann := login(t, l, "ann")
	for _, cookie := range []string{"X: y", "Cookie: token=", "Cookie: token=ann", ann + "0"} {
		response, _ := c.Get("/rooms/lobby", cookie)
		assert.Equal(t, 401, response.StatusCode, cookie)
	}
	response, _ := c.Get("/rooms/cellar", ann)
	assert.Equal(t, 404, response.StatusCode)
}

func TestRoomsAndTheirLastMessages(t *testing.T) {
	l := client.Start(t, server())
	ann, bob := login(t, l, "ann"), login(t, l, "bob")
	speaker, hearer, elsewhere := enter(t, l, "lobby", ann), enter(t, l, "lobby", bob), enter(t, l, "attic", bob)
	speaker.Send("hello")
	assert.Equal(t, "ann: hello", hearer.Receive())
	assert.Equal(t, "ann: hello", speaker.Receive())
	elsewhere.Send("anybody?")
	assert.Equal(t, "bob: anybody?", elsewhere.Receive(), "what is said in the lobby isn't heard in the attic")

	for i := range 60 { // by many guests, as each has a rate limit
		guest := enter(t, l, "lobby", ann)
		guest.Send(fmt.Sprint(i))
		require.Equal(t, fmt.Sprint("ann: ", i), hearer.Receive())
		guest.Close(1000)
	}
	late := enter(t, l, "lobby", ann)
	for i := 10; i < 60; i++ {
		require.Equal(t, fmt.Sprint("ann: ", i), late.Receive())
	}
	late.Send("last")
	assert.Equal(t, "ann: last", late.Receive())
}

func TestRateLimit(t *testing.T) {
	l := client.Start(t, server())
	guest := enter(t, l, "lobby", login(t, l, "ann"))
	const sent = 1000
	for range sent {
		guest.Send("spam")
	}
	heard := map[string]int{}
	for range sent {
		heard[guest.Receive()]++
	}
	assert.Len(t, heard, 2)
	assert.GreaterOrEqual(t, heard["ann: spam"], 5)
	assert.Less(t, heard["ann: spam"], sent, "the machine isn't so slow that five a second are all of them")
}

// The README counts them.
func TestLines(t *testing.T) {
	source, err := os.ReadFile("main.go")
	require.NoError(t, err)
	lines := 0
	for line := range strings.Lines(string(source)) {
		if strings.TrimSpace(line) != "" {
			lines++
		}
	}
	assert.LessOrEqual(t, lines, 70)
}

func TestShutdownTellsTheGuests(t *testing.T) {
	l := client.Start(t, server())
	guest := enter(t, l, "lobby", login(t, l, "ann"))
	stopped := make(chan error, 1)
	go func() { stopped <- l.Stop(context.Background()) }()
	assert.EqualValues(t, 1001, guest.WaitClosed())
	assert.NoError(t, <-stopped)
}
