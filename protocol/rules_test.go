package protocol_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// TestRules has what Cowhand refuses though net/http takes it, and what it
// adds to the answer.
func TestRules(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(say("hi")), Logger: new(logs).logger()})
	const host = "Host: x\r\n\r\n"
	for name, tt := range map[string]struct {
		request, status string
		close           bool // the answer says so
	}{
		"HTTP/1.2":             {"GET / HTTP/1.2\r\n" + host, "505 HTTP Version Not Supported", true},
		"HTTP/1.9 with a body": {"POST / HTTP/1.9\r\nContent-Length: 2\r\n" + host + "hi", "505 HTTP Version Not Supported", true},
		"port of 65535":        {"GET / HTTP/1.1\r\nConnection: close\r\nHost: x:65535\r\n\r\n", "200 OK", true},
		"port of 65536":        {"GET / HTTP/1.1\r\nHost: x:65536\r\n\r\n", "400 Bad Request", true},
		"port of no number":    {"GET / HTTP/1.1\r\nHost: x:80a\r\n\r\n", "400 Bad Request", true},
		"port beyond 64 bits":  {"GET / HTTP/1.1\r\nHost: x:18446744073709551696\r\n\r\n", "400 Bad Request", true},
		"empty port":           {"GET / HTTP/1.1\r\nConnection: close\r\nHost: x:\r\n\r\n", "200 OK", true},
		"IPv6":                 {"GET / HTTP/1.1\r\nConnection: close\r\nHost: [::1]\r\n\r\n", "200 OK", true},
		"IPv6 with a port":     {"GET / HTTP/1.1\r\nHost: [::1]:65536\r\n\r\n", "400 Bad Request", true},
		"GET *":                {"GET * HTTP/1.1\r\n" + host, "400 Bad Request", true},
		"fragment":             {"GET /a#b HTTP/1.1\r\n" + host, "400 Bad Request", true},
		"TRACE":                {"TRACE / HTTP/1.1\r\nConnection: close\r\n" + host, "501 Not Implemented", true},
		"HTTP/1.0":             {"GET / HTTP/1.0\r\n" + host, "200 OK", true},
		"HTTP/1.0 with close":  {"GET / HTTP/1.0\r\nConnection: close\r\n" + host, "200 OK", true},
	} {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, addr, tt.request+strings.Repeat(hidden, 1))
			line, rest, _ := strings.Cut(got, "\r\n")
			assert.Equal(t, tt.status, line[len("HTTP/1.x "):])
			assert.Equal(t, tt.close, strings.Contains(rest, "Connection: close\r\n"), got)
			assert.Equal(t, 1, strings.Count(got, "HTTP/1."), "one answer, and the end: %q", got)
		})
	}
}

func TestAllowTrace(t *testing.T) {
	h := leaving{init: say("traced"), ends: make(chan error, 1)}
	server := mount(t, protocol.Options{Dispatch: to{protocol.AllowTrace(h)}})
	response, body := do(t, http.MethodTrace, server.URL)
	assert.Equal(t, 200, response.StatusCode)
	assert.Equal(t, "traced", string(body))
	require.NoError(t, <-h.ends, "Terminate is called as ever")

	checked := protocol.AllowTrace(invalid{}).(interface{ Validate() error })
	assert.EqualError(t, checked.Validate(), "invalid")
}

type invalid struct{ handler.Func }

func (invalid) Validate() error { return errors.New("invalid") }

// TestOneLineOfAHeader has headers that the handler and the chain set both.
func TestOneLineOfAHeader(t *testing.T) {
	for name, tt := range map[string]struct{ set, want []string }{
		"none":        {nil, []string{"gzip"}},
		"one":         {[]string{"br"}, []string{"br, gzip"}},
		"two":         {[]string{"br;q=0.5", "zstd"}, []string{"br;q=0.5, zstd, gzip"}},
		"gzip":        {[]string{"br, GZIP;q=1"}, []string{"br, GZIP;q=1"}},
		"like gzip":   {[]string{"x-gzip"}, []string{"x-gzip, gzip"}},
		"gzip itself": {[]string{"gzip"}, []string{"gzip"}},
	} {
		t.Run(name, func(t *testing.T) {
			server := mount(t, protocol.Options{
				StreamHandlers: []protocol.StreamHandler{protocol.Decompress{}, protocol.Compress{}},
				Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
					if tt.set != nil {
						req.RespHeaders()["Accept-Encoding"] = tt.set
					}
					req.RespHeaders()["Vary"] = []string{"origin", "accept"}
					return nil, req.ReplyText(200, "hi")
				})})
			response, _ := get(t, server.URL)
			assert.Equal(t, tt.want, response.Header["Accept-Encoding"])
			assert.Equal(t, []string{"origin, accept, accept-encoding"}, response.Header["Vary"])
		})
	}
}

