package protocol_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// TestLimits holds for the server of the protocol and wherever else it is
// mounted.
func TestLimits(t *testing.T) {
	options := protocol.Options{Dispatch: dispatch(say("hi"))}
	addresses := map[string]string{
		"server":  serve(t, options),
		"mounted": mount(t, options).Listener.Addr().String(),
	}
	headers := func(n int) string {
		var b strings.Builder
		for i := range n - 2 { // Host and Connection are two
			fmt.Fprintf(&b, "H%d: v\r\n", i)
		}
		return b.String()
	}
	tests := map[string]struct {
		method, target, host, headers string
		status                        string
	}{
		"plain":               {"GET", "/", "x", "", "200 OK"},
		"longest method":      {strings.Repeat("M", 32), "/", "x", "", "200 OK"},
		"method too long":     {strings.Repeat("M", 33), "/", "x", "", "501 Not Implemented"},
		"longest line":        {"GET", "/" + strings.Repeat("a", 8000-len("GET / HTTP/1.1")), "x", "", "200 OK"},
		"line too long":       {"GET", "/" + strings.Repeat("a", 8001-len("GET / HTTP/1.1")), "x", "", "414 Request URI Too Long"},
		"longest authority":   {"GET", "/", strings.Repeat("a", 255), "", "200 OK"},
		"authority too long":  {"GET", "/", strings.Repeat("a", 256), "", "414 Request URI Too Long"},
		"in the target":       {"GET", "http://" + strings.Repeat("a", 256) + "/", "x", "", "414 Request URI Too Long"},
		"most headers":        {"GET", "/", "x", headers(100), "200 OK"},
		"too many headers":    {"GET", "/", "x", headers(101), "431 Request Header Fields Too Large"},
		"too many of one":     {"GET", "/", "x", strings.Repeat("A: b\r\n", 99), "431 Request Header Fields Too Large"},
		"longest name":        {"GET", "/", "x", strings.Repeat("a", 64) + ": v\r\n", "200 OK"},
		"name too long":       {"GET", "/", "x", strings.Repeat("a", 65) + ": v\r\n", "431 Request Header Fields Too Large"},
		"longest value":       {"GET", "/", "x", "A: " + strings.Repeat("a", 4096) + "\r\n", "200 OK"},
		"value too long":      {"GET", "/", "x", "A: " + strings.Repeat("a", 4097) + "\r\n", "431 Request Header Fields Too Large"},
		"headers beyond read": {"GET", "/", "x", "A: " + strings.Repeat("a", 2<<20) + "\r\n", "431 Request Header Fields Too Large"},
		"fragment":            {"GET", "/a#b", "x", "", "400 Bad Request"},
		"NUL in the target":   {"GET", "/\x00", "x", "", "400 Bad Request"},
		"CR in a header":      {"GET", "/", "x", "A: a\rb\r\n", "400 Bad Request"},
		"negative length":     {"POST", "/", "x", "Content-Length: -1\r\n", "400 Bad Request"},
		"length of no number": {"POST", "/", "x", "Content-Length: ten\r\n", "400 Bad Request"},
		"two lengths":         {"POST", "/", "x", "Content-Length: 1\r\nContent-Length: 2\r\n", "400 Bad Request"},
		"unknown coding":      {"POST", "/", "x", "Transfer-Encoding: mystery\r\n", "501 Not Implemented"},
		"header without name": {"GET", "/", "x", ": a\r\n", "400 Bad Request"},
		"space after a name":  {"GET", "/", "x", "A : a\r\n", "400 Bad Request: invalid header name"},
		"two hosts":           {"GET", "/", "x\r\nHost: y", "", "400 Bad Request"},
		"bad escape":          {"GET", "/%zz", "x", "", "400 Bad Request"},
		"garbage in a cookie": {"GET", "/", "x", "Cookie: \xff=;;,=\x80;a\r\n", "200 OK"},
		"options *":           {"OPTIONS", "*", "x", "", "200 OK"},
	}
	for server, addr := range addresses {
		for name, tt := range tests {
			if server == "mounted" && name == "options *" {
				continue // net/http's own server answers it by itself
			}
			t.Run(server+"/"+name, func(t *testing.T) {
				request := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n",
					tt.method, tt.target, tt.host, tt.headers)
				got := exchange(t, addr, request)
				line, _, _ := strings.Cut(got, "\r\n")
				assert.Equal(t, "HTTP/1.1 "+tt.status, line)
			})
		}
	}
}

