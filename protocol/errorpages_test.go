package protocol_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

func TestErrorPages(t *testing.T) {
	pages := protocol.ErrorPages{Page: func(x *protocol.Exchange, status int, h http.Header) []byte {
		switch status {
		case 418:
			return nil
		case 402:
			h.Set("Content-Type", "text/plain")
		}
		h.Set("X-Page", "1")
		return fmt.Appendf(nil, "%s %d", x.HTTP().Method, status)
	}}
	raw := func(serve http.HandlerFunc) initFunc { return handler.FromHTTP(serve).Init }
	reply := func(status int, body string) initFunc {
		return func(req *handler.Request) (*handler.Upgrade, error) {
			if body == "" {
				return nil, req.ReplyStatus(status)
			}
			return nil, req.Reply(status, handler.Headers{"Content-Type": "own"}, []byte(body))
		}
	}
	fail := func(status int) initFunc {
		return func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(status, "x") }
	}
	public := func(status int) initFunc {
		return func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Error(status, "public", nil) }
	}
	const html = "text/html; charset=utf-8"
	tests := map[string]struct {
		init        initFunc
		status      int
		body, media string
	}{
		"no body":            {reply(404, ""), 404, "GET 404", html},
		"a body of its own":  {reply(404, "mine"), 404, "mine", "own"},
		"below 400":          {reply(302, ""), 302, "", ""},
		"an error":           {fail(409), 409, "GET 409", html},
		"a crash":            {func(*handler.Request) (*handler.Upgrade, error) { panic("x") }, 500, "GET 500", html},
		"another type":       {reply(402, ""), 402, "GET 402", "text/plain"},
		"no page":            {reply(418, ""), 418, "", ""},
		"no page, an error":  {fail(418), 418, "", ""},
		"a message":          {public(409), 409, "GET 409", html},
		"no page, a message": {public(418), 418, "public", "text/plain; charset=utf-8"},
		"unknown length":     {raw(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }), 404, "GET 404", html},
		"its own, later": {raw(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "own")
			w.WriteHeader(404)
			_, _ = w.Write(nil)
			_, _ = io.WriteString(w, "mine")
		}), 404, "mine", "own"},
		"a stream": {raw(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "own")
			w.WriteHeader(404)
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, "mine")
		}), 404, "mine", "own"},
		"compressed": {reply(404, strings.Repeat("mine", 100)), 404, strings.Repeat("mine", 100), "own"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{pages},
					Compress:       true,
					Logger:         new(logs).logger(),
					Dispatch:       dispatch(tt.init),
				}
			}, func(t *testing.T, c *peer) {
				response, body := c.do(t, "GET", nil, "Accept-Encoding", "gzip")
				if response.Header.Get("Content-Encoding") == "gzip" {
					body = gunzip(t, []byte(body))
				}
				assert.Equal(t, tt.status, response.StatusCode)
				assert.Equal(t, tt.body, body)
				assert.Equal(t, tt.media, response.Header.Get("Content-Type"))
				assert.Equal(t, strings.HasPrefix(tt.body, "GET "), response.Header.Get("X-Page") != "")
			})
		})
	}
}

func TestErrorPagesToHEAD(t *testing.T) {
	pages := protocol.ErrorPages{Page: func(*protocol.Exchange, int, http.Header) []byte { return []byte("page") }}
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers:  []protocol.StreamHandler{pages},
			MaxMethodLength: 4,
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				if req.Header("Own") != "" {
					return nil, req.ReplyText(404, "my own")
				}
				return nil, handler.Errorf(404, "")
			}),
		}
	}, func(t *testing.T, c *peer) {
		response, _ := c.do(t, "HEAD", nil)
		assert.EqualValues(t, len("page"), response.ContentLength)
		response, _ = c.do(t, "HEAD", nil, "Own", "1")
		assert.EqualValues(t, len("my own"), response.ContentLength)
		response, body := c.do(t, "TOOLONG", nil)
		assert.Equal(t, 501, response.StatusCode)
		assert.Equal(t, "page", body)
		assert.Equal(t, "text/html; charset=utf-8", response.Header.Get("Content-Type"))
	})
}
