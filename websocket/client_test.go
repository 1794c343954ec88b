package websocket_test

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The opcodes, as RFC 6455, section 5.2, has them.
const (
	opContinuation = 0x0
	opText         = 0x1
	opBinary       = 0x2
	opClose        = 0x8
	opPing         = 0x9
	opPong         = 0xA
)

// wireFrame is one frame as it was on the wire.
type wireFrame struct {
	fin     bool
	rsv     byte // 4: RSV1
	opcode  byte
	payload string
}

func text(s string) wireFrame        { return wireFrame{true, 0, opText, s} }
func binaryFrame(s string) wireFrame { return wireFrame{true, 0, opBinary, s} }
func ping(s string) wireFrame        { return wireFrame{true, 0, opPing, s} }
func pong(s string) wireFrame        { return wireFrame{true, 0, opPong, s} }

// closing is a close frame; code 0 is none.
func closing(code int, reason string) wireFrame {
	if code == 0 {
		return wireFrame{true, 0, opClose, ""}
	}
	return wireFrame{true, 0, opClose, string([]byte{byte(code >> 8), byte(code)}) + reason}
}

// masked encodes frames as a client has to (RFC 6455, section 5.1).
func masked(frames ...wireFrame) (b []byte) {
	for _, f := range frames {
		b = append(b, f.first())
		b = appendLength(b, 0x80, len(f.payload))
		key := [4]byte{0x37, 0xfa, 0x21, 0x3d}
		b = append(b, key[:]...)
		for i := range len(f.payload) {
			b = append(b, f.payload[i]^key[i%4])
		}
	}
	return b
}

func (f wireFrame) first() byte {
	first := f.rsv<<4 | f.opcode
	if f.fin {
		first |= 0x80
	}
	return first
}

func appendLength(b []byte, bit byte, n int) []byte {
	switch {
	case n < 126:
		return append(b, bit|byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, bit|126), uint16(n))
	}
	return binary.BigEndian.AppendUint64(append(b, bit|127), uint64(n))
}

const sampleKey = "dGhlIHNhbXBsZSBub25jZQ=="

// request is an opening handshake (RFC 6455, section 4.1); a header with an
// empty value is left out.
type request struct {
	method, version string
	path            string   // default: /chat?room=1
	headers         []string // names and values
}

func (r request) bytes() []byte {
	method, version := r.method, r.version
	if method == "" {
		method = "GET"
	}
	if version == "" {
		version = "HTTP/1.1"
	}
	path := r.path
	if path == "" {
		path = "/chat?room=1"
	}
	names := []string{"Host", "Connection", "Upgrade", "Sec-WebSocket-Version", "Sec-WebSocket-Key"}
	values := map[string]string{"Host": "example.com", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": sampleKey}
	for i := 0; i < len(r.headers); i += 2 {
		if _, ok := values[r.headers[i]]; !ok {
			names = append(names, r.headers[i])
		}
		values[r.headers[i]] = r.headers[i+1]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s %s\r\n", method, path, version)
	for _, name := range names {
		if values[name] != "" {
			fmt.Fprintf(&b, "%s: %s\r\n", name, values[name])
		}
	}
	b.WriteString("\r\n")
	return []byte(b.String())
}

// client is the raw end of one connection.
type client struct {
	t        *testing.T
	conn     net.Conn
	in       *bufio.Reader
	response *http.Response
}

// dialRaw connects, without a handshake.
func (s *server) dialRaw(t *testing.T) *client {
	t.Helper()
	conn, err := s.dial()
	require.NoError(t, err)
	return newClient(t, conn)
}

func newClient(t *testing.T, conn net.Conn) *client {
	t.Helper()
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &client{t: t, conn: conn, in: bufio.NewReader(conn)}
}

// connect opens a WebSocket connection, with more headers.
func (s *server) connect(t *testing.T, headers ...string) *client {
	t.Helper()
	c := s.dialRaw(t)
	c.handshake(request{headers: headers})
	require.Equal(t, 101, c.response.StatusCode)
	return c
}

// handshake sends a request, with bytes behind it, and reads the response.
func (c *client) handshake(r request, more ...byte) {
	c.t.Helper()
	c.write(append(r.bytes(), more...))
	var err error
	c.response, err = http.ReadResponse(c.in, &http.Request{Method: "GET"})
	require.NoError(c.t, err)
}

func (c *client) write(b []byte) {
	c.t.Helper()
	_, err := c.conn.Write(b)
	require.NoError(c.t, err)
}

// send sends frames in one write.
func (c *client) send(frames ...wireFrame) {
	c.t.Helper()
	c.write(masked(frames...))
}

// next reads one frame, which must be as a server has to send it.
func (c *client) next() wireFrame {
	c.t.Helper()
	f, err := readFrame(c.in)
	require.NoError(c.t, err)
	return f
}

func readFrame(r io.Reader) (f wireFrame, err error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return f, err
	}
	f.fin, f.rsv, f.opcode = head[0]&0x80 != 0, head[0]>>4&7, head[0]&15
	if head[1]&0x80 != 0 {
		return f, fmt.Errorf("a masked frame of the server (RFC 6455, section 5.1)")
	}
	n, err := readLength(r, head[1])
	if err != nil {
		return f, err
	}
	payload := make([]byte, n)
	_, err = io.ReadFull(r, payload)
	f.payload = string(payload)
	return f, err
}

func readLength(r io.Reader, second byte) (uint64, error) {
	var b [8]byte
	switch second {
	case 126:
		_, err := io.ReadFull(r, b[6:])
		return binary.BigEndian.Uint64(b[:]), err
	case 127:
		_, err := io.ReadFull(r, b[:])
		return binary.BigEndian.Uint64(b[:]), err
	}
	return uint64(second), nil
}

// expect reads frames.
func (c *client) expect(frames ...wireFrame) {
	c.t.Helper()
	for _, want := range frames {
		got := c.next()
		if len(want.payload) > 200 && len(got.payload) == len(want.payload) {
			require.True(c.t, got == want, "a frame of %d bytes differs", len(want.payload))
			continue
		}
		require.Equal(c.t, want, got)
	}
}

// expectEnd reads the end of the connection, with nothing before it.
func (c *client) expectEnd() {
	c.t.Helper()
	b, err := c.in.ReadByte()
	require.ErrorIs(c.t, err, io.EOF, "byte %#x", b)
}

// expectClose reads a close frame, answers it, and reads the end.
func (c *client) expectClose(code int) {
	c.t.Helper()
	c.expect(closing(code, ""))
	c.send(closing(code, ""))
	c.expectEnd()
}

// quit closes the connection as a client does.
func (c *client) quit() {
	c.t.Helper()
	c.send(closing(1000, ""))
	c.expect(closing(1000, ""))
	c.expectEnd()
	assert.NoError(c.t, c.conn.Close())
}
