// Package client has what the load generators share: the client's side of the
// handshake, and its frames.
package client

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/klauspost/compress/flate"

	"github.com/cowhand/cowhand/websocket/frame"
)

const handshake = " HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// offers are the extensions that a client asks for.
var offers = map[string]string{
	"takeover":   "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n", // as browsers do
	"notakeover": "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n",
}

// Upgrade makes the handshake, and reads the response from in, which reads
// from conn. Deflate is takeover, notakeover, or empty.
func Upgrade(conn net.Conn, in *bufio.Reader, path, deflate string) error {
	if _, err := io.WriteString(conn, "GET "+path+handshake+offers[deflate]+"\r\n"); err != nil {
		return err
	}
	response, err := http.ReadResponse(in, nil)
	switch {
	case err != nil:
		return err
	case response.StatusCode != http.StatusSwitchingProtocols:
		return fmt.Errorf("the handshake was answered with %s", response.Status)
	case deflate != "" && response.Header.Get("Sec-WebSocket-Extensions") == "":
		return fmt.Errorf("compression was not agreed")
	}
	return nil
}

// Abort ends a connection with a reset, which leaves no port waiting. It closes
// below TLS, whose own Close waits for an alert to be sent.
func Abort(conn net.Conn) error {
	if over, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = over.NetConn()
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		if err := tcp.SetLinger(0); err != nil {
			return err
		}
	}
	return conn.Close()
}

// AppendFrame appends a masked frame.
func AppendFrame(b []byte, fin bool, rsv byte, opcode frame.Opcode, payload []byte) []byte {
	const key = 0x5ac81f37
	b = frame.AppendHeader(b, frame.Header{Fin: fin, RSV: rsv, Opcode: opcode, Masked: true, Mask: key, Length: int64(len(payload))})
	b = append(b, payload...)
	frame.Mask(b[len(b)-len(payload):], key)
	return b
}

// Deflated is a payload as a client sends it that takes no context over (RFC
// 7692, section 7.2.1).
func Deflated(payload []byte) ([]byte, error) {
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.DefaultCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(payload); err != nil {
		return nil, err
	}
	if err := w.Flush(); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(packed.Bytes(), []byte{0, 0, 0xff, 0xff}), nil
}

// Document is text as it is often sent, of a size in bytes.
func Document(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, `{"id":%d,"name":"cow %d","herd":"north","weight":%d.%d,"milked":%t},`, i*7919, i*31%97, 400+i*13%200, i%10, i%3 == 0)
	}
	return b.String()[:size]
}
