package handler_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStreamReply(t *testing.T) {
	next := make(chan struct{})
	h := respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, handler.Headers{"content-type": "text/plain"})
		if err != nil {
			return err
		}
		for _, text := range []string{"first", "", "second"} {
			if err := stream.Body([]byte(text)); err != nil {
				return err
			}
			if text != "" {
				<-next
			}
		}
		_, err = io.WriteString(stream, " and last")
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, err := c.Get(c.URL)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.EqualValues(t, -1, resp.ContentLength)
		piece := make([]byte, 100)
		for _, want := range []string{"first", "second"} { // each arrives before the next is sent
			n, err := io.ReadAtLeast(resp.Body, piece, len(want))
			require.NoError(t, err)
			assert.Equal(t, want, string(piece[:n]))
			next <- struct{}{}
		}
		rest, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, " and last", string(rest))
	})
}

func TestStreamReplyWithoutBody(t *testing.T) {
	errs := make(chan error, 1)
	h := respond(func(req *handler.Request) error {
		status := 200
		if req.QS() == "304" {
			status = 304
		}
		stream, err := req.StreamReply(status, nil)
		if err == nil {
			err = stream.Body([]byte("not sent"))
		}
		errs <- err
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for _, target := range []string{"HEAD /", "GET /?304"} {
			method, path, _ := strings.Cut(target, " ")
			_, body := c.Do(t, method, path, "")
			assert.Empty(t, body)
			assert.NoError(t, <-errs)
		}
	})
}

func TestStreamAfterReply(t *testing.T) {
	req, _ := newRequest("/")
	_, err := req.StreamReply(200, nil)
	require.NoError(t, err)
	_, err = req.StreamReply(200, nil)
	assert.ErrorIs(t, err, handler.ErrReplied)
	assert.ErrorIs(t, req.Inform(103, nil), handler.ErrReplied)
	assert.ErrorIs(t, req.Push("/a", nil), handler.ErrReplied)
	assert.ErrorIs(t, req.ReplyFile(200, nil, handler.File{Path: "/dev/null"}), handler.ErrReplied)
	assert.ErrorIs(t, req.SetRespHeaders(handler.Headers{"a": "b"}), handler.ErrReplied)
	req, _ = newRequest("/")
	_, err = req.StreamReply(99, nil)
	assert.Error(t, err)
}

// A client that goes away ends the stream, although the handler only writes.
func TestStreamNoticesThatTheClientIsGone(t *testing.T) {
	ended := make(chan error, 1)
	h := respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, nil)
		for err == nil {
			err = stream.Body(make([]byte, 1000))
		}
		ended <- err
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", c.URL, nil)
		require.NoError(t, err)
		resp, err := c.Client.Do(r)
		require.NoError(t, err)
		cancel()
		_ = resp.Body.Close()
		select {
		case err := <-ended:
			assert.Error(t, err)
		case <-time.After(5 * time.Second):
			t.Fatal("the stream goes on without its client")
		}
	})
}

// Backpressure: what the client does not read, the handler cannot send.
func TestStreamIsHeldBackByASlowClient(t *testing.T) {
	const limit = 64 << 20
	sent := make(chan int, 1)
	h := respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, nil)
		n := 0
		for piece := make([]byte, 64<<10); err == nil && n < limit; n += len(piece) {
			err = stream.Body(piece)
		}
		sent <- n
		return err
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, err := c.Get(c.URL)
		require.NoError(t, err)
		_, err = io.ReadFull(resp.Body, make([]byte, 1))
		require.NoError(t, err)
		select {
		case <-sent:
			t.Error("64 MB went out to a client that read one byte")
		case <-time.After(50 * time.Millisecond):
			require.NoError(t, resp.Body.Close())
			assert.Less(t, <-sent, limit)
		}
	})
}

func TestTrailers(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, nil)
		if err != nil {
			return err
		}
		if err := stream.Body([]byte("body")); err != nil {
			return err
		}
		if err := stream.Trailers(handler.Headers{"Set-Cookie": "a=b"}); err == nil {
			return handler.Errorf(500, "a cookie in the trailers")
		}
		if err := stream.Trailers(handler.Headers{"grpc-status": "0"}); err != nil {
			return err
		}
		if stream.Body([]byte("x")) == nil || stream.Trailers(nil) == nil {
			panic(http.ErrAbortHandler)
		}
		return stream.Flush()
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		te := "TE: gzip;q=0.5, trailers"
		if c.HTTP2 {
			te = "TE: trailers" // RFC 9113, section 8.2.2: no other
		}
		resp, body := c.Do(t, "GET", "/", "", te)
		assert.Equal(t, "body", body)
		assert.Equal(t, "0", resp.Trailer.Get("Grpc-Status"))
		resp, body = c.Do(t, "GET", "/", "")
		assert.Equal(t, "body", body)
		assert.Equal(t, c.HTTP2, len(resp.Trailer) > 0, "over HTTP/1.1 only on demand")
	})
}

