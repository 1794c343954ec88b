package websocket_test

import (
	"bufio"
	"bytes"
	"crypto/sha1"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/websocket"
)

// FuzzHandshake: whatever the request, its answer is legal, and what comes
// behind an accepted one ends with Terminate.
func FuzzHandshake(f *testing.F) {
	f.Add("GET", "Upgrade", "websocket", "13", sampleKey, "permessage-deflate; client_max_window_bits", "v1, v2", "http://example.com", masked(text("x"), closing(1000, "")))
	f.Add("GET", "keep-alive, Upgrade", "WebSocket", "8", sampleKey, "x-webkit-deflate-frame", "", "", []byte{})
	f.Add("GET", "upgrade", "websocket", "7", sampleKey, "permessage-deflate; server_max_window_bits=\"8\", permessage-deflate", "v3", "null", []byte("\x81\x80"))
	f.Add("PUT", "", "h2c", "14", "x", "a=,;b", ",", "http://evil.example", []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Fuzz(func(t *testing.T, method, connection, upgrade, version, key, extensions, subprotocols, origin string, more []byte) {
		r := &http.Request{Method: method, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Host: "example.com", RequestURI: "/", URL: &url.URL{Path: "/"}, Header: http.Header{}, Body: http.NoBody, RemoteAddr: "127.0.0.1:1"}
		for name, value := range map[string]string{"Connection": connection, "Upgrade": upgrade, "Sec-Websocket-Version": version, "Sec-Websocket-Key": key, "Sec-Websocket-Extensions": extensions, "Sec-Websocket-Protocol": subprotocols, "Origin": origin} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		h := &callbacks{frame: echo}
		p, err := protocol.New(protocol.Options{Dispatch: offering(h, websocket.Options{Subprotocols: []string{"v2", "v1"}}), Compress: true})
		require.NoError(t, err)
		w := &hijackable{ResponseRecorder: httptest.NewRecorder(), conn: newScripted(more)}
		p.ServeHTTP(w, r)
		if !w.hijacked {
			require.Contains(t, []int{400, 403, 426, 431, 501}, w.Code)
			return
		}
		<-w.conn.closed
		reason := h.reason(t)
		require.NotZero(t, reason.Kind)
		require.Empty(t, w.Body.Bytes(), "nothing is written beside the handshake")
		checkAccepted(t, r, w.conn.written())
	})
}

// checkAccepted holds a 101 to what its request allows (RFC 6455, section
// 4.1), and what follows it to whole frames.
func checkAccepted(t *testing.T, r *http.Request, answer []byte) {
	in := bufio.NewReader(bytes.NewReader(answer))
	response, err := http.ReadResponse(in, r)
	require.NoError(t, err)
	require.Equal(t, 101, response.StatusCode)
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	require.Equal(t, base64.StdEncoding.EncodeToString(sum[:]), response.Header.Get("Sec-WebSocket-Accept"))
	require.Equal(t, "GET", r.Method)
	if chosen := response.Header.Get("Sec-WebSocket-Protocol"); chosen != "" {
		var offered []string
		for name := range strings.SplitSeq(r.Header.Get("Sec-WebSocket-Protocol"), ",") {
			offered = append(offered, strings.TrimSpace(name))
		}
		require.True(t, slices.Contains(offered, chosen), "%q of %q", chosen, offered)
	}
	if agreed := response.Header.Get("Sec-WebSocket-Extensions"); agreed != "" {
		name, _, _ := strings.Cut(agreed, ";")
		require.Contains(t, strings.ToLower(r.Header.Get("Sec-WebSocket-Extensions")), name)
	}
	for {
		_, err := readFrame(in)
		if err == io.EOF {
			return
		}
		require.NoError(t, err)
	}
}

// hijackable is a ResponseWriter over a connection without a network.
type hijackable struct {
	*httptest.ResponseRecorder
	conn     *scripted
	hijacked bool
}

func (w *hijackable) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.hijacked = true
	return w.conn, bufio.NewReadWriter(bufio.NewReader(w.conn), bufio.NewWriter(w.conn)), nil
}

// scripted is a connection whose peer sends some bytes, and ends.
type scripted struct {
	mu     sync.Mutex
	in     *bytes.Reader
	out    bytes.Buffer
	once   sync.Once
	closed chan struct{}
}

func newScripted(in []byte) *scripted {
	return &scripted{in: bytes.NewReader(in), closed: make(chan struct{})}
}

func (c *scripted) written() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Bytes()
}

func (c *scripted) Read(b []byte) (int, error) { return c.in.Read(b) }

func (c *scripted) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.out.Write(b)
}

func (c *scripted) Close() error {
	c.once.Do(func() { close(c.closed) })
	return nil
}

func (c *scripted) LocalAddr() net.Addr { return c.RemoteAddr() }
func (c *scripted) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort("127.0.0.1:1"))
}
func (c *scripted) SetDeadline(time.Time) error      { return nil }
func (c *scripted) SetReadDeadline(time.Time) error  { return nil }
func (c *scripted) SetWriteDeadline(time.Time) error { return nil }