// TestTrailerIsAnnouncedWhereItIsSent goes by the response as it is sent.
func TestTrailerIsAnnouncedWhereItIsSent(t *testing.T) {
	addr := serve(t, protocol.Options{
		StreamHandlers: []protocol.StreamHandler{protocol.Metrics{Callback: func(*protocol.Record) {}}},
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			w := req.Writer()
			w.Header().Set("Trailer", "Sum")
			if req.QS() == "sized" {
				w.Header().Set("Content-Length", "2")
			}
			if req.QS() == "none" {
				w.WriteHeader(http.StatusNoContent)
				return nil, nil
			}
			_, err := io.WriteString(w, "hi")
			w.Header().Set("Sum", "1")
			return nil, err
		})})
	for request, announced := range map[string]bool{
		"GET / HTTP/1.1":       true,
		"GET /?sized HTTP/1.1": false,
		"GET /?none HTTP/1.1":  false,
		"HEAD / HTTP/1.1":      false,
		"GET / HTTP/1.0":       false,
	} {
		got := exchange(t, addr, request+"\r\nHost: x\r\nConnection: close\r\n\r\n")
		assert.Equal(t, announced, strings.Contains(got, "Trailer: Sum\r\n"), "%s: %q", request, got)
		assert.Equal(t, announced, strings.Contains(got, "\r\n0\r\nSum: 1\r\n"), "%s: %q", request, got)
	}
}

// TestCompressSendsFilesPlain is for ReplyFile; the same text as a body is
// compressed.
func TestCompressSendsFilesPlain(t *testing.T) {
	text := bytes.Repeat([]byte("line\n"), 10_000)
	path := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	server := mount(t, protocol.Options{Compress: true, Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
		if req.Path() == "/body" {
			return nil, req.Reply(200, nil, text)
		}
		return nil, req.ReplyFile(200, nil, handler.File{Path: path, Offset: 5, Length: 49_000})
	})})
	response, body := get(t, server.URL+"/file", "Accept-Encoding", "gzip")
	assert.Empty(t, response.Header["Content-Encoding"])
	assert.EqualValues(t, 49_000, response.ContentLength)
	assert.Equal(t, text[5:49_005], body)
	response, _ = get(t, server.URL+"/body", "Accept-Encoding", "gzip")
	assert.Equal(t, "gzip", response.Header.Get("Content-Encoding"))
}

// TestCompressedStreamHasNoEmptyBlock flushes before there is anything, and
// twice.
func TestCompressedStreamHasNoEmptyBlock(t *testing.T) {
	flushes := func(w http.ResponseWriter, before, after int) {
		flush := func(n int) {
			for range n {
				_ = http.NewResponseController(w).Flush()
			}
		}
		flush(before)
		_, _ = io.WriteString(w, "hi")
		flush(after)
	}
	var bodies []string
	for _, n := range [][2]int{{1, 1}, {2, 1}, {1, 3}} {
		url := compressing(t, func(w http.ResponseWriter, _ *http.Request) { flushes(w, n[0], n[1]) })
		_, body := get(t, url, "Accept-Encoding", "gzip")
		assert.Equal(t, "hi", gunzip(t, body))
		bodies = append(bodies, string(body))
	}
	assert.Equal(t, 1, strings.Count(bodies[0], "\x00\x00\xff\xff"), "the end of a flushed block")
	assert.Equal(t, bodies[0], bodies[1])
	assert.Equal(t, bodies[0], bodies[2])
}

// TestHijackThatIsLost has a stream handler that fails once the connection is
// the handler's: nobody else could close it.
func TestHijackThatIsLost(t *testing.T) {
	for name, lose := range map[string]func() error{
		"panic": func() error { panic("lost") },
		"error": func() error { return errors.New("lost") },
		"abort": func() error { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			var l logs
			addr := serve(t, protocol.Options{
				StreamHandlers: []protocol.StreamHandler{loser{lose: lose}},
				Logger:         l.logger(),
				Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
					_, _, err := req.Hijack()
					return nil, err
				})})
			assert.Empty(t, exchange(t, addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")) // returns when the server closes
			assert.NotContains(t, l.String(), "hijacked connection")
		})
	}
}

type loser struct {
	protocol.Stream
	lose func() error
}

func (l loser) Init(_ *protocol.Exchange, next protocol.Stream) protocol.Stream {
	l.Stream = next
	return l
}

func (l loser) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	if _, _, err := l.Stream.Hijack(); err != nil {
		return nil, nil, err
	}
	return nil, nil, l.lose()
}

// TestErrorsOfInitAreLogged has failures of the client, which are for those
// who debug, with their cause.
func TestErrorsOfInitAreLogged(t *testing.T) {
	for status, level := range map[int]string{400: "DEBUG", 403: "DEBUG", 404: "DEBUG", 500: "ERROR", 503: "ERROR"} {
		var l logs
		p := mustNew(t, protocol.Options{
			Logger: slog.New(slog.NewTextHandler(&l, &slog.HandlerOptions{Level: slog.LevelDebug})),
			Dispatch: dispatch(func(*handler.Request) (*handler.Upgrade, error) {
				return nil, &handler.StatusError{Status: status, Err: errors.New("the cause")}
			})})
		w := httptest.NewRecorder()
		p.ServeHTTP(w, httptest.NewRequest("GET", "/path", nil))
		assert.Equal(t, status, w.Code)
		assert.NotContains(t, w.Body.String(), "the cause")
		assert.Contains(t, l.String(), "level="+level)
		assert.Contains(t, l.String(), "the cause")
		assert.Contains(t, l.String(), "path=/path")
	}
}
