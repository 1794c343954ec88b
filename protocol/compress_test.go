package protocol_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// compressing serves an http.HandlerFunc with Compress.
func compressing(t *testing.T, serve http.HandlerFunc) string {
	t.Helper()
	server := mount(t, protocol.Options{Compress: true, Dispatch: to{handler.FromHTTP(serve)}})
	return server.URL
}

func gunzip(t *testing.T, body []byte) string {
	t.Helper()
	r, err := gzip.NewReader(bytes.NewReader(body))
	require.NoError(t, err)
	plain, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(plain)
}

func TestCompressWhich(t *testing.T) {
	write := func(n int, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			_, _ = w.Write([]byte(strings.Repeat("a", n)))
		}
	}
	status := func(status, n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(strings.Repeat("a", n)))
		}
	}
	tests := map[string]struct {
		serve      http.HandlerFunc
		compressed bool
		vary       string
	}{
		"at the threshold":         {write(300), false, "accept-encoding"},
		"above it":                 {write(301), true, "accept-encoding"},
		"declared, at it":          {write(300, "Content-Length", "300"), false, "accept-encoding"},
		"declared, above it":       {write(301, "Content-Length", "301"), true, "accept-encoding"},
		"large":                    {write(3 << 20), true, "accept-encoding"},
		"large and declared":       {write(3<<20, "Content-Length", strconv.Itoa(3<<20)), true, "accept-encoding"},
		"encoded already":          {write(1000, "Content-Encoding", "identity"), false, "accept-encoding"},
		"with an entity tag":       {write(1000, "ETag", `"x"`), false, "accept-encoding"},
		"not to be transformed":    {write(1000, "Cache-Control", "public, no-transform"), false, "accept-encoding"},
		"a range":                  {write(1000, "Content-Range", "bytes 0-999/2000"), false, "accept-encoding"},
		"partial content":          {status(206, 1000), false, "accept-encoding"},
		"an error":                 {status(500, 1000), true, "accept-encoding"},
		"no content":               {status(204, 0), false, "accept-encoding"},
		"not modified":             {status(304, 0), false, "accept-encoding"},
		"empty":                    {write(0), false, "accept-encoding"},
		"nothing at all":           {func(http.ResponseWriter, *http.Request) {}, false, "accept-encoding"},
		"varies by something else": {write(1000, "Vary", "origin"), true, "origin, accept-encoding"},
		"varies by it":             {write(1000, "Vary", "x, Accept-Encoding"), true, "x, Accept-Encoding"},
		"varies by all":            {write(1000, "Vary", "*"), true, "*"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func() protocol.Options {
				return protocol.Options{Compress: true, Dispatch: to{handler.FromHTTP(tt.serve)}}
			}, func(t *testing.T, c *peer) {
				response, body := c.do(t, "GET", nil, "Accept-Encoding", "gzip")
				unaware, plain := c.do(t, "GET", nil)
				assert.Equal(t, tt.vary, strings.Join(response.Header["Vary"], ", "))
				assert.Equal(t, tt.vary, strings.Join(unaware.Header["Vary"], ", "))
				assert.Equal(t, unaware.StatusCode, response.StatusCode)
				assert.Equal(t, unaware.Header.Get("Content-Type"), response.Header.Get("Content-Type"))
				assert.NotEqual(t, "gzip", unaware.Header.Get("Content-Encoding"))
				if !tt.compressed {
					assert.NotEqual(t, "gzip", response.Header.Get("Content-Encoding"))
					assert.Equal(t, plain, body)
					return
				}
				require.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
				assert.Equal(t, plain, gunzip(t, []byte(body)))
				assert.Less(t, len(body), len(plain))
			})
		})
	}
}

// TestCompressZstd is for a client that prefers it.
func TestCompressZstd(t *testing.T) {
	decoder, err := zstd.NewReader(nil)
	require.NoError(t, err)
	defer decoder.Close()
	text := strings.Repeat("Hello, World! ", 100_000)
	for name, serve := range map[string]initFunc{
		"whole": say(text),
		"streamed": func(req *handler.Request) (*handler.Upgrade, error) {
			s, err := req.StreamReply(200, handler.Headers{"Content-Type": "text/plain; charset=utf-8"})
			if err != nil {
				return nil, err
			}
			return nil, errors.Join(s.Body([]byte(text[:5])), s.Body([]byte(text[5:])))
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func() protocol.Options {
				return protocol.Options{Compress: true, Dispatch: dispatch(serve)}
			}, func(t *testing.T, c *peer) {
				response, body := c.do(t, "GET", nil, "Accept-Encoding", "gzip;q=0.8, zstd")
				assert.Equal(t, "zstd", response.Header.Get("Content-Encoding"))
				assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
				plain, err := decoder.DecodeAll([]byte(body), nil)
				require.NoError(t, err)
				assert.Equal(t, text, string(plain))
			})
		})
	}
}

