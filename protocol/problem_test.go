package protocol_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// pages serve a handler that fails with an error, and return its page.
func page(t *testing.T, pages func(*protocol.Exchange, int, http.Header) []byte, init initFunc, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	p := mustNew(t, protocol.Options{
		Dispatch:       dispatch(init),
		MaxHeaders:     5,
		Logger:         new(logs).logger(),
		StreamHandlers: []protocol.StreamHandler{protocol.ErrorPages{Page: pages}},
	})
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

func failWith(err error) initFunc {
	return func(*handler.Request) (*handler.Upgrade, error) { return nil, err }
}

func TestProblemPages(t *testing.T) {
	match := func(req *handler.Request) (*handler.Upgrade, error) {
		_, err := req.MatchQS(handler.Match{Name: "page", Constraints: []handler.Constraint{router.Int}}, handler.Match{Name: "q"})
		return nil, err
	}
	read := func(req *handler.Request) (*handler.Upgrade, error) {
		_, err := handler.ReadJSON[struct {
			User struct {
				Age int `json:"my age"`
			} `json:"user"`
		}](req, handler.JSONOptions{AnyType: true})
		return nil, err
	}
	for name, test := range map[string]struct {
		init   initFunc
		target string
		body   string
		status int
		want   string
	}{
		"no error":     {func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyStatus(404) }, "/", "", 404, `{"title":"Not Found","status":404}`},
		"cause":        {failWith(handler.Errorf(409, "secret")), "/", "", 409, `{"title":"Conflict","status":409}`},
		"public":       {failWith(handler.Error(409, "Sold out.", errors.New("secret"))), "/", "", 409, `{"title":"Conflict","status":409,"detail":"Sold out."}`},
		"crash":        {func(*handler.Request) (*handler.Upgrade, error) { panic(handler.Error(404, "secret", nil)) }, "/", "", 500, `{"title":"Internal Server Error","status":500}`},
		"no such text": {failWith(handler.Errorf(499, "secret")), "/", "", 499, `{"title":"499","status":499}`},
		"match": {match, "/?page=x", "", 400, `{"title":"Bad Request","status":400,"detail":"page: invalid; q: required",` +
			`"errors":[{"detail":"invalid","field":"page"},{"detail":"required","field":"q"}]}`},
		"a match of which the client is told nothing": {func(req *handler.Request) (*handler.Upgrade, error) {
			_, err := match(req)
			return nil, handler.Errorf(403, "not now: %w", err)
		}, "/", "", 403, `{"title":"Forbidden","status":403}`},
		"JSON": {read, "/", `{"user":{"my age":"old"}}`, 400, `{"title":"Bad Request","status":400,` +
			`"detail":"line 1, column 19 (/user/my age): an integer is expected, not a string",` +
			`"errors":[{"detail":"an integer is expected, not a string","pointer":"#/user/my%20age"}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := page(t, protocol.ProblemPages, test.init, httptest.NewRequest("POST", test.target, strings.NewReader(test.body)))
			assert.Equal(t, test.status, w.Code)
			assert.Equal(t, test.want, w.Body.String())
			assert.Equal(t, []string{"application/problem+json"}, w.Header()["Content-Type"])
		})
	}
}

func TestTextPages(t *testing.T) {
	for want, err := range map[string]error{"Conflict": handler.Errorf(409, "secret"), "Sold out.": handler.Error(409, "Sold out.", nil)} {
		w := page(t, protocol.TextPages, failWith(err), httptest.NewRequest("GET", "/", nil))
		assert.Equal(t, want, w.Body.String())
		assert.Equal(t, []string{"text/plain; charset=utf-8"}, w.Header()["Content-Type"])
		assert.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
	}
}

// A page sees the whole of the exchange: the cause, the request with its
// route, and why an early error is one.
func TestPagesGetTheExchange(t *testing.T) {
	var seen []string
	pages := func(x *protocol.Exchange, status int, _ http.Header) []byte {
		seen = append(seen, x.HTTP().Method+" "+x.Err().Error())
		return nil
	}
	w := page(t, pages, failWith(handler.Errorf(409, "the cause")), httptest.NewRequest("GET", "/", nil))
	assert.Empty(t, w.Body.String())
	early := httptest.NewRequest("PUT", "/", nil)
	for _, name := range []string{"A", "B", "C", "D", "E", "F"} {
		early.Header.Set(name, "1")
	}
	page(t, pages, nil, early)
	page(t, pages, func(*handler.Request) (*handler.Upgrade, error) { panic("oh") }, httptest.NewRequest("GET", "/", nil))
	assert.Equal(t, []string{"GET the cause", "PUT protocol: there are more headers than MaxHeaders", "GET panic: oh"}, seen)
}
