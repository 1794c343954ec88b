// Package wsclient is a WebSocket client for tests: as small as can be, and
// strict about what a server may send. It fails the test where something is
// wrong, and every wait in it is bounded.
package wsclient

import (
	"bufio"
	"bytes"
	"compress/flate"
	"crypto/subtle"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Opcodes of RFC 6455, section 11.8.
const (
	Text   = 1
	Binary = 2
	Closed = 8
	Ping   = 9
	Pong   = 10
)

const patience = 20 * time.Second

// Client is one WebSocket connection.
type Client struct {
	Response *http.Response // the 101

	t       testing.TB
	conn    net.Conn
	reader  *bufio.Reader
	deflate bool
	history []byte // what the server sent, for its compressor's references
}

// Dial connects to a TCP address, asks for path, which may have a query, and
// offers permessage-deflate if wanted. Headers are further ones, such as
// "Cookie: a=b".
func Dial(t testing.TB, address net.Addr, path string, deflate bool, headers ...string) *Client {
	t.Helper()
	conn, err := net.DialTimeout(address.Network(), address.String(), patience)
	require.NoError(t, err)
	return Over(t, conn, path, deflate, headers...)
}

// Over makes the handshake over a connection that is there already.
func Over(t testing.TB, conn net.Conn, path string, deflate bool, headers ...string) *Client {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	request := "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if deflate {
		request += "Sec-WebSocket-Extensions: permessage-deflate\r\n"
	}
	for _, header := range headers {
		request += header + "\r\n"
	}
	_, err := io.WriteString(conn, request+"\r\n")
	require.NoError(t, err)
	c := &Client{t: t, conn: conn, reader: bufio.NewReader(conn)}
	c.Response, err = http.ReadResponse(c.reader, nil)
	require.NoError(t, err)
	require.Equal(t, http.StatusSwitchingProtocols, c.Response.StatusCode)
	require.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", c.Response.Header.Get("Sec-WebSocket-Accept"))
	c.deflate = strings.HasPrefix(c.Response.Header.Get("Sec-WebSocket-Extensions"), "permessage-deflate")
	return c
}

// Send sends a text message, compressed where that was negotiated.
func (c *Client) Send(text string) {
	c.t.Helper()
	if !c.deflate {
		c.Write(Text, []byte(text))
		return
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestSpeed)
	require.NoError(c.t, err)
	_, _ = io.WriteString(w, text)
	require.NoError(c.t, w.Flush())
	c.Write(Text|0x40, bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff})) // RSV1; RFC 7692, section 7.2.1
}

// Write sends a frame that is the last of its message.
func (c *Client) Write(opcode byte, payload []byte) {
	c.t.Helper()
	out := []byte{0x80 | opcode}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	mask := []byte{0x12, 0x34, 0x56, 0x78}
	out = append(out, mask...)
	head := len(out)
	out = append(out, bytes.Repeat(mask, len(payload)/4+1)...)
	out = out[:head+subtle.XORBytes(out[head:], out[head:], payload)]
	_, err := c.conn.Write(out)
	require.NoError(c.t, err)
}

// Receive returns the next message, which has to be text.
func (c *Client) Receive() string {
	c.t.Helper()
	opcode, payload := c.Read()
	require.EqualValues(c.t, Text, opcode, "%q", payload)
	return string(payload)
}

// Read returns the next frame, inflated where it was compressed. The server
// has to send its messages in one frame each, and unmasked.
func (c *Client) Read() (opcode byte, payload []byte) {
	c.t.Helper()
	head := c.take(2)
	require.EqualValues(c.t, 0x80, head[0]&0xb0, "FIN and no RSV2 or RSV3 in %#x", head[0])
	require.Zero(c.t, head[1]&0x80, "a server's frame is not masked")
	size := uint64(head[1])
	switch size {
	case 126:
		size = uint64(binary.BigEndian.Uint16(c.take(2)))
	case 127:
		size = binary.BigEndian.Uint64(c.take(8))
	}
	payload = c.take(int(size))
	if compressed := head[0]&0x40 != 0; compressed {
		require.True(c.t, c.deflate, "RSV1 without permessage-deflate")
		payload = c.inflate(payload)
	}
	return head[0] & 0xf, payload
}

// inflate puts back what was cut off, and an empty last block so that the
// reader finds an end (RFC 7692, section 7.2.2).
func (c *Client) inflate(payload []byte) []byte {
	c.t.Helper()
	payload = append(payload, 0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff)
	plain, err := io.ReadAll(flate.NewReaderDict(bytes.NewReader(payload), c.history))
	require.NoError(c.t, err)
	c.history = append(c.history, plain...)
	return plain
}

func (c *Client) take(n int) []byte {
	c.t.Helper()
	b := make([]byte, n)
	_, err := io.ReadFull(c.reader, b)
	require.NoError(c.t, err)
	return b
}

// Close sends a close frame, skips what is under way, and wants the same code
// back and then the end of the connection.
func (c *Client) Close(code uint16) {
	c.t.Helper()
	c.Write(Closed, binary.BigEndian.AppendUint16(nil, code))
	require.Equal(c.t, code, c.closeCode())
	c.end()
}

// WaitClosed skips what comes before the server's close frame, answers it,
// and returns its code once the connection has ended; 0 where it has none.
func (c *Client) WaitClosed() (code uint16) {
	c.t.Helper()
	code = c.closeCode()
	c.Write(Closed, binary.BigEndian.AppendUint16(nil, 1000))
	c.end()
	return code
}

func (c *Client) closeCode() uint16 {
	c.t.Helper()
	for {
		opcode, payload := c.Read()
		if opcode != Closed {
			continue
		}
		if len(payload) == 0 {
			return 0
		}
		return binary.BigEndian.Uint16(payload)
	}
}

// end wants the server to be the one that ends the connection first (RFC
// 6455, section 7.1.1).
func (c *Client) end() {
	c.t.Helper()
	_, err := c.reader.ReadByte()
	require.ErrorIs(c.t, err, io.EOF)
	require.NoError(c.t, c.conn.Close())
}
