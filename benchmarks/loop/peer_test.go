package loop

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/websocket/frame"
)

// peer is the client's end of a connection. It writes bytes that were made
// before and reads as many as must come, so that it allocates nothing.
type peer struct {
	net.Conn
	out []byte // what each exchange sends
	in  []byte // has the size of what it is answered with
}

const handshake = "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

// connect opens a connection that ends with the test.
func connect(tb testing.TB, s *server, headers string) *peer {
	tb.Helper()
	conn, err := s.dial()
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = conn.Close() })
	_, err = io.WriteString(conn, handshake+headers+"\r\n")
	require.NoError(tb, err)
	reader := bufio.NewReader(conn)
	response, err := http.ReadResponse(reader, nil)
	require.NoError(tb, err)
	require.Equal(tb, http.StatusSwitchingProtocols, response.StatusCode)
	require.Equal(tb, headers != "", response.Header.Get("Sec-WebSocket-Extensions") != "")
	require.Zero(tb, reader.Buffered())
	return &peer{Conn: conn}
}

// message is a masked frame.
func message(opcode frame.Opcode, rsv byte, payload []byte) []byte {
	const key = 0x5ac81f37
	header := frame.Header{Fin: true, RSV: rsv, Opcode: opcode, Masked: true, Mask: key, Length: int64(len(payload))}
	b := append(frame.AppendHeader(nil, header), payload...)
	frame.Mask(b[len(b)-len(payload):], key)
	return b
}

// reply is a frame as the server sends it.
func reply(opcode frame.Opcode, payload []byte) []byte {
	header := frame.Header{Fin: true, Opcode: opcode, Length: int64(len(payload))}
	return append(frame.AppendHeader(nil, header), payload...)
}

// echoes makes each exchange one of so many messages of a size.
func (p *peer) echoes(opcode frame.Opcode, number, size int) *peer {
	payload := []byte(strings.Repeat("cow ", size/4+1)[:size])
	for range number {
		p.out = append(p.out, message(opcode, 0, payload)...)
		p.in = append(p.in, reply(opcode, payload)...)
	}
	return p
}

// exchange writes and reads, and reports the first error.
func (p *peer) exchange() error {
	if _, err := p.Write(p.out); err != nil {
		return err
	}
	_, err := io.ReadFull(p.Conn, p.in)
	return err
}

// learn makes one exchange to find out how long the answer is, one frame.
func (p *peer) learn(tb testing.TB) {
	tb.Helper()
	_, err := p.Write(p.out)
	require.NoError(tb, err)
	head := make([]byte, frame.MaxHeaderSize)
	_, err = io.ReadFull(p.Conn, head[:2])
	require.NoError(tb, err)
	_, err = io.ReadFull(p.Conn, head[2:frame.HeaderSize(head[1])])
	require.NoError(tb, err)
	header, size, err := frame.ParseHeader(head)
	require.NoError(tb, err)
	_, err = io.CopyN(io.Discard, p.Conn, header.Length)
	require.NoError(tb, err)
	p.in = make([]byte, size+int(header.Length))
}