func TestCompressReply(t *testing.T) {
	text := strings.Repeat("Hello, World! ", 100)
	server := mount(t, protocol.Options{Compress: true, Dispatch: dispatch(say(text))})
	response, body := get(t, server.URL, "Accept-Encoding", "gzip")
	assert.EqualValues(t, len(body), response.ContentLength, "a whole reply has a length")
	assert.Equal(t, text, gunzip(t, body))

	response, body = do(t, http.MethodHead, server.URL, "Accept-Encoding", "gzip")
	assert.EqualValues(t, len(text), response.ContentLength)
	assert.Empty(t, response.Header["Content-Encoding"])
	assert.Empty(t, body)
}

func TestCompressLeavesAloneWhatGrows(t *testing.T) {
	noise := make([]byte, 1000)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		noise[i] = byte(x)
	}
	server := mount(t, protocol.Options{Compress: true, Dispatch: dispatch(say(string(noise)))})
	response, body := get(t, server.URL, "Accept-Encoding", "gzip")
	assert.Empty(t, response.Header["Content-Encoding"])
	assert.Equal(t, noise, body)
}

func TestCompressManySmallWrites(t *testing.T) {
	url := compressing(t, func(w http.ResponseWriter, _ *http.Request) {
		for range 1000 {
			_, _ = io.WriteString(w, "<p>")
		}
	})
	response, body := get(t, url, "Accept-Encoding", "gzip")
	assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	assert.Equal(t, strings.Repeat("<p>", 1000), gunzip(t, body))
}

func TestCompressStream(t *testing.T) {
	next := make(chan struct{})
	url := compressing(t, func(w http.ResponseWriter, _ *http.Request) {
		control := http.NewResponseController(w)
		for _, text := range []string{"one", "two"} {
			_, _ = io.WriteString(w, text)
			_ = control.Flush()
			<-next
		}
	})
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := client(t).Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	plain, err := gzip.NewReader(response.Body)
	require.NoError(t, err)
	got := make([]byte, 3)
	for _, want := range []string{"one", "two"} { // each arrives before the next is sent
		_, err = io.ReadFull(plain, got)
		require.NoError(t, err)
		assert.Equal(t, want, string(got))
		next <- struct{}{}
	}
	_, err = plain.Read(got)
	assert.Equal(t, io.EOF, err)
}

func TestCompressedReplyThatBreaksOff(t *testing.T) {
	url := compressing(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	r, err := http.NewRequest(http.MethodGet, url, nil)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	response, err := client(t).Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	_, err = io.ReadAll(response.Body)
	assert.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestCompressTrailers(t *testing.T) {
	url := compressing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "Sum")
		_, _ = w.Write(make([]byte, 1000))
		w.Header().Set("Sum", "42")
	})
	response, body := get(t, url, "Accept-Encoding", "gzip")
	assert.Len(t, gunzip(t, body), 1000)
	assert.Equal(t, "42", response.Trailer.Get("Sum"))
}

func TestCompressServesFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(path, bytes.Repeat([]byte("line\n"), 10_000), 0o600))
	url := compressing(t, func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	response, body := get(t, url, "Accept-Encoding", "gzip")
	assert.Empty(t, response.Header["Content-Encoding"], "as in Cowboy")
	assert.Equal(t, "bytes", response.Header.Get("Accept-Ranges"))
	assert.Len(t, body, 50_000)

	response, body = get(t, url, "Accept-Encoding", "gzip", "Range", "bytes=0-9")
	assert.Equal(t, http.StatusPartialContent, response.StatusCode)
	assert.Equal(t, "line\nline\n", string(body))
}

func TestCompressInformational(t *testing.T) {
	url := compressing(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusTeapot)
	})
	response, _ := get(t, url, "Accept-Encoding", "gzip")
	assert.Equal(t, http.StatusTeapot, response.StatusCode)
}

// TestCompressLetsUpgradesPass hijacks in each way there is and deadlines
// reach the connection.
func TestCompressLetsUpgradesPass(t *testing.T) {
	for name, hijack := range map[string]func(http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error){
		"controller": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return http.NewResponseController(w).Hijack()
		},
		"assertion": func(w http.ResponseWriter) (net.Conn, *bufio.ReadWriter, error) {
			return w.(http.Hijacker).Hijack()
		},
	} {
		t.Run(name, func(t *testing.T) {
			echo := subProtocol(func(req *handler.Request, _ *handler.Env) error {
				w := req.Writer()
				if err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
					return err
				}
				conn, _, err := hijack(w)
				if err != nil {
					return err
				}
				defer func() { _ = conn.Close() }()
				if _, ok := conn.(*net.TCPConn); !ok {
					return errors.New("not the bare connection")
				}
				_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\nbytes")
				return err
			})
			var l logs
			server := mount(t, protocol.Options{Compress: true, Dispatch: dispatch(upgrade(echo)), Logger: l.logger()})
			got := exchange(t, server.Listener.Addr().String(), "GET / HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\n")
			assert.Equal(t, "HTTP/1.1 101 Switching Protocols\r\n\r\nbytes", got)
			assert.Empty(t, l.String())
		})
	}
}

// exchange sends raw bytes and returns all that comes back until the server
// closes.
func exchange(t *testing.T, addr, request string) string {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(t, conn.SetDeadline(time.Now().Add(20*time.Second)))
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	return string(got)
}
