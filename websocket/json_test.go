package websocket_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/websocket"
)

type move struct {
	Player string `json:"player"`
	Square struct {
		X int `json:"x"`
		Y int `json:"y"`
	} `json:"square"`
}

func TestJSON(t *testing.T) {
	assert.Equal(t, websocket.Text(`{"n":1}`), websocket.JSON(map[string]int{"n": 1}))
	m, err := websocket.ReadJSON[move](websocket.Text(`{"player":"joe","square":{"x":1,"y":2}}`))
	require.NoError(t, err)
	assert.Equal(t, "joe", m.Player)
	assert.Equal(t, 2, m.Square.Y)
	pointer, err := websocket.ReadJSON[*move](websocket.Text(`null`))
	assert.NoError(t, err)
	assert.Nil(t, pointer)
}

// TestJSONThatCannotBe: the value is the handler's fault.
func TestJSONThatCannotBe(t *testing.T) {
	bad := websocket.JSON(map[string]any{"f": func() {}})
	_, err := websocket.Prepare(bad)
	assert.ErrorContains(t, err, "unsupported type: func()")

	h := &callbacks{frame: func(*websocket.Conn, websocket.Frame) websocket.Commands { return websocket.Reply(bad) }}
	server := setup{}.serve(t, h)
	c := server.connect(t)
	assert.ErrorContains(t, h.opened(t).SendFrame(bad), "unsupported type: func()")
	c.send(text("x"))
	c.expectClose(1011)
	require.NoError(t, c.conn.Close())
	assert.ErrorContains(t, h.reason(t).Err, "unsupported type: func()")
	assert.Contains(t, server.logs.String(), "unsupported type: func()")
}

// TestFail: what the client is told, and what Terminate.
func TestFail(t *testing.T) {
	secret := errors.New("no such row in accounts")
	read := func(f websocket.Frame) error { _, err := websocket.ReadJSON[move](f); return err }
	for _, test := range []struct {
		name   string
		sent   wireFrame
		handle func(websocket.Frame) error
		close  wireFrame
		cause  any // of Reason.Err, for errors.As
	}{
		{"not JSON", text(`{"player":}`), read, closing(1007, "line 1, column 11: invalid character '}' looking for beginning of value"), new(*handler.JSONError)},
		{"the end is missing", text(`{"player":`), read, closing(1007, "line 1, column 11: unexpected end of JSON input"), new(*handler.JSONError)},
		{"nothing", text(``), read, closing(1007, "line 1, column 1: a JSON value is expected, not the end"), new(*handler.JSONError)},
		{"another type", text(`[]`), read, closing(1007, "line 1, column 1: an object is expected, not an array"), new(*handler.JSONError)},
		{"a field of another type", text(`{"square":{"x":1.5}}`), read, closing(1007, "line 1, column 16 (/square/x): an integer is expected, not 1.5"), new(*handler.JSONError)},
		{"binary", binaryFrame(`{}`), read, closing(1003, "expected text with JSON, not binary"), nil},
		{"strict", text(`{}`), func(f websocket.Frame) error {
			_, err := websocket.ReadJSON[move](f, handler.JSONOptions{Strict: true})
			return err
		}, closing(1007, `line 1, column 1: the keys "player", "square" are missing`), new(*handler.JSONError)},
		{"a public message", text(`{}`), func(websocket.Frame) error { return handler.Error(409, "no such square", secret) }, closing(1008, "no such square"), nil},
		{"an error of the handler's own", text(`{}`), func(websocket.Frame) error { return secret }, closing(1008, ""), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachTransport(t, func(t *testing.T, on setup) {
				var failed error
				h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
					failed = test.handle(f)
					return websocket.Fail(failed)
				}}
				server := on.serve(t, h)
				c := server.connect(t)
				c.send(test.sent, text("dropped"))
				c.expect(test.close)
				c.send(closing(1000, ""))
				c.expectEnd()
				require.NoError(t, c.conn.Close())
				reason := h.reason(t)
				assert.Equal(t, websocket.ReasonError, reason.Kind)
				assert.ErrorIs(t, reason.Err, websocket.ErrBadMessage)
				assert.ErrorIs(t, reason.Err, failed)
				assert.EqualError(t, reason.Err, failed.Error())
				if test.cause != nil {
					assert.ErrorAs(t, reason.Err, test.cause)
				}
				assert.Empty(t, server.logs.String(), "a client must not fill the log")
			})
		})
	}
}

// TestFailOfNothing: pings and pongs are not messages, and nil is no error.
func TestFailOfNothing(t *testing.T) {
	h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		m, err := websocket.ReadJSON[move](f)
		if err != nil {
			return websocket.Fail(err)
		}
		return websocket.Reply(websocket.JSON(m.Player))
	}}
	c := setup{}.serve(t, h).connect(t)
	c.send(ping("p"), pong("q"), text(`{"player":"joe"}`))
	c.expect(pong("p"), text(`"joe"`))
	c.quit()
	assert.Equal(t, websocket.None, websocket.Fail(nil))
}

// TestLongReasonOfFail: a reason is cut to what fits, between two characters.
func TestLongReasonOfFail(t *testing.T) {
	type deep struct {
		Field int `json:"xääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää"`
	}
	h := &callbacks{frame: func(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
		_, err := websocket.ReadJSON[deep](f)
		return websocket.Fail(err)
	}}
	c := setup{}.serve(t, h).connect(t)
	c.send(text(`{"x` + strings.Repeat("ä", 70) + `":""}`))
	f := c.next()
	assert.LessOrEqual(t, len(f.payload), 125)
	assert.Greater(t, len(f.payload), 125-utf8.UTFMax)
	assert.True(t, utf8.ValidString(f.payload[2:]), f.payload)
	require.NoError(t, c.conn.Close())
	assert.True(t, strings.HasPrefix(f.payload[2:], "line 1, column "), f.payload)
}

// BenchmarkReadJSON: the callback's part of a JSON echo.
func BenchmarkReadJSON(b *testing.B) {
	f := websocket.Text(`{"player":"joe","square":{"x":1,"y":2}}`)
	b.ReportAllocs()
	for b.Loop() {
		m, err := websocket.ReadJSON[move](f)
		if err != nil {
			b.Fatal(err)
		}
		_ = websocket.Reply(websocket.JSON(m))
	}
}
