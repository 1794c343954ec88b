package websocket_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/websocket"
)

// TestHandshake holds what Cowboy answers, with its bugs mended (RFC 6455,
// section 4.2).
func TestHandshake(t *testing.T) {
	server := setup{}.start(t, func() *callbacks { return &callbacks{frame: echo} })
	for _, test := range []struct {
		name    string
		request request
		status  int
	}{
		{"as a browser sends it", request{}, 101},
		{"tokens are not case-sensitive", request{headers: []string{"Connection", "UPGRADE", "Upgrade", "WebSocket"}}, 101},
		{"other tokens besides", request{headers: []string{"Connection", "keep-alive, Upgrade", "Upgrade", "h2c, websocket"}}, 101},
		{"an empty list element", request{headers: []string{"Connection", ", Upgrade"}}, 101},

		{"no Connection", request{headers: []string{"Connection", ""}}, 426},
		{"Connection without upgrade", request{headers: []string{"Connection", "keep-alive"}}, 426},
		{"Connection with a longer token", request{headers: []string{"Connection", "upgraded"}}, 426},
		{"Upgrade without websocket", request{headers: []string{"Upgrade", "h2c"}}, 426},
		{"not GET", request{method: "PUT"}, 426},
		{"no Upgrade", request{headers: []string{"Upgrade", ""}}, 400},
		{"HTTP/1.0", request{version: "HTTP/1.0"}, 501},

		{"version 8", request{headers: []string{"Sec-WebSocket-Version", "8"}}, 101},
		{"version 7", request{headers: []string{"Sec-WebSocket-Version", "7"}}, 101},
		{"no version", request{headers: []string{"Sec-WebSocket-Version", ""}}, 426},
		{"version 0", request{headers: []string{"Sec-WebSocket-Version", "0"}}, 426},
		{"version 14", request{headers: []string{"Sec-WebSocket-Version", "14"}}, 426},
		{"version 013", request{headers: []string{"Sec-WebSocket-Version", "013"}}, 426},

		{"no key", request{headers: []string{"Sec-WebSocket-Key", ""}}, 400},
		{"a key that is not base64", request{headers: []string{"Sec-WebSocket-Key", "not base64 at all!"}}, 400},
		{"a key of 15 bytes", request{headers: []string{"Sec-WebSocket-Key", "MTIzNDU2Nzg5MDEyMzQ1"}}, 400},
		{"a key of 17 bytes", request{headers: []string{"Sec-WebSocket-Key", "MTIzNDU2Nzg5MDEyMzQ1Njc="}}, 400},

		{"a malformed extension, although there is no compression", request{headers: []string{"Sec-WebSocket-Extensions", "permessage-deflate;="}}, 400},
		{"an unknown extension", request{headers: []string{"Sec-WebSocket-Extensions", "mux; max=4"}}, 101},
		{"a malformed subprotocol", request{headers: []string{"Sec-WebSocket-Protocol", "chat, super chat"}}, 400},
		{"an empty subprotocol", request{headers: []string{"Sec-WebSocket-Protocol", "chat,,"}}, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := server.dialRaw(t)
			c.handshake(test.request)
			require.Equal(t, test.status, c.response.StatusCode)
			header := c.response.Header
			switch test.status {
			case 101:
				assert.Equal(t, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", header.Get("Sec-WebSocket-Accept"), "as in section 1.3")
				assert.Equal(t, []string{"Upgrade"}, header.Values("Connection"))
				assert.Equal(t, []string{"websocket"}, header.Values("Upgrade"))
				assert.Empty(t, header.Values("Sec-WebSocket-Extensions"))
				assert.Empty(t, header.Values("Sec-WebSocket-Protocol"))
				c.send(text("hello"))
				c.expect(text("hello"))
				c.quit()
			case 426:
				assert.Equal(t, "Upgrade", header.Get("Connection"))
				assert.Equal(t, "websocket", header.Get("Upgrade"))
				asked := strings.Contains(test.name, "version")
				assert.Equal(t, asked, header.Get("Sec-WebSocket-Version") == "13, 8, 7", "section 4.4: %v", header)
			}
		})
	}
}