func TestMaxKeepalive(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), MaxKeepalive: 3})
	got := exchange(t, addr, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 5))
	assert.Equal(t, 3, strings.Count(got, "HTTP/1.1 200 OK"))
	assert.Equal(t, 1, strings.Count(got, "Connection: close"))
	last := got[strings.LastIndex(got, "HTTP/1.1 200 OK"):]
	assert.Contains(t, last, "Connection: close")
}

// TestMaxKeepaliveIsForHTTP1 makes more requests than that, over HTTP/2 on one
// connection.
func TestMaxKeepaliveIsForHTTP1(t *testing.T) {
	each(t, func() protocol.Options {
		return protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(200, req.HTTP().RemoteAddr)
		}), MaxKeepalive: 2}
	}, func(t *testing.T, c *peer) {
		connections := map[string]int{}
		for range 5 {
			_, remote := c.do(t, "GET", nil)
			connections[remote]++
		}
		if c.http2 {
			assert.Len(t, connections, 1)
		} else {
			assert.Len(t, connections, 3, "of 2, 2 and 1 requests")
		}
	})
}

func TestHTTP10Keepalive(t *testing.T) {
	const request = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
	for disabled, replies := range map[bool]int{false: 2, true: 1} {
		addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), DisableHTTP10Keepalive: disabled})
		got := exchange(t, addr, request+"GET / HTTP/1.0\r\n\r\n")
		assert.Equal(t, replies, strings.Count(got, "200 OK"), "disabled: %v", disabled)
		assert.Equal(t, replies-1, strings.Count(got, "Connection: keep-alive"), "disabled: %v", disabled)

		got = exchange(t, addr, strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 2)+
			"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		assert.Equal(t, 3, strings.Count(got, "200 OK"), "HTTP/1.1 is as ever; disabled: %v", disabled)
	}
}

// TestRequestTimeout has clients that stall, and what each of them gets before
// the server closes. Others are served meanwhile and after.
func TestRequestTimeout(t *testing.T) {
	const answer400 = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n400 Bad Request"
	stalls := map[string]struct{ request, answer string }{
		"nothing sent":          {"", ""},
		"amid the method":       {"GE", answer400},
		"amid the version":      {"GET / HT", answer400},
		"before the line's end": {"GET / HTTP/1.1", ""},
		"after the line":        {"GET / HTTP/1.1\r\n", ""},
		"amid a name":           {"GET / HTTP/1.1\r\nHo", answer400},
		"in the headers":        {"GET / HTTP/1.1\r\nHost:", ""},
		"amid a value":          {"GET / HTTP/1.1\r\nHost: a.examp", ""},
		"after a header":        {"GET / HTTP/1.1\r\nHost: x\r\n", ""},
		"before the last LF":    {"GET / HTTP/1.1\r\nHost: x\r\n\r", answer400},
	}
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Dispatch: dispatch(say("hi"))})
		good := func() {
			t.Helper()
			conn := dial()
			_, err := io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
			require.NoError(t, err)
			got, err := io.ReadAll(conn)
			require.NoError(t, err)
			assert.True(t, strings.HasPrefix(string(got), "HTTP/1.1 200 OK\r\n") && strings.HasSuffix(string(got), "\r\n\r\nhi"), "%q", got)
		}
		start := time.Now()
		stalled := map[string]net.Conn{}
		for name, tt := range stalls {
			stalled[name] = dial()
			_, err := io.WriteString(stalled[name], tt.request)
			require.NoError(t, err)
		}
		good()
		require.Zero(t, time.Since(start), "of the bubble's clock: nobody was closed yet")
		for name, conn := range stalled {
			got, err := io.ReadAll(conn)
			require.NoError(t, err, name)
			assert.Equal(t, stalls[name].answer, string(got), name)
		}
		good()
	})
}

