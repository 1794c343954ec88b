package rest_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/fstest"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/handler/static"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// ErrorPages decides about the body of every error without one of its own,
// whoever replies: the flow of REST, the protocol or static.
func TestErrorPages(t *testing.T) {
	fails := func(err error) handler.Handler {
		return upgrade(struct{ resourceExists }{resourceExists{answer(false, err)}})
	}
	panics := func(*rest.Request) (bool, error) { panic("oh") }
	routes := router.MustCompile(router.Host("_",
		router.Path("/flow", fails(nil)),
		router.Path("/error", fails(handler.Errorf(404, "not here"))),
		router.Path("/crash", upgrade(struct{ resourceExists }{resourceExists{panics}})),
		router.Path("/own", upgrade(struct{ forbidden }{forbidden{func(req *rest.Request) (bool, error) {
			req.SetRespBody([]byte("own"))
			return true, req.SetRespHeader("Content-Type", "text/plain")
		}}})),
		router.Path("/reply", upgrade(struct{ forbidden }{forbidden{func(req *rest.Request) (bool, error) {
			return false, req.ReplyStatus(404)
		}}})),
		router.Path("/file/[...]", static.FS(fstest.MapFS{})),
		router.Path("/init", handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(404, "not here") })),
	))
	var pages protocol.ErrorPages
	pages.Page = numbered
	server, err := protocol.New(protocol.Options{Dispatch: routes, Logger: slog.New(slog.DiscardHandler), StreamHandlers: []protocol.StreamHandler{pages}})
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/flow": "404 page 404", "/error": "404 page 404", "/reply": "404 page 404", "/file/a": "404 page 404",
		"/init": "404 page 404", "/none": "404 page 404", "/crash": "500 page 500", "/own": "403 own",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := httptest.NewRecorder()
			server.ServeHTTP(w, httptest.NewRequest(method, path, nil))
			if method == "HEAD" {
				assert.Equal(t, fmt.Sprint(len(want)-len("404 ")), w.Header().Get("Content-Length"), path)
				assert.Equal(t, want[:3], fmt.Sprint(w.Code), path)
				continue
			}
			assert.Equal(t, want, fmt.Sprint(w.Code, " ", w.Body), path)
			if path != "/own" {
				assert.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"), path)
			}
		}
	}
}

// numbered is a page that tells nothing but the status.
func numbered[X any](_ X, status int, _ http.Header) []byte {
	return fmt.Appendf(nil, "page %d", status)
}