func TestHandshakeRefusedKeepsTheConnection(t *testing.T) {
	server := setup{}.start(t, func() *callbacks { return &callbacks{frame: echo} })
	c := server.dialRaw(t)
	c.handshake(request{headers: []string{"Sec-WebSocket-Version", "6"}})
	require.Equal(t, 426, c.response.StatusCode)
	_, err := c.in.Discard(int(c.response.ContentLength))
	require.NoError(t, err)
	c.handshake(request{})
	require.Equal(t, 101, c.response.StatusCode)
	c.quit()
}

// TestHandshakeWithABody: what is a body to one is frames to another.
func TestHandshakeWithABody(t *testing.T) {
	c := setup{}.serve(t, &callbacks{frame: echo}).dialRaw(t)
	c.handshake(request{headers: []string{"Content-Length", "3"}}, []byte("abc")...)
	assert.Equal(t, 400, c.response.StatusCode)
}

// TestHandshakeOverHTTP2 is refused without headers that HTTP/2 has not (RFC
// 9113, section 8.2.2).
func TestHandshakeOverHTTP2(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/2.0", 2, 0
	w := httptest.NewRecorder()
	req := handler.NewRequest(w, r, handler.Env{})
	upgrade := websocket.Upgrade(&callbacks{})
	require.NoError(t, upgrade.Protocol.Upgrade(req, req.Env()))
	assert.Equal(t, 426, w.Code)
	assert.Empty(t, w.Header().Values("Connection"))
	assert.Empty(t, w.Header().Values("Upgrade"))
}

// TestOrigin: browsers connect from pages of the same host only, unless the
// options say more (RFC 6455, section 10.2).
func TestOrigin(t *testing.T) {
	notOn(t, "TestOriginOverTLS has it", "tls")
	const with, older = "Origin", "Sec-WebSocket-Origin"
	allowed := websocket.Options{Origins: []string{"https://cowhand.example", "https://*.friends.example"}}
	for _, test := range []struct {
		name    string
		options websocket.Options
		headers []string
		status  int
	}{
		{"no origin", websocket.Options{}, nil, 101},
		{"the same host", websocket.Options{}, []string{with, "http://example.com"}, 101},
		{"the same host in capitals", websocket.Options{}, []string{with, "http://EXAMPLE.com"}, 101},
		{"the same host and port", websocket.Options{}, []string{"Host", "example.com:8080", with, "http://example.com:8080"}, 101},
		{"the same host and the default port", websocket.Options{}, []string{with, "http://example.com:80"}, 101},
		{"https, with TLS that ends at a proxy", websocket.Options{}, []string{with, "https://example.com"}, 101},
		{"another scheme", websocket.Options{}, []string{with, "app://example.com"}, 403},
		{"the default port in Host", websocket.Options{}, []string{"Host", "example.com:443", with, "https://example.com"}, 101},
		{"another port", websocket.Options{}, []string{"Host", "example.com:8080", with, "http://example.com:81"}, 403},
		{"another host", websocket.Options{}, []string{with, "http://evil.example"}, 403},
		{"a host that ends alike", websocket.Options{}, []string{with, "http://notexample.com"}, 403},
		{"null, as of a sandboxed frame", websocket.Options{}, []string{with, "null"}, 403},
		{"not an origin", websocket.Options{}, []string{with, "http://%zz"}, 403},
		{"another host, allowed", allowed, []string{with, "https://cowhand.example"}, 101},
		{"another host, allowed with another scheme", allowed, []string{with, "http://cowhand.example"}, 403},
		{"below an allowed host", allowed, []string{with, "https://best.friends.example"}, 101},
		{"above it", allowed, []string{with, "https://friends.example"}, 403},
		{"any is allowed", websocket.Options{AllowAnyOrigin: true}, []string{with, "http://evil.example"}, 101},
		{"version 8 has another name for it", websocket.Options{}, []string{"Sec-WebSocket-Version", "8", older, "http://evil.example"}, 403},
		{"version 7, too", websocket.Options{}, []string{"Sec-WebSocket-Version", "7", older, "http://example.com"}, 101},
		{"version 8 with the new name", websocket.Options{}, []string{"Sec-WebSocket-Version", "8", with, "http://evil.example"}, 403},
		{"version 13 with the old name", websocket.Options{}, []string{older, "http://evil.example"}, 101},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := setup{options: test.options}.serve(t, &callbacks{})
			c := server.dialRaw(t)
			c.handshake(request{headers: test.headers})
			require.Equal(t, test.status, c.response.StatusCode)
			if test.status == 101 {
				c.quit()
			}
		})
	}
}

