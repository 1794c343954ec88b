package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/examples/internal/client"
	"github.com/cowhand/cowhand/internal/wsclient"
)

func TestRooms(t *testing.T) {
	l := client.Start(t, server())

	ann := wsclient.Dial(t, l.Addr(), "/rooms/lobby/ann", true)
	assert.JSONEq(t, `{"here":["ann"]}`, ann.Receive())
	bob := wsclient.Dial(t, l.Addr(), "/rooms/lobby/bob%20b%20", false)
	assert.JSONEq(t, `{"here":["ann","bob b"]}`, bob.Receive())
	assert.JSONEq(t, `{"here":["ann","bob b"]}`, ann.Receive())
	cat := wsclient.Dial(t, l.Addr(), "/rooms/attic/cat", false)
	assert.JSONEq(t, `{"here":["cat"]}`, cat.Receive())

	bob.Send("is anybody there?")
	for _, member := range []*wsclient.Client{ann, bob} {
		assert.JSONEq(t, `{"from":"bob b","text":"is anybody there?"}`, member.Receive())
	}
	bob.Close(1001)
	assert.JSONEq(t, `{"here":["ann"]}`, ann.Receive())

	cat.Send("moo")
	assert.JSONEq(t, `{"from":"cat","text":"moo"}`, cat.Receive(), "what is said elsewhere is not heard here")
	cat.Close(1000)
	ann.Close(1000)
}

func TestPageAndBadNames(t *testing.T) {
	l := client.Start(t, server())
	tests := []struct {
		path   string
		status int
		body   string
	}{
		{"/", 200, "<title>Cowhand: chat</title>"},
		{"/rooms/lobby/%20", 404, ""},
		{"/rooms/lobby/" + strings.Repeat("x", 41), 404, ""},
		{"/rooms/lobby/ann", 426, ""}, // the path is good, but this is no WebSocket request
	}
	for _, test := range tests {
		response, err := http.Get("http://" + l.Addr().String() + test.path)
		require.NoError(t, err)
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, test.status, response.StatusCode, test.path)
		assert.Contains(t, string(body), test.body, test.path)
	}
}
