package handler_test

import (
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReply(t *testing.T) {
	for _, test := range []struct {
		name, method string
		reply        func(*handler.Request) error
		status       int
		length       string
		body         string
	}{
		{"text", "GET", func(r *handler.Request) error { return r.ReplyText(200, "hello") }, 200, "5", "hello"},
		{"text to HEAD", "HEAD", func(r *handler.Request) error { return r.ReplyText(200, "hello") }, 200, "5", ""},
		{"status", "GET", func(r *handler.Request) error { return r.ReplyStatus(404) }, 404, "0", ""},
		{"no content", "GET", func(r *handler.Request) error { return r.ReplyStatus(204) }, 204, "", ""},
		{"body set before", "GET", func(r *handler.Request) error {
			r.SetRespBody([]byte("set"))
			return r.ReplyStatus(201)
		}, 201, "3", "set"},
		{"body given wins", "GET", func(r *handler.Request) error {
			r.SetRespBody([]byte("set"))
			return r.Reply(200, nil, []byte("given"))
		}, 200, "5", "given"},
	} {
		t.Run(test.name, func(t *testing.T) {
			servetest.Each(t, respond(test.reply), func(t *testing.T, c *servetest.Client) {
				resp, body := c.Do(t, test.method, "/", "")
				assert.Equal(t, test.status, resp.StatusCode)
				assert.Equal(t, test.length, resp.Header.Get("Content-Length"))
				assert.Equal(t, test.body, body)
			})
		})
	}
}

func TestRespHeaders(t *testing.T) {
	req, w := newRequest("/")
	require.NoError(t, req.SetRespHeader("x-a", "1"))
	require.NoError(t, req.SetRespHeader("x-b", "2"))
	assert.True(t, req.HasRespHeader("X-A"))
	req.DeleteRespHeader("X-B")
	assert.False(t, req.HasRespHeader("x-b"))
	assert.Equal(t, "1", req.RespHeaders().Get("X-A"))
	require.NoError(t, req.Reply(200, handler.Headers{"x-a": "over", "content-type": "text/html"}, []byte("b")))
	assert.Equal(t, "over", w.Header().Get("X-A"))
	assert.Equal(t, "text/html", w.Header().Get("Content-Type"))
}

func TestSecondReply(t *testing.T) {
	req, w := newRequest("/")
	assert.False(t, req.Replied())
	require.NoError(t, req.ReplyText(200, "first"))
	assert.True(t, req.Replied())
	assert.ErrorIs(t, req.ReplyText(200, "second"), handler.ErrReplied)
	assert.ErrorIs(t, req.Reply(200, nil, nil), handler.ErrReplied)
	assert.ErrorIs(t, req.ReplyStatus(500), handler.ErrReplied)
	assert.ErrorIs(t, req.SetRespHeader("x", "y"), handler.ErrReplied)
	assert.Equal(t, "first", w.Body.String())
}

func TestReplyRefuses(t *testing.T) {
	for _, test := range []struct {
		status int
		body   string
		want   string
	}{
		{204, "x", "handler: a 204 reply has no body"},
		{304, "x", "handler: a 304 reply has no body"},
		{103, "", "handler: status 103 is not one of a final reply (200 to 999)"},
		{1000, "", "handler: status 1000 is not one of a final reply (200 to 999)"},
	} {
		req, _ := newRequest("/")
		assert.EqualError(t, req.Reply(test.status, nil, []byte(test.body)), test.want)
		assert.False(t, req.Replied(), "a refused reply leaves the way free for another")
	}
}

func TestWriterHandsOver(t *testing.T) {
	req, _ := newRequest("/")
	req.Writer().WriteHeader(http.StatusTeapot)
	assert.True(t, req.Replied())
	assert.ErrorIs(t, req.ReplyStatus(200), handler.ErrReplied)
}

// What net/http would drop or change goes nowhere, and the error names it.
func TestRefusedHeaders(t *testing.T) {
	for _, test := range []struct{ name, value, named string }{
		{"x-a", "1\r\nset-cookie: a=b", "x-a"},
		{"x-a", "1\n", "x-a"},
		{"x-a", "\x00", "x-a"},
		{"x-a", "\x1b", "x-a"},
		{"x-a", "\x7f", "x-a"},
		{"x a", "1", `"x a"`},
		{"x\n", "1", `"x\n"`},
		{"é", "1", `"é"`},
		{":path", "/", `":path"`},
		{"", "1", `""`},
		{"Set-Cookie", "a=b", "SetRespCookie"},
	} {
		req, w := newRequest("/")
		assert.ErrorContains(t, req.SetRespHeader(test.name, test.value), test.named)
		headers := handler.Headers{test.name: test.value}
		assert.ErrorContains(t, req.SetRespHeaders(headers), test.named)
		assert.ErrorContains(t, req.Reply(200, headers, nil), test.named)
		assert.ErrorContains(t, req.Inform(103, headers), test.named)
		assert.Empty(t, w.Header())
		assert.False(t, req.Replied())
		stream, err := req.StreamReply(200, nil)
		require.NoError(t, err)
		assert.ErrorContains(t, stream.Trailers(headers), test.named)
	}
}

// SendAtOnce sends all of a reply while the handler goes on.
func TestSendAtOnce(t *testing.T) {
	goOn := make(chan struct{})
	h := respond(func(req *handler.Request) error {
		req.SendAtOnce()
		if err := req.ReplyText(201, "small"); err != nil {
			return err
		}
		<-goOn
		return nil
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, _ := c.Do(t, "HEAD", "/", "")
		assert.EqualValues(t, 5, resp.ContentLength)
		goOn <- struct{}{}
		resp, err := c.Get(c.URL)
		require.NoError(t, err)
		defer resp.Body.Close()
		assert.Equal(t, 201, resp.StatusCode)
		assert.EqualValues(t, 5, resp.ContentLength)
		text := make([]byte, 5)
		_, err = io.ReadFull(resp.Body, text)
		require.NoError(t, err)
		assert.Equal(t, "small", string(text))
		if !c.HTTP2 { // where the end of a stream is sent when the handler returns
			_, err = resp.Body.Read(text)
			assert.Equal(t, io.EOF, err)
		}
		goOn <- struct{}{}
	})
}

func TestHijack(t *testing.T) {
	req, _ := newRequest("/")
	_, _, err := req.Hijack()
	require.ErrorIs(t, err, http.ErrNotSupported)
	require.NoError(t, req.ReplyText(200, "all the same"))
	_, _, err = req.Hijack()
	assert.ErrorIs(t, err, handler.ErrReplied)

	h := respond(func(req *handler.Request) error {
		conn, _, err := req.Hijack()
		if err != nil {
			return err
		}
		defer conn.Close()
		_, err = io.WriteString(conn, "another protocol")
		return errors.Join(err, req.ReplyText(200, ""))
	})
	c := servetest.Start(t, h, false)
	assert.Equal(t, "another protocol", c.Raw(t, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
}

func TestUnfinished(t *testing.T) {
	for name, test := range map[string]struct {
		reply func(*handler.Request) error
		want  bool
	}{
		"nothing":   {func(*handler.Request) error { return nil }, false},
		"reply":     {func(req *handler.Request) error { return req.ReplyText(200, "all") }, false},
		"no body":   {func(req *handler.Request) error { return req.ReplyStatus(204) }, false},
		"writer":    {func(req *handler.Request) error { req.Writer(); return nil }, true},
		"stream":    {func(req *handler.Request) error { _, err := req.StreamReply(200, nil); return err }, true},
		"no stream": {func(req *handler.Request) error { _, err := req.StreamReply(304, nil); return err }, false},
		"trailers": {func(req *handler.Request) error {
			stream, err := req.StreamReply(200, nil)
			return errors.Join(err, stream.Trailers(nil))
		}, false},
	} {
		req, _ := newRequest("/")
		require.NoError(t, test.reply(req), name)
		assert.Equal(t, test.want, req.Unfinished(), name)
	}
}
