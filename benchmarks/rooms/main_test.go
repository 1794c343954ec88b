package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestSameCore checks that what is counted does what examples/rooms does.
func TestSameCore(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	stop, end := context.WithCancel(ctx)
	result := make(chan error, 1)
	go func() { result <- serve(stop, socket) }()
	root := "http://" + socket.Addr().String()

	response, err := http.PostForm(root+"/login", url.Values{"name": {"ann"}})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, 204, response.StatusCode)
	cookie := "token=" + response.Cookies()[0].Value
	enter := func(room, cookie string) (*websocket.Conn, int) {
		conn, response, _ := websocket.Dial(ctx, root+"/rooms/"+room, &websocket.DialOptions{HTTPHeader: http.Header{"Cookie": {cookie}}})
		return conn, response.StatusCode
	}
	_, status := enter("lobby", "")
	assert.Equal(t, 401, status)
	_, status = enter("cellar", cookie)
	assert.Equal(t, 404, status)
	read := func(conn *websocket.Conn) string {
		_, text, err := conn.Read(ctx)
		require.NoError(t, err)
		return string(text)
	}

	hearer, _ := enter("lobby", cookie)
	for i := range 60 {
		guest, _ := enter("lobby", cookie)
		require.NoError(t, guest.Write(ctx, websocket.MessageText, []byte(fmt.Sprint(i))))
		require.Equal(t, fmt.Sprint("ann: ", i), read(hearer))
		require.NoError(t, guest.CloseNow())
	}
	late, _ := enter("lobby", cookie)
	for i := 10; i < 60; i++ {
		require.Equal(t, fmt.Sprint("ann: ", i), read(late))
	}
	for range 100 {
		require.NoError(t, late.Write(ctx, websocket.MessageText, []byte("spam")))
	}
	for !strings.HasPrefix(read(late), "too fast") {
	}
	end()
	for err = nil; err == nil; {
		_, _, err = late.Read(ctx)
	}
	assert.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
	_ = hearer.CloseNow()
	assert.NoError(t, <-result)
}
