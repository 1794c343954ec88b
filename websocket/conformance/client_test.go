package conformance

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const (
	// patience bounds the wait for one frame, or for one write to go out.
	patience = 30 * time.Second
	// dropPatience bounds the wait for the server to close TCP once the closing
	// handshake is over. Autobahn grants one second.
	dropPatience = 3 * time.Second
	// quietTime is how long a server has to stay silent when nothing is wrong yet.
	quietTime = 200 * time.Millisecond
)

// client is the raw end of one connection. It fails its test at the first byte
// that a server must not send.
type client struct {
	t    *testing.T
	conn net.Conn
	in   *bufio.Reader

	agreed  *agreement // permessage-deflate, nil without
	inflate *inflater

	scratch []byte // payload of the last frame
	message []byte // of the message under way
}

// connect opens a connection and does the handshake of RFC 6455, section 4.1.
func connect(t *testing.T, offers []offer) *client {
	address, path, _ := strings.Cut(target, "/")
	conn, err := (&net.Dialer{Timeout: patience}).Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	c := &client{t: t, conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}
	c.handshake(address, "/"+path, offers)
	return c
}

func (c *client) handshake(host, path string, offers []offer) {
	nonce := make([]byte, 16)
	_, err := rand.Read(nonce)
	require.NoError(c.t, err)
	key := base64.StdEncoding.EncodeToString(nonce)

	request := "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n" +
		"Upgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Key: " + key + "\r\nSec-WebSocket-Version: 13\r\n"
	if len(offers) > 0 {
		request += "Sec-WebSocket-Extensions: " + offerHeader(offers) + "\r\n"
	}
	c.write([]byte(request + "\r\n"))

	response := textproto.NewReader(c.in)
	c.await(patience)
	status, err := response.ReadLine()
	require.NoError(c.t, err, "no status line")
	require.True(c.t, strings.HasPrefix(status, "HTTP/1.1 101 "), "the handshake was answered %q", status)
	header, err := response.ReadMIMEHeader()
	require.NoError(c.t, err)
	require.NoError(c.t, c.accept(key, header, offers))
}

// accept checks the answer as RFC 6455, section 4.1, tells a client to.
func (c *client) accept(key string, header textproto.MIMEHeader, offers []offer) error {
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	switch {
	case !strings.EqualFold(header.Get("Upgrade"), "websocket"):
		return fmt.Errorf("Upgrade: %q", header.Get("Upgrade"))
	case !strings.EqualFold(header.Get("Connection"), "Upgrade"):
		return fmt.Errorf("Connection: %q", header.Get("Connection"))
	case header.Get("Sec-WebSocket-Accept") != base64.StdEncoding.EncodeToString(sum[:]):
		return fmt.Errorf("Sec-WebSocket-Accept: %q", header.Get("Sec-WebSocket-Accept"))
	case header.Get("Sec-WebSocket-Protocol") != "":
		return errors.New("a subprotocol that nobody asked for")
	}
	answers := header.Values("Sec-WebSocket-Extensions")
	if len(offers) == 0 && len(answers) == 0 {
		return nil
	}
	agreed, err := agree(offers, answers)
	if err != nil {
		return fmt.Errorf("offer %q, answer %q: %w", offerHeader(offers), answers, err)
	}
	c.agreed, c.inflate = agreed, newInflater(agreed)
	return nil
}

// await sets the read deadline.
func (c *client) await(d time.Duration) {
	require.NoError(c.t, c.conn.SetReadDeadline(time.Now().Add(d)))
}

// write sends bytes, all of them.
func (c *client) write(p []byte) {
	require.NoError(c.t, c.tryWrite(p))
}

// tryWrite is write for the moments when the server may be gone already, and for
// other goroutines than the test's.
func (c *client) tryWrite(p []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	_, err := c.conn.Write(p)
	return err
}

// next is the next control frame, or whole message as one frame. Its payload is
// lent until the following call.
func (c *client) next() frame {
	var opcode byte
	var compressed bool
	c.message = c.message[:0]
	c.await(patience)
	for {
		f, err := readFrame(c.in, c.scratch)
		require.NoError(c.t, err)
		c.scratch = f.payload[:0]
		if f.isControl() {
			// The echo of a small message is never cut by a control frame here,
			// and a cut one would be lost: say so instead.
			require.Zero(c.t, opcode, "a control frame within an echo")
			return f
		}
		require.Equal(c.t, opcode == 0, f.opcode != opContinuation, "continuation out of place: %v", f)
		if opcode == 0 {
			opcode, compressed = f.opcode, f.rsv == rsv1
			require.False(c.t, compressed && c.agreed == nil, "RSV1 without an extension: %v", f)
		} else {
			require.Zero(c.t, f.rsv, "RSV1 on a continuation (RFC 7692, section 6.1): %v", f)
		}
		if !f.final {
			c.message = append(c.message, f.payload...)
			continue
		}
		if len(c.message) > 0 {
			c.message = append(c.message, f.payload...)
			f.payload = c.message
		}
		return c.whole(opcode, compressed, f.payload)
	}
}

func (c *client) whole(opcode byte, compressed bool, payload []byte) frame {
	if compressed {
		c.agreed.used = true
		var err error
		payload, err = c.inflate.message(payload)
		require.NoError(c.t, err, "inflating an echo")
	}
	if opcode == opText {
		require.True(c.t, utf8.Valid(payload), "a text message that is not UTF-8")
	}
	return frame{final: true, opcode: opcode, payload: payload}
}

// expect reads one message or control frame, which has to be want.
func (c *client) expect(want frame) {
	got := c.next()
	if got.opcode != want.opcode || !bytes.Equal(got.payload, want.payload) {
		require.FailNow(c.t, "not what was expected", "want %v\ngot  %v", want, got)
	}
}

// noStatus stands for a close frame without a code (RFC 6455, section 7.4.1).
const noStatus = 1005

// expectClose reads a close frame with one of the codes.
func (c *client) expectClose(codes ...int) {
	f := c.next()
	require.Equal(c.t, byte(opClose), f.opcode, "want a close frame with %v, got %v", codes, f)
	code := noStatus
	if len(f.payload) > 0 {
		require.GreaterOrEqual(c.t, len(f.payload), 2, "half a close code")
		require.True(c.t, utf8.Valid(f.payload[2:]), "close reason: %v", f)
		code = int(binary.BigEndian.Uint16(f.payload))
	}
	require.Contains(c.t, codes, code, "close code, reason %q", f.payload[min(2, len(f.payload)):])
}

// expectEnd waits for the server to close TCP: cleanly, and without another byte.
func (c *client) expectEnd() {
	c.await(dropPatience)
	b, err := c.in.ReadByte()
	require.Error(c.t, err, "%#x after the close frame", b)
	require.NotErrorIs(c.t, err, os.ErrDeadlineExceeded, "the server left it to the client to close TCP")
	require.ErrorIs(c.t, err, io.EOF, "the end was not clean")
}

// expectQuiet fails if the server has anything to say for now.
func (c *client) expectQuiet() {
	c.await(quietTime)
	_, err := c.in.Peek(1)
	if err == nil {
		require.FailNow(c.t, "the server spoke too early", "%v", c.next())
	}
	require.ErrorIs(c.t, err, os.ErrDeadlineExceeded)
}
