package group_test

import (
	"bufio"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/klauspost/compress/flate"
	"github.com/stretchr/testify/require"
)

// patience limits every wait in a test.
const patience = 20 * time.Second

// client is a WebSocket client for raw frames.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader
}

// dial connects. If offer is not empty, it is the Sec-WebSocket-Extensions.
func dial(t *testing.T, addr, offer string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	request := "GET /room HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
	if offer != "" {
		request += "Sec-WebSocket-Extensions: " + offer + "\r\n"
	}
	_, err = io.WriteString(conn, request+"\r\n")
	require.NoError(t, err)
	c := &client{t, conn, bufio.NewReader(conn)}
	response, err := http.ReadResponse(c.in, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, response.StatusCode)
	return c
}

// send sends a text frame of less than 126 bytes, masked with a key of zero.
func (c *client) send(text string) {
	c.t.Helper()
	_, err := c.conn.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
	require.NoError(c.t, err)
}

// frame reads a frame and inflates it if it is compressed.
func (c *client) frame() (opcode byte, payload string) {
	c.t.Helper()
	var header [2]byte
	_, err := io.ReadFull(c.in, header[:])
	require.NoError(c.t, err)
	length := int(header[1])
	if length == 126 {
		var length16 [2]byte
		_, err = io.ReadFull(c.in, length16[:])
		require.NoError(c.t, err)
		length = int(binary.BigEndian.Uint16(length16[:]))
	}
	body := make([]byte, length)
	_, err = io.ReadFull(c.in, body)
	require.NoError(c.t, err)
	if header[0]&0x40 != 0 {
		body, err = io.ReadAll(flate.NewReader(&chunks{body, []byte{0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff}}))
		require.NoError(c.t, err)
	}
	return header[0] & 0x0f, string(body)
}

// text reads a text frame.
func (c *client) text() string {
	c.t.Helper()
	opcode, payload := c.frame()
	require.EqualValues(c.t, 1, opcode)
	return payload
}

// chunks reads one slice, then the other.
type chunks [2][]byte

func (c *chunks) Read(p []byte) (int, error) {
	for i := range c {
		if len(c[i]) > 0 {
			n := copy(p, c[i])
			c[i] = c[i][n:]
			return n, nil
		}
	}
	return 0, io.EOF
}
