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

// An empty body is not the one that was set, which only nil asks for.
func TestReplyWithAnEmptyBody(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if req.QS() == "file" {
			req.SetRespFile(handler.File{Path: "/does/not/exist"})
		} else {
			req.SetRespBody([]byte("set"))
		}
		return req.Reply(200, nil, []byte{})
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for _, path := range []string{"/", "/?file"} {
			resp, body := c.Do(t, "GET", path, "")
			assert.Equal(t, 200, resp.StatusCode)
			assert.EqualValues(t, 0, resp.ContentLength)
			assert.Empty(t, body)
		}
	})
}

// An empty region is {sendfile, 0, 0, Path}: the file has to be there.
func TestEmptyRegion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "digits")
	require.NoError(t, os.WriteFile(path, []byte("0123456789"), 0o600))
	reply := func(file handler.File) handler.Handler {
		return respond(func(req *handler.Request) error {
			switch req.QS() {
			case "set":
				req.SetRespFile(file)
				return req.ReplyStatus(200)
			case "stream":
				stream, err := req.StreamReply(200, nil)
				if err != nil {
					return err
				}
				return stream.File(file)
			}
			return req.ReplyFile(200, nil, file)
		})
	}
	file := handler.File{Path: path, Offset: 5, Empty: true}
	size, err := file.Size()
	require.NoError(t, err)
	assert.Zero(t, size)
	servetest.Each(t, reply(file), func(t *testing.T, c *servetest.Client) {
		for _, way := range []string{"", "set", "stream"} {
			resp, body := c.Do(t, "GET", "/?"+way, "")
			assert.Equal(t, 200, resp.StatusCode, way)
			assert.Empty(t, body, way)
			if way != "stream" {
				assert.EqualValues(t, 0, resp.ContentLength, way)
			}
		}
	})
	for _, bad := range []handler.File{
		{Path: path + "x", Empty: true}, {Path: path, Offset: 11, Empty: true}, {Path: path, Length: 1, Empty: true},
	} {
		_, err := bad.Size()
		assert.Error(t, err)
		servetest.Each(t, reply(bad), func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", "/", "")
			assert.Equal(t, 500, resp.StatusCode)
		})
	}
}

func TestAddRespHeader(t *testing.T) {
	req, w := newRequest("/")
	require.NoError(t, req.AddRespHeader("link", "</a>; rel=next"))
	require.NoError(t, req.AddRespHeader("Link", "</b>; rel=last"))
	assert.Equal(t, []string{"</a>; rel=next", "</b>; rel=last"}, w.Header()["Link"])
	assert.ErrorContains(t, req.AddRespHeader("set-cookie", "a=b"), "SetRespCookie")
	assert.ErrorContains(t, req.AddRespHeader("a b", "1"), "is no token")
	require.NoError(t, req.ReplyStatus(200))
	assert.ErrorIs(t, req.AddRespHeader("a", "1"), handler.ErrReplied)
}

// net/http keeps Host apart from the other headers.
func TestHostIsAHeader(t *testing.T) {
	host := handler.HeaderType[string]{Name: "host", Parse: func(value string) (string, bool) { return "<" + value + ">", true }}
	h := respond(func(req *handler.Request) error {
		value, err := handler.ParseHeader(req, host)
		if err != nil || !req.HasHeader("HOST") {
			return err
		}
		return req.ReplyText(200, req.Header("Host")+" "+value)
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		_, body := c.Do(t, "GET", "/", "", "Host: Example.org:8080")
		assert.Equal(t, "Example.org:8080 <Example.org:8080>", body)
	})
	req, _ := newRequest("/")
	req.HTTP().Host = ""
	assert.False(t, req.HasHeader("host"))
	value, err := handler.ParseHeader(req, host)
	assert.NoError(t, err)
	assert.Empty(t, value)
}

// A 101 by Inform would leave net/http with a connection that is no longer
// HTTP; the error says what to do.
func TestInformRefusesSwitching(t *testing.T) {
	req, _ := newRequest("/")
	assert.ErrorContains(t, req.Inform(101, nil), "use Hijack")
	assert.False(t, req.Replied())
}