// TestOriginPorts: a browser leaves the default port out of the origin, so an
// origin with it and one without are the same (RFC 6454, section 4).
func TestOriginPorts(t *testing.T) {
	notOn(t, "TestOriginOverTLS has it", "tls")
	for _, test := range []struct {
		pattern, origin string
		status          int
	}{
		{"https://cowhand.example:443", "https://cowhand.example", 101},
		{"https://cowhand.example", "https://cowhand.example:443", 101},
		{"http://cowhand.example:80", "http://cowhand.example", 101},
		{"HTTPS://cowhand.example:443", "https://cowhand.example", 101},
		{"wss://cowhand.example:443", "wss://cowhand.example", 101},
		{"https://*.cowhand.example:443", "https://www.cowhand.example", 101},
		{"https://*.cowhand.example", "https://www.cowhand.example:443", 101},
		{"https://cowhand.example:8443", "https://cowhand.example:8443", 101},
		{"https://[2001:db8::443]:443", "https://[2001:db8::443]", 101},
		{"https://cowhand.example:8443", "https://cowhand.example", 403},
		{"https://cowhand.example", "https://cowhand.example:8443", 403},
		{"https://cowhand.example:80", "https://cowhand.example", 403},
		{"https://cowhand.example", "https://cowhand.example:80", 403},
		{"app://cowhand.example:80", "app://cowhand.example", 403},
	} {
		t.Run(test.pattern+" for "+test.origin, func(t *testing.T) {
			server := setup{options: websocket.Options{Origins: []string{test.pattern}}}.serve(t, &callbacks{})
			c := server.dialRaw(t)
			c.handshake(request{headers: []string{"Origin", test.origin}})
			require.Equal(t, test.status, c.response.StatusCode)
			if test.status == 101 {
				c.quit()
			}
		})
	}
}

func TestOriginPatterns(t *testing.T) {
	for _, pattern := range []string{"https://cowhand.example:", "https://cowhand.example:https", "https://cowhand.example:65536", "https://*.:443", "https://:443"} {
		options := websocket.Options{Origins: []string{pattern}}
		assert.ErrorContains(t, options.Validate(), pattern)
	}
}

