package handler_test

import (
	"net/http"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/internal/servetest"
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