// TestRequestTimeoutIsForAllOfTheHeaders has a client that sends a header
// again and again, each in time.
func TestRequestTimeoutIsForAllOfTheHeaders(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Dispatch: dispatch(say("hi"))})
		conn := dial()
		text, sent := "GET / HTTP/1.1\r\nHost: x\r\n", 0
		for ; sent < 10; sent++ {
			if _, err := io.WriteString(conn, text); err != nil {
				break
			}
			time.Sleep(2 * time.Second) // of the bubble's clock
			text = "A: b\r\n"
		}
		assert.Equal(t, 3, sent, "at 0, 2 and 4 seconds")
	})
}

// TestRequestTimeoutOfAConnection is for the system's sockets: it ends when
// the server closes.
func TestRequestTimeoutOfAConnection(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), RequestTimeout: 50 * time.Millisecond})
	for name, tt := range map[string]struct{ request, answer string }{
		"nothing sent":        {"", ""},
		"in the request line": {"GET / HT", "HTTP/1.1 400 Bad Request"},
		"in the headers":      {"GET / HTTP/1.1\r\nHost:", ""},
		"between two of them": {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP/1.1 200 OK"},
	} {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, addr, tt.request)
			line, _, _ := strings.Cut(got, "\r\n")
			assert.Equal(t, tt.answer, line)
			response, body := get(t, "http://"+addr)
			assert.Equal(t, 200, response.StatusCode, "another client")
			assert.Equal(t, "hi", string(body))
		})
	}
}

func TestIdleTimeout(t *testing.T) {
	failed := make(chan error, 1)
	addr := serve(t, protocol.Options{
		IdleTimeout: 50 * time.Millisecond,
		Logger:      new(logs).logger(),
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			_, err := io.ReadAll(req.HTTP().Body)
			failed <- err
			return nil, handler.Errorf(http.StatusRequestTimeout, "")
		})})
	got := exchange(t, addr, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
	assert.Contains(t, got, "HTTP/1.1 408 Request Timeout")
	var timeout net.Error
	require.ErrorAs(t, <-failed, &timeout)
	assert.True(t, timeout.Timeout())
}

// TestIdleTimeoutEndsWithTheBody has a handler that goes on for longer than
// the timeout once the body was read, which must not look as if the client
// went away.
func TestIdleTimeoutEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			body, _ := io.ReadAll(req.HTTP().Body)
			_, _ = req.HTTP().Body.Read(make([]byte, 1)) // once more: EOF again
			select {
			case <-req.Context().Done():
				return nil, req.Context().Err()
			case <-time.After(10 * time.Minute):
			}
			return nil, req.ReplyText(200, string(body))
		})})
		conn := dial()
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\nabc")
		require.NoError(t, err)
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Contains(t, string(got), "200 OK")
		assert.Contains(t, string(got), "\r\n\r\nabc")
	})
}

// TestSlowBody takes much longer than IdleTimeout, but never waits that long.
func TestSlowBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{MinBodyRate: protocol.Unlimited, Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			body, err := io.ReadAll(req.HTTP().Body)
			if err != nil {
				return nil, err
			}
			return nil, req.ReplyText(200, string(body))
		})})
		conn := dial()
		_, err := io.WriteString(conn, "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 5\r\n\r\n")
		require.NoError(t, err)
		for _, letter := range "abcde" {
			time.Sleep(50 * time.Second) // of the bubble's clock
			_, err = io.WriteString(conn, string(letter))
			require.NoError(t, err)
		}
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		assert.Contains(t, string(got), "\r\n\r\nabcde")
	})
}

// TestIdleBodyHeedsOtherDeadlines reads once more after a deadline that the
// handler set has passed.
func TestIdleBodyHeedsOtherDeadlines(t *testing.T) {
	failed := make(chan error, 1)
	addr := serve(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
		body := req.HTTP().Body
		_, _ = io.ReadFull(body, make([]byte, 3))
		_ = http.NewResponseController(req.Writer()).SetReadDeadline(time.Now())
		_, err := body.Read(make([]byte, 3))
		failed <- err
		return nil, nil
	})})
	exchange(t, addr, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
	require.ErrorIs(t, <-failed, os.ErrDeadlineExceeded)
}