// TestOriginOverTLS: a page that came over http is not of the same origin.
// Anyone on the network can change it, and the browser would send along the
// user's cookies.
func TestOriginOverTLS(t *testing.T) {
	const with, older = "Origin", "Sec-WebSocket-Origin"
	clear := websocket.Options{Origins: []string{"http://example.com"}}
	for _, test := range []struct {
		name    string
		options websocket.Options
		headers []string
		status  int
	}{
		{"no origin", websocket.Options{}, nil, 101},
		{"https", websocket.Options{}, []string{with, "https://example.com"}, 101},
		{"https and its port", websocket.Options{}, []string{with, "https://example.com:443"}, 101},
		{"https and another port", websocket.Options{}, []string{"Host", "example.com:8443", with, "https://example.com:8443"}, 101},
		{"http", websocket.Options{}, []string{with, "http://example.com"}, 403},
		{"http in capitals", websocket.Options{}, []string{with, "HTTP://example.com"}, 403},
		{"http and the port of https", websocket.Options{}, []string{with, "http://example.com:443"}, 403},
		{"http and the port in Host", websocket.Options{}, []string{"Host", "example.com:80", with, "http://example.com"}, 403},
		{"ws", websocket.Options{}, []string{with, "ws://example.com"}, 403},
		{"http, version 8", websocket.Options{}, []string{"Sec-WebSocket-Version", "8", older, "http://example.com"}, 403},
		{"http, allowed", clear, []string{with, "http://example.com"}, 101},
		{"http of another host, allowed", clear, []string{"Host", "www.example.com", with, "http://example.com"}, 101},
		{"any is allowed", websocket.Options{AllowAnyOrigin: true}, []string{with, "http://example.com"}, 101},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := setup{tls: true, options: test.options}.serve(t, &callbacks{})
			c := server.dialRaw(t)
			c.handshake(request{headers: test.headers})
			require.Equal(t, test.status, c.response.StatusCode)
			if test.status == 101 {
				c.quit()
			}
		})
	}
}

// TestSubprotocol: the server's favourite of those that the client offers
// (RFC 6455, section 4.2.2).
func TestSubprotocol(t *testing.T) {
	for _, test := range []struct {
		name            string
		spoken          []string
		offered, chosen string
	}{
		{"none offered", []string{"chat"}, "", ""},
		{"none spoken", nil, "chat", ""},
		{"none in common", []string{"soap"}, "chat", ""},
		{"the server's order counts", []string{"v2", "v1"}, "v1, v2", "v2"},
		{"names are case-sensitive", []string{"Chat", "chat"}, "chat", "chat"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &callbacks{}
			server := setup{options: websocket.Options{Subprotocols: test.spoken}}.serve(t, h)
			c := server.connect(t, "Sec-WebSocket-Protocol", test.offered)
			assert.Equal(t, test.chosen, c.response.Header.Get("Sec-WebSocket-Protocol"))
			assert.Equal(t, test.chosen, h.opened(t).Subprotocol())
			c.quit()
		})
	}
}

// TestRequireSubprotocol: a client without one of the server's is rejected, and
// told which there are.
func TestRequireSubprotocol(t *testing.T) {
	options := websocket.Options{Subprotocols: []string{"v2", "v1"}, RequireSubprotocol: true}
	for _, test := range []struct {
		name, offered, set string // set: by the route
		status             int
	}{
		{"none", "", "", 400},
		{"another", "v3", "", 400},
		{"one of them", "v3, v1", "", 101},
		{"the route's choice", "v3", "v3", 101},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := &callbacks{}
			server := setup{options: options, route: func(req *handler.Request) error {
				if test.set == "" {
					return nil
				}
				return req.SetRespHeader("Sec-WebSocket-Protocol", test.set)
			}}.serve(t, h)
			c := server.dialRaw(t)
			c.handshake(request{headers: []string{"Sec-WebSocket-Protocol", test.offered}})
			require.Equal(t, test.status, c.response.StatusCode)
			if test.status == 101 {
				c.quit()
				return
			}
			body, err := io.ReadAll(c.response.Body)
			require.NoError(t, err)
			assert.Equal(t, "the header Sec-WebSocket-Protocol must offer one of: v2, v1\n", string(body))
			assert.Empty(t, h.ended())
		})
	}
	options.Subprotocols = nil
	assert.ErrorContains(t, options.Validate(), "Options.RequireSubprotocol")
}