func TestInform(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if err := req.SetRespHeader("X-Final", "1"); err != nil {
			return err
		}
		if err := req.Inform(103, handler.Headers{"Link": "</style.css>; rel=preload"}); err != nil {
			return err
		}
		if req.Inform(101, nil) == nil || req.Inform(200, nil) == nil || req.Inform(99, nil) == nil {
			return handler.Errorf(500, "a status that is none of an informational response")
		}
		return req.ReplyText(200, "final")
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		var code int
		var early textproto.MIMEHeader
		trace := &httptrace.ClientTrace{Got1xxResponse: func(c int, h textproto.MIMEHeader) error {
			code, early = c, h
			return nil
		}}
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), "GET", c.URL, nil)
		require.NoError(t, err)
		resp, err := c.Client.Do(r)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, 103, code)
		assert.Equal(t, "</style.css>; rel=preload", early.Get("Link"))
		assert.Empty(t, early.Get("X-Final"))
		assert.Equal(t, "1", resp.Header.Get("X-Final"))
		assert.Empty(t, resp.Header.Get("Link"))
		assert.Equal(t, "5", resp.Header.Get("Content-Length"))
	})
	c := servetest.Start(t, h, false)
	assert.NotContains(t, c.Raw(t, "GET / HTTP/1.0\r\n\r\n"), "103", "HTTP/1.0 knows of none")
}

func TestEvents(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		stream, err := req.StreamReply(200, handler.Headers{"content-type": "text/event-stream"})
		if err != nil {
			return err
		}
		for _, bad := range []handler.Event{{ID: "1\n2"}, {Event: "a\rb"}, {Retry: -1}} {
			if stream.Events(handler.Event{Data: "x"}, bad) == nil {
				panic(http.ErrAbortHandler)
			}
		}
		return stream.Events(
			handler.Event{Comment: "hello\nworld"},
			handler.Event{ID: "1", Event: "add", Data: "a\r\nb\rc\n", Retry: 1500 * time.Millisecond, Comment: "c"},
			handler.Event{EmptyData: true})
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		_, body := c.Do(t, "GET", "/", "")
		assert.Equal(t, ": hello\n: world\n\n"+
			": c\nid: 1\nevent: add\ndata: a\ndata: b\ndata: c\ndata: \nretry: 1500\n\n"+
			"data: \n\n", body)
	})
}

func TestReplyFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "digits")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	memory := fstest.MapFS{"digits": {Data: []byte("0123456789")}}
	for _, test := range []struct {
		name string
		file handler.File
		want string // "" is for an error
	}{
		{"whole", handler.File{Path: path}, "0123456789"},
		{"region", handler.File{Path: path, Offset: 2, Length: 3}, "234"},
		{"tail", handler.File{Path: path, Offset: 8}, "89"},
		{"of an FS", handler.File{FS: memory, Path: "digits", Offset: 1, Length: 2}, "12"},
		{"of an FS without Seek", handler.File{FS: noSeek{memory}, Path: "digits", Offset: 1, Length: 2}, "12"},
		{"beyond the end", handler.File{Path: path, Offset: 2, Length: 9}, ""},
		{"offset beyond the end", handler.File{Path: path, Offset: 11}, ""},
		{"negative", handler.File{Path: path, Offset: -1}, ""},
		{"directory", handler.File{Path: dir}, ""},
		{"missing", handler.File{Path: path + "x"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			size, err := test.file.Size()
			assert.Equal(t, test.want == "" && test.file.Length == 0, err != nil)
			if test.want != "" {
				assert.EqualValues(t, len(test.want), size)
			}
			h := respond(func(req *handler.Request) error {
				if req.QS() == "set" {
					req.SetRespBody([]byte("replaced"))
					req.SetRespFile(test.file)
					return req.ReplyStatus(200)
				}
				if req.QS() == "stream" {
					stream, err := req.StreamReply(200, nil)
					if err != nil {
						return err
					}
					return stream.File(test.file)
				}
				return req.ReplyFile(200, nil, test.file)
			})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				if test.want == "" {
					resp, _ := c.Do(t, "GET", "/", "")
					assert.Equal(t, 500, resp.StatusCode)
					return
				}
				for _, target := range []string{"/", "/?set", "/?stream"} {
					_, body := c.Do(t, "GET", target, "")
					assert.Equal(t, test.want, body, target)
				}
				resp, body := c.Do(t, "HEAD", "/", "")
				assert.EqualValues(t, len(test.want), resp.ContentLength)
				assert.Empty(t, body)
				resp, body = c.Do(t, "HEAD", "/?stream", "")
				assert.EqualValues(t, 200, resp.StatusCode)
				assert.Empty(t, body)
			})
		})
	}
}