// TestUnreadBody has a client that never sends the body that nobody wants.
func TestUnreadBody(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), IdleTimeout: 50 * time.Millisecond})
	got := exchange(t, addr, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nabc")
	assert.Contains(t, got, "200 OK")
}

// TestIdleConnections shows that an HTTP/1 connection waits RequestTimeout
// for its next request, and an HTTP/2 connection IdleTimeout.
func TestIdleConnections(t *testing.T) {
	var http1, http2 http.Protocols
	http1.SetHTTP1(true)
	http2.SetUnencryptedHTTP2(true)
	for name, tt := range map[string]struct {
		protocols          http.Protocols
		pause              time.Duration
		major, connections int
	}{
		"HTTP/1 in time":  {http1, 4 * time.Second, 1, 1},
		"HTTP/1 too late": {http1, 6 * time.Second, 1, 2},
		"HTTP/2 in time":  {http2, 55 * time.Second, 2, 1},
		"HTTP/2 too late": {http2, 65 * time.Second, 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dial := servePipes(t, protocol.Options{Dispatch: dispatch(say("hi"))})
				connections := 0
				transport := &http.Transport{Protocols: &tt.protocols, DialContext: func(context.Context, string, string) (net.Conn, error) {
					connections++
					return dial(), nil
				}}
				defer transport.CloseIdleConnections()
				for range 2 {
					response, err := (&http.Client{Transport: transport}).Get("http://server/")
					require.NoError(t, err)
					assert.Equal(t, tt.major, response.ProtoMajor)
					_, err = io.Copy(io.Discard, response.Body)
					require.NoError(t, err)
					require.NoError(t, response.Body.Close())
					time.Sleep(tt.pause) // of the bubble's clock
					synctest.Wait()
				}
				assert.Equal(t, tt.connections, connections)
			})
		})
	}
}

// servePipes serves options without a network, inside a bubble, and returns
// what makes a connection.
func servePipes(t *testing.T, options protocol.Options) (dial func() net.Conn) {
	return startPipes(t, mustNew(t, options).Server())
}

func startPipes(t *testing.T, server *http.Server) (dial func() net.Conn) {
	socket := make(pipes)
	go func() { _ = server.Serve(socket) }()
	t.Cleanup(func() { _ = server.Close() })
	return func() net.Conn {
		client, conn := net.Pipe()
		socket <- conn
		return client
	}
}

// pipes is a [net.Listener] of the connections that are sent to it.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (p pipes) Close() error {
	close(p)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipes", Net: "unix"} }

func TestProtocolsCanBeTurnedOff(t *testing.T) {
	var http1, http2 http.Protocols
	http1.SetHTTP1(true)
	http2.SetUnencryptedHTTP2(true)
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), Protocols: http2})
	response, err := client(t).Get("http://" + addr)
	if err == nil {
		_ = response.Body.Close()
	}
	assert.Error(t, err)

	addr = serve(t, protocol.Options{Dispatch: dispatch(say("hi")), Protocols: http1})
	transport := &http.Transport{Protocols: &http2}
	defer transport.CloseIdleConnections()
	response, err = (&http.Client{Transport: transport}).Get("http://" + addr)
	if err == nil {
		_ = response.Body.Close()
	}
	assert.Error(t, err)
}

// TestReplyToAClientThatStallsAmidItsBody: what net/http skips of a body that
// was read in part is bounded, too.
func TestReplyToAClientThatStallsAmidItsBody(t *testing.T) {
	for name, size := range map[string]int{"small": 9, "large": 10_000} {
		t.Run(name, func(t *testing.T) {
			addr := serve(t, protocol.Options{
				IdleTimeout: 50 * time.Millisecond,
				Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
					if _, err := req.Body().Read(make([]byte, 3)); err != nil {
						return nil, err
					}
					return nil, req.Reply(200, nil, bytes.Repeat([]byte("a"), size))
				})})
			got := exchange(t, addr, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc") // returns when the server closes
			assert.Contains(t, got, "HTTP/1.1 200 OK")
			assert.Equal(t, size, strings.Count(got, "a")-strings.Count(strings.SplitN(got, "\r\n\r\n", 2)[0], "a"))
		})
	}
}