// TestRouteSetsHeaders: the route's Init may choose the subprotocol by
// itself, and set other headers and cookies of the response.
func TestRouteSetsHeaders(t *testing.T) {
	h := &callbacks{}
	server := setup{
		options: websocket.Options{Subprotocols: []string{"v1"}},
		route: func(req *handler.Request) error {
			if err := req.SetRespHeader("Sec-WebSocket-Protocol", "v3"); err != nil {
				return err
			}
			return req.SetRespHeader("X-Served-By", "cowhand")
		},
	}.serve(t, h)
	c := server.connect(t, "Sec-WebSocket-Protocol", "v1, v3")
	assert.Equal(t, []string{"v3"}, c.response.Header.Values("Sec-WebSocket-Protocol"))
	assert.Equal(t, "cowhand", c.response.Header.Get("X-Served-By"))
	assert.Equal(t, "v3", h.opened(t).Subprotocol())
	c.quit()
}

// headerRoutes are the ways by which a user can set a header of the 101.
func headerRoutes(name, value string) map[string]setup {
	inMap := func(h http.Header) { h[name] = []string{"before", value} }
	unchecked := func(set func(*handler.Request) error) setup {
		return setup{route: func(req *handler.Request) error { _ = set(req); return nil }}
	}
	wrapped := func(wrap func(w http.ResponseWriter) http.ResponseWriter) setup {
		return setup{protocol: protocol.Options{Wrap: []func(http.Handler) http.Handler{func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
		}}}}
	}
	return map[string]setup{
		"SetRespHeader":  unchecked(func(req *handler.Request) error { return req.SetRespHeader(name, value) }),
		"SetRespHeaders": unchecked(func(req *handler.Request) error { return req.SetRespHeaders(handler.Headers{name: value}) }),
		"SetRespCookie": unchecked(func(req *handler.Request) error {
			return req.SetRespCookie(name, value, handler.Cookie{Domain: value, Path: value})
		}),
		"the map": unchecked(func(req *handler.Request) error { inMap(req.RespHeaders()); return nil }),
		"net/http middleware": wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			inMap(w.Header())
			return w
		}),
		"a writer's Hijack": wrapped(func(w http.ResponseWriter) http.ResponseWriter {
			return lateSetter{w, func() { inMap(w.Header()) }}
		}),
	}
}

// lateSetter is a writer that sets headers while it is hijacked.
type lateSetter struct {
	http.ResponseWriter
	set func()
}