func TestSetRespBodyReplacesTheFile(t *testing.T) {
	req, w := newRequest("/")
	req.SetRespFile(handler.File{Path: "/dev/null"})
	assert.True(t, req.HasRespBody())
	req.SetRespBody([]byte("body"))
	assert.True(t, req.HasRespBody())
	require.NoError(t, req.ReplyStatus(200))
	assert.Equal(t, "body", w.Body.String())
}

// pusherWriter is a writer that can push, and pushWrapper hides it.
type pusherWriter struct {
	*httptest.ResponseRecorder
	path string
	err  error
}

func (p *pusherWriter) Push(path string, o *http.PushOptions) error {
	p.path = path + " " + o.Header.Get("Accept")
	return p.err
}

type pushWrapper struct{ http.ResponseWriter }

func (w pushWrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func TestPush(t *testing.T) {
	for _, err := range []error{nil, http.ErrNotSupported, io.ErrClosedPipe} {
		w := &pusherWriter{ResponseRecorder: httptest.NewRecorder(), err: err}
		req := handler.NewRequest(pushWrapper{w}, httptest.NewRequest("GET", "/", nil), handler.Env{})
		assert.NoError(t, req.Push("/style.css", handler.Headers{"accept": "text/css"}), "an offer that the client did not take")
		assert.Equal(t, "/style.css text/css", w.path)
		assert.ErrorContains(t, req.Push("style.css", nil), `"style.css"`)
		assert.ErrorContains(t, req.Push("/", handler.Headers{":path": "/"}), `":path"`)
	}
	req, _ := newRequest("/")
	assert.NoError(t, req.Push("/style.css", nil), "no push in HTTP/1.1")
}

func TestURI(t *testing.T) {
	for target, want := range map[string]string{
		"http://example.org/path?a=b":         "http://example.org/path?a=b",
		"http://EXAMPLE.org:80/":              "http://example.org/",
		"http://example.org:8080/a%2Fb?x":     "http://example.org:8080/a%2Fb?x",
		"http://[::1]:8080/":                  "http://[::1]:8080/",
		"http://example.org:443/not-https":    "http://example.org:443/not-https",
		"http://example.org/a%20b?c=d&e=%20f": "http://example.org/a%20b?c=d&e=%20f",
	} {
		req, _ := newRequest(target)
		assert.Equal(t, want, req.URI().String())
	}
	req, _ := newRequest("http://example.org/path?a=b")
	u := req.URI()
	u.RawQuery, u.Fragment = "", "top"
	assert.Equal(t, "http://example.org/path#top", u.String())
	assert.Equal(t, "a=b", req.QS(), "the request is as it was")
	r := httptest.NewRequest("OPTIONS", "/", nil)
	r.URL.Path, r.TLS = "*", new(tls.ConnectionState)
	assert.Equal(t, "https://example.com", handler.NewRequest(nil, r, handler.Env{}).URI().String())
}

func TestSetHTTP(t *testing.T) {
	req, first := newRequest("/")
	second, r := httptest.NewRecorder(), httptest.NewRequest("PUT", "/other", nil)
	req.SetHTTP(second, r)
	assert.Equal(t, "PUT", req.Method())
	require.NoError(t, req.ReplyText(200, "x"))
	assert.Empty(t, first.Body.String())
	assert.Equal(t, "x", second.Body.String())
}

// noSeek is a file system whose files only read.
type noSeek struct{ fs.FS }

func (f noSeek) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	return struct{ fs.File }{file}, err
}

// A reply as it goes over the wire, byte for byte.
func TestReplyOnTheWire(t *testing.T) {
	c := servetest.Start(t, respond(func(req *handler.Request) error {
		req.RespHeaders()["Date"] = nil
		return req.ReplyText(200, "hi")
	}), false)
	conn, err := net.Dial("tcp", c.Addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
	require.NoError(t, err)
	want := "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 2\r\n\r\nhi"
	got := make([]byte, len(want))
	_, err = io.ReadFull(bufio.NewReader(conn), got)
	require.NoError(t, err)
	assert.Equal(t, want, string(got))
}

// nullWriter takes a reply and keeps nothing.
type nullWriter struct {
	header http.Header
	bytes.Buffer
}

func (w *nullWriter) Header() http.Header         { return w.header }
func (w *nullWriter) WriteHeader(int)             {}
func (w *nullWriter) Write(p []byte) (int, error) { return len(p), nil }
func (w *nullWriter) WriteString(s string) (int, error) {
	return len(s), nil
}

// What handler itself allocates for the plainest of replies: the Request, and
// the list of values that net/http wants for Content-Length.
func TestReplyTextAllocations(t *testing.T) {
	w := &nullWriter{header: http.Header{}}
	r := httptest.NewRequest("GET", "/", nil)
	sessions := new(handler.Sessions)
	env := handler.Env{Sessions: sessions}
	allocations := testing.AllocsPerRun(100, func() {
		clear(w.header)
		_ = handler.NewRequest(w, r, env).ReplyText(200, "Hello, World!")
	})
	assert.LessOrEqual(t, allocations, 2.0)
}
