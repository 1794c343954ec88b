package protocol_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

func TestDecompressMergesAcceptEncoding(t *testing.T) {
	tests := map[string]struct {
		lines []string
		want  string
	}{
		"none":           {nil, "gzip"},
		"another":        {[]string{"br"}, "br, gzip"},
		"with a weight":  {[]string{"br;q=0.5, zstd"}, "br;q=0.5, zstd, gzip"},
		"two lines":      {[]string{"br", "zstd"}, "br, zstd, gzip"},
		"gzip":           {[]string{"br, GZIP;q=0.1"}, "br, GZIP;q=0.1"},
		"no gzip":        {[]string{"gzip;q=0, br"}, "br, gzip"},
		"gzip by star":   {[]string{"br, *;q=0.1"}, "br, *;q=0.1"},
		"no others":      {[]string{"br, *;q=0"}, "br, *;q=0, gzip"},
		"malformed":      {[]string{"br;q=2"}, "gzip"},
		"empty":          {[]string{""}, "gzip"},
		"empty elements": {[]string{"br,, "}, "br, gzip"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			server := mount(t, protocol.Options{
				StreamHandlers: []protocol.StreamHandler{protocol.Decompress{}},
				Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
					for _, line := range tt.lines {
						req.RespHeaders().Add("Accept-Encoding", line)
					}
					return nil, req.ReplyStatus(415)
				}),
			})
			response, _ := get(t, server.URL)
			assert.Equal(t, []string{tt.want}, response.Header["Accept-Encoding"])
		})
	}
}

// TestTrailerIsAnnouncedWhereTrailersAreSent holds the header Trailer to the
// trailers, for each way to send some.
func TestTrailerIsAnnouncedWhereTrailersAreSent(t *testing.T) {
	stream := func(status int, length string) initFunc {
		headers := handler.Headers{"trailer": "Sum"}
		if length != "" {
			headers["content-length"] = length
		}
		return func(req *handler.Request) (*handler.Upgrade, error) {
			s, err := req.StreamReply(status, headers)
			if err != nil {
				return nil, err
			}
			if err := s.Body([]byte("text")); err != nil {
				return nil, err
			}
			return nil, s.Trailers(handler.Headers{"sum": "42"})
		}
	}
	writer := func(status int) initFunc {
		return handler.FromHTTP(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "Sum")
			w.WriteHeader(status)
			_, _ = w.Write([]byte("text"))
			w.Header().Set("Sum", "42")
		})).Init
	}
	const te = "TE: trailers\r\nConnection: TE\r\n"
	tests := map[string]struct {
		init          initFunc
		line, headers string
		sent          bool
	}{
		"a stream":                     {stream(200, ""), "GET / HTTP/1.1", te, true},
		"a stream without TE":          {stream(200, ""), "GET / HTTP/1.1", "", false},
		"a stream to HTTP/1.0":         {stream(200, ""), "GET / HTTP/1.0", te, false},
		"a stream to HEAD":             {stream(200, ""), "HEAD / HTTP/1.1", te, false},
		"a stream of 204":              {stream(204, ""), "GET / HTTP/1.1", te, false},
		"a stream of 304":              {stream(304, ""), "GET / HTTP/1.1", te, false},
		"a stream of known length":     {stream(200, "4"), "GET / HTTP/1.1", te, false},
		"net/http's":                   {writer(200), "GET / HTTP/1.1", te, true},
		"net/http's to HTTP/1.0":       {writer(200), "GET / HTTP/1.0", te, false},
		"net/http's to HEAD":           {writer(200), "HEAD / HTTP/1.1", te, false},
		"net/http's to 204":            {writer(204), "GET / HTTP/1.1", te, false},
		"net/http's of 304":            {writer(304), "GET / HTTP/1.1", te, false},
		"net/http's without TE, as is": {writer(200), "GET / HTTP/1.1", "", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			request := tt.line + "\r\nHost: x\r\nConnection: close\r\n" + tt.headers + "\r\n"
			for _, streams := range [][]protocol.StreamHandler{nil, {protocol.Compress{}}} {
				if streams == nil && strings.HasPrefix(name, "net/http's") {
					continue // without a chain they are net/http's own affair
				}
				got := exchange(t, serve(t, protocol.Options{StreamHandlers: streams, Dispatch: dispatch(tt.init)}), request)
				assert.Equal(t, tt.sent, strings.Contains(got, "\r\nTrailer: Sum\r\n"), got)
				assert.Equal(t, tt.sent, strings.Contains(got, "\r\nSum: 42\r\n"), got)
			}
		})
	}
}