func (w lateSetter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.set()
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// responseLines reads the head of a response as it is on the wire.
func (c *client) responseLines(r request) (lines []string) {
	c.t.Helper()
	c.write(r.bytes())
	for {
		line, err := c.in.ReadString('\n')
		require.NoError(c.t, err)
		line, terminated := strings.CutSuffix(line, "\r\n")
		require.True(c.t, terminated, "a line feed alone: %q", line)
		if line == "" {
			return lines
		}
		lines = append(lines, line)
	}
}

// TestResponseHeadersCannotInject: nothing that a user sets as the name or the
// value of a header begins another one (RFC 9110, sections 5.1 and 5.5).
func TestResponseHeadersCannotInject(t *testing.T) {
	field := regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+: [^\\x00-\\x08\\x0a-\\x1f\\x7f]*$")
	for _, header := range [][2]string{
		{"X-A\r\nX-Injected", "1"},
		{"X-A\nX-Injected", "1"},
		{"X-A: b\r\nX-Injected", "1"},
		{"X-A\r\n\r\n\x81\x00", "1"},
		{"X-A:", "1"},
		{"X A", "1"},
		{"X-A ", "1"},
		{"X\x00A", "1"},
		{"X-\u00c4", "1"},
		{"", "1"},
		{"X-A", "a\r\nX-Injected: 1"},
		{"X-A", "a\nX-Injected: 1"},
		{"X-A", "a\rX-Injected: 1"},
		{"X-A", "a\x00b\x7fc\x1bd"},
		{"Set-Cookie", "a\r\nX-Injected: 1"},
		{"Sec-Websocket-Protocol", "a\r\nX-Injected: 1"},
	} {
		for route, on := range headerRoutes(header[0], header[1]) {
			t.Run(fmt.Sprintf("%q by %s", header, route), func(t *testing.T) {
				c := on.serve(t, &callbacks{}).dialRaw(t)
				lines := c.responseLines(request{})
				assert.Equal(t, "HTTP/1.1 101 Switching Protocols", lines[0])
				for _, line := range lines[1:] {
					assert.Regexp(t, field, line)
					assert.False(t, strings.HasPrefix(line, "X-Injected"), line)
				}
				c.quit()
			})
		}
	}
}

// TestDroppedResponseHeader is logged, as a fault of the handler.
func TestDroppedResponseHeader(t *testing.T) {
	on := setup{route: func(req *handler.Request) error {
		req.RespHeaders()["X-A\r\nX-Injected"] = []string{"1"}
		return req.SetRespHeader("X-Kept", "caf\xe9\tbar")
	}}
	server := on.serve(t, &callbacks{})
	c := server.connect(t)
	assert.Equal(t, "caf\xe9\tbar", c.response.Header.Get("X-Kept"))
	c.quit()
	logged := server.logs.String()
	assert.Equal(t, 1, strings.Count(logged, "level=WARN"), logged)
	assert.Contains(t, logged, "X-Injected")
	assert.Contains(t, logged, "path=/chat")
}

// TestOwnResponseHeaders: no user sets those of the handshake a second time,
// in whatever case they are in the map. RFC 6455, section 11.3.4: the
// subprotocol "MUST NOT appear more than once".
func TestOwnResponseHeaders(t *testing.T) {
	names := []string{"Connection", "Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions", "Content-Length", "Transfer-Encoding"}
	for _, change := range []func(string) string{http.CanonicalHeaderKey, strings.ToLower, strings.ToUpper} {
		h := &callbacks{}
		c := setup{
			options: websocket.Options{Subprotocols: []string{"v1"}},
			route: func(req *handler.Request) error {
				for _, name := range names {
					req.RespHeaders()[change(name)] = []string{"1"}
				}
				req.RespHeaders()[change("Sec-WebSocket-Protocol")] = []string{"v2", "v3"}
				return nil
			},
		}.serve(t, h).dialRaw(t)
		lines := c.responseLines(request{headers: []string{"Sec-WebSocket-Protocol", "v1, v2"}})
		assert.ElementsMatch(t, []string{
			"HTTP/1.1 101 Switching Protocols",
			"Connection: Upgrade",
			"Upgrade: websocket",
			"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
			"Sec-WebSocket-Protocol: v2",
		}, lines)
		assert.Equal(t, "v2", h.opened(t).Subprotocol())
		c.quit()
	}
}

// TestFramesBehindTheRequest: a client that does not wait for the response
// loses nothing.
func TestFramesBehindTheRequest(t *testing.T) {
	eachTransport(t, func(t *testing.T, on setup) {
		server := on.serve(t, &callbacks{frame: echo})
		c := server.dialRaw(t)
		big := strings.Repeat("x", 3000)
		frames := masked(text("one"), text(big), ping("two"), binaryFrame("three"))
		c.handshake(request{}, frames[:len(frames)-2]...)
		require.Equal(t, 101, c.response.StatusCode)
		c.write(frames[len(frames)-2:])
		c.expect(text("one"), text(big), pong("two"), binaryFrame("three"))
		c.quit()
	})
}

func TestVersion(t *testing.T) {
	for version, number := range map[string]int{"7": 7, "8": 8, "13": 13} {
		h := &callbacks{frame: echo}
		c := setup{}.serve(t, h).connect(t, "Sec-WebSocket-Version", version)
		assert.Equal(t, number, h.opened(t).Version())
		c.send(text(version))
		c.expect(text(version))
		c.quit()
	}
}
