package handlertest_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/websocket"
)

// shout is a protocol of its own.
type shout struct{}

func (shout) Upgrade(req *handler.Request, _ *handler.Env) error {
	conn, rw, err := req.Hijack()
	if err != nil {
		return err
	}
	go func() {
		defer conn.Close()
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\nhello\n")
		rw.Flush()
		io.Copy(conn, rw.Reader)
	}()
	return nil
}

func TestUpgrade(t *testing.T) {
	c := handlertest.New(t, handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
		if req.Header("Upgrade") != "shout" {
			return nil, handler.Errorf(426, "shout")
		}
		return &handler.Upgrade{Protocol: shout{}}, nil
	}))
	conn, r := c.Upgrade(handlertest.Request{Headers: handler.Headers{"connection": "upgrade", "upgrade": "shout"}})
	require.NotNil(t, conn) // the end of the test closes it
	assert.Equal(t, 101, r.Status)
	assert.Equal(t, "shout", r.Header.Get("Upgrade"))
	_, err := io.WriteString(conn, "moo\n")
	require.NoError(t, err)
	reader := bufio.NewReader(conn)
	for _, want := range []string{"hello\n", "moo\n"} {
		line, err := reader.ReadString('\n')
		require.NoError(t, err)
		assert.Equal(t, want, line)
	}
	require.NoError(t, conn.SetReadDeadline(time.Unix(1, 0)))
	_, err = conn.Read(make([]byte, 1))
	assert.ErrorIs(t, err, os.ErrDeadlineExceeded)

	conn, r = c.Upgrade(handlertest.Request{})
	assert.Nil(t, conn)
	assert.Equal(t, 426, r.Status)
}

type echo struct {
	websocket.Base
	ended chan websocket.Reason
}

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	return websocket.Reply(f)
}

func (e echo) Terminate(_ *websocket.Conn, reason websocket.Reason) { e.ended <- reason }

func TestWebSocket(t *testing.T) {
	h := echo{ended: make(chan websocket.Reason, 1)}
	c := handlertest.New(t, handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return websocket.Upgrade(h), nil }))
	conn, r := c.Upgrade(handlertest.WebSocket("/ws"))
	require.NotNil(t, conn, r.Text())
	_, err := io.WriteString(conn, "\x81\x83\x00\x00\x00\x00moo")
	require.NoError(t, err)
	b := make([]byte, 5)
	_, err = io.ReadFull(conn, b)
	require.NoError(t, err)
	assert.Equal(t, "\x81\x03moo", string(b))
	require.NoError(t, conn.Close())
	assert.Equal(t, websocket.ReasonError, (<-h.ended).Kind)

	r = c.Do(handlertest.WebSocket("/ws"))
	assert.Equal(t, 101, r.Status)
	<-h.ended
	assert.Equal(t, 426, c.Get("/ws").Status)

	conn, _ = c.Upgrade(handlertest.WebSocket("/ws"))
	require.NotNil(t, conn)
}