// TestTrailersOverHTTP2 need no TE, and no chunks.
func TestTrailersOverHTTP2(t *testing.T) {
	for _, length := range []string{"", "4"} {
		addr := serve(t, protocol.Options{Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			headers := handler.Headers{"trailer": "Sum"}
			if length != "" {
				headers["content-length"] = length
			}
			s, err := req.StreamReply(200, headers)
			if err != nil {
				return nil, err
			}
			if err := s.Body([]byte("text")); err != nil {
				return nil, err
			}
			return nil, s.Trailers(handler.Headers{"sum": "42"})
		})})
		c := newPeer(t, addr, true)
		response, body := c.do(t, "GET", nil)
		assert.Equal(t, "text", body)
		assert.Equal(t, http.Header{"Sum": {"42"}}, response.Trailer)
		response, _ = c.do(t, "HEAD", nil)
		assert.Empty(t, response.Header["Trailer"])
		assert.Empty(t, response.Trailer)
	}
}

// TestTraceIsNoFailureOfTheServer has no line in the log: any client could fill
// it.
func TestTraceIsNoFailureOfTheServer(t *testing.T) {
	var l logs
	each(t, func() protocol.Options {
		return protocol.Options{Dispatch: dispatch(say("ran")), Logger: l.logger()}
	}, func(t *testing.T, c *peer) {
		response, body := c.do(t, "TRACE", nil)
		assert.Equal(t, 501, response.StatusCode)
		assert.Empty(t, body)
		assert.Empty(t, l.String())
	})
}

// plainWriter is what a middleware of net/http makes of a writer: it has Write,
// and no ReadFrom.
type plainWriter struct{ http.ResponseWriter }

// TestCompressLeavesRepliedFilesAlone whatever is between the file and it.
func TestCompressLeavesRepliedFilesAlone(t *testing.T) {
	line := strings.Repeat("line\n", 10_000)
	path := filepath.Join(t.TempDir(), "file.txt")
	require.NoError(t, os.WriteFile(path, []byte(line), 0o600))
	wrap := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(plainWriter{w}, r) })
	}
	pages := protocol.ErrorPages{Page: protocol.TextPages}
	reply := func(req *handler.Request) (*handler.Upgrade, error) {
		return nil, req.ReplyFile(200, nil, handler.File{Path: path})
	}
	set := func(req *handler.Request) (*handler.Upgrade, error) {
		req.SetRespFile(handler.File{Path: path})
		return nil, req.ReplyStatus(200)
	}
	for name, options := range map[string]protocol.Options{
		"nothing":          {Compress: true, Dispatch: dispatch(reply)},
		"SetRespFile":      {Compress: true, Dispatch: dispatch(set)},
		"a net/http one":   {Compress: true, Dispatch: dispatch(reply), Wrap: []func(http.Handler) http.Handler{wrap}},
		"a stream handler": {StreamHandlers: []protocol.StreamHandler{protocol.Compress{}, pages}, Dispatch: dispatch(reply)},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func() protocol.Options { return options }, func(t *testing.T, c *peer) {
				response, body := c.do(t, "GET", nil, "Accept-Encoding", "gzip")
				assert.Equal(t, []string{"accept-encoding"}, response.Header["Vary"])
				assert.Empty(t, response.Header["Content-Encoding"])
				assert.Equal(t, line, body)
			})
		})
	}
}
