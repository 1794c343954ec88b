package handler_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// No content type goes out but the one that was set: a browser that is told
// text/html runs the scripts of an upload. HEAD says what GET says.
func TestNoContentTypeIsGuessed(t *testing.T) {
	const page = "<html><script>alert(1)</script>"
	upload := filepath.Join(t.TempDir(), "upload")
	require.NoError(t, os.WriteFile(upload, []byte(page), 0o600))
	stream := func(headers handler.Headers) func(*handler.Request) error {
		return func(req *handler.Request) error {
			s, err := req.StreamReply(200, headers)
			if err != nil {
				return err
			}
			return s.Body([]byte(page))
		}
	}
	for name, test := range map[string]struct {
		reply func(*handler.Request) error
		want  []string
	}{
		"reply": {func(req *handler.Request) error { return req.Reply(200, nil, []byte(page)) }, nil},
		"reply with headers": {func(req *handler.Request) error {
			return req.Reply(200, handler.Headers{"x-a": "1"}, []byte(page))
		}, nil},
		"reply of a type": {func(req *handler.Request) error {
			return req.Reply(200, handler.Headers{"content-type": "text/html"}, []byte(page))
		}, []string{"text/html"}},
		"a type set before": {func(req *handler.Request) error {
			if err := req.SetRespHeader("content-type", "image/png"); err != nil {
				return err
			}
			return req.Reply(200, nil, []byte(page))
		}, []string{"image/png"}},
		"body set before": {func(req *handler.Request) error {
			req.SetRespBody([]byte(page))
			return req.ReplyStatus(200)
		}, nil},
		"at once": {func(req *handler.Request) error {
			req.SendAtOnce()
			return req.Reply(200, nil, []byte(page))
		}, nil},
		"file": {func(req *handler.Request) error {
			return req.ReplyFile(200, nil, handler.File{Path: upload})
		}, nil},
		"stream":           {stream(nil), nil},
		"stream of a type": {stream(handler.Headers{"content-type": "text/html"}), []string{"text/html"}},
		"text":             {func(req *handler.Request) error { return req.ReplyText(200, page) }, []string{"text/plain; charset=utf-8"}},
		"plain text":       {func(req *handler.Request) error { return req.ReplyText(200, "hello") }, []string{"text/plain; charset=utf-8"}},
		"no body":          {func(req *handler.Request) error { return req.ReplyStatus(404) }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			servetest.Each(t, respond(test.reply), func(t *testing.T, c *servetest.Client) {
				for _, method := range []string{"GET", "HEAD"} {
					resp, _ := c.Do(t, method, "/", "")
					assert.Equal(t, test.want, resp.Header["Content-Type"], method)
				}
			})
		})
	}
}
