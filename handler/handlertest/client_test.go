package handlertest_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/handlertest"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// respond makes a handler of a function that never upgrades.
func respond(f func(*handler.Request) error) handler.Handler {
	return handler.Func(func(req *handler.Request) (*handler.Upgrade, error) { return nil, f(req) })
}

// describe replies with what it got.
var describe = respond(func(req *handler.Request) error {
	body, err := io.ReadAll(req.HTTP().Body)
	if err != nil {
		return err
	}
	return req.ReplyText(200, fmt.Sprintf("%s %s %s %s %q %q", req.Method(), req.URI(), req.Version(), req.Peer(), req.Header("Content-Type"), body))
})

func TestRequests(t *testing.T) {
	for name, test := range map[string]struct {
		request handlertest.Request
		want    string
	}{
		"the zero value": {handlertest.Request{}, `GET http://localhost/ HTTP/1.1 192.0.2.1:40000 "" ""`},
		"HTTP/2":         {handlertest.Request{Version: "HTTP/2", Path: "/a%2Fb?q=1"}, `GET http://localhost/a%2Fb?q=1 HTTP/2 192.0.2.1:40000 "" ""`},
		"a host":         {handlertest.Request{Host: "cows.example:81"}, `GET http://cows.example:81/ HTTP/1.1 192.0.2.1:40000 "" ""`},
		"a peer": {handlertest.Request{Peer: netip.MustParseAddrPort("[2001:db8::1]:5")},
			`GET http://localhost/ HTTP/1.1 [2001:db8::1]:5 "" ""`},
		"TLS":       {handlertest.Request{TLS: &tls.ConnectionState{}}, `GET https://localhost/ HTTP/1.1 192.0.2.1:40000 "" ""`},
		"OPTIONS *": {handlertest.Request{Method: "OPTIONS", Path: "*"}, `OPTIONS http://localhost HTTP/1.1 192.0.2.1:40000 "" ""`},
		"a form": {handlertest.Request{Body: handlertest.Form("a b", "1&2", "c", "")},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "application/x-www-form-urlencoded" "a+b=1%262&c="`},
		"an empty form": {handlertest.Request{Body: handlertest.Form()},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "application/x-www-form-urlencoded" ""`},
		"JSON": {handlertest.Request{Method: "PUT", Body: handlertest.JSON(map[string]int{"a": 1})},
			`PUT http://localhost/ HTTP/1.1 192.0.2.1:40000 "application/json" "{\"a\":1}"`},
		"text": {handlertest.Request{Body: handlertest.Text("moo")},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "text/plain; charset=utf-8" "moo"`},
		"bytes": {handlertest.Request{Body: handlertest.Bytes("", []byte("moo"))},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "" "moo"`},
		"a header replaces the body's": {handlertest.Request{Body: handlertest.JSON(1), Headers: handler.Headers{"content-type": "a/b"}},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "a/b" "1"`},
		"a reader": {handlertest.Request{Body: handlertest.Reader("a/b", strings.NewReader("moo"))},
			`POST http://localhost/ HTTP/1.1 192.0.2.1:40000 "a/b" "moo"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := handlertest.New(t, describe).Do(test.request)
			assert.Equal(t, test.want, r.Text())
			assert.Equal(t, 200, r.Status)
			assert.NoError(t, r.Err)
			assert.False(t, r.Broken)
		})
	}
}

func TestMethods(t *testing.T) {
	c := handlertest.New(t, respond(func(req *handler.Request) error { return req.ReplyText(200, req.Method()) }))
	assert.Equal(t, "GET", c.Get("/").Text())
	assert.Equal(t, "POST", c.Post("/", handlertest.Body{}).Text())
	assert.Equal(t, "PUT", c.Put("/", handlertest.Body{}).Text())
	assert.Equal(t, "PATCH", c.Patch("/", handlertest.Body{}).Text())
	assert.Equal(t, "DELETE", c.Delete("/").Text())
	head := c.Do(handlertest.Request{Method: "HEAD"})
	assert.Empty(t, head.Body)
	assert.Empty(t, head.Pieces)
	assert.Equal(t, "4", head.Header.Get("Content-Length"))
}

func TestMultipart(t *testing.T) {
	c := handlertest.New(t, respond(func(req *handler.Request) error {
		var text strings.Builder
		for {
			part, err := req.ReadPart()
			if err == io.EOF {
				return req.ReplyText(200, text.String())
			}
			if err != nil {
				return err
			}
			content, err := io.ReadAll(part)
			if err != nil {
				return err
			}
			fmt.Fprintf(&text, "%s|%s|%s|%s\n", part.Name(), part.FileName(), part.Header.Get("Content-Type"), content)
		}
	}))
	r := c.Post("/", handlertest.Multipart(
		handlertest.Part{Name: "title", Content: "A hat"},
		handlertest.Part{Name: "hat", FileName: `my "hat".txt`, Content: "red"},
		handlertest.Part{Name: "hat", FileName: "hat.png", ContentType: "image/png", Content: "\x89"},
	))
	assert.Equal(t, "title|||A hat\nhat|my \"hat\".txt|application/octet-stream|red\nhat|hat.png|image/png|\x89\n", r.Text())
}

func TestHeaders(t *testing.T) {
	c := handlertest.New(t, respond(func(req *handler.Request) error {
		return req.ReplyText(200, req.Header("Authorization")+" "+req.Header("X-Cow"))
	}))
	c.Headers = handler.Headers{"authorization": "Bearer 1", "x-cow": "Daisy"}
	assert.Equal(t, "Bearer 1 Daisy", c.Get("/").Text())
	assert.Equal(t, "Bearer 1 Bella", c.Do(handlertest.Request{Headers: handler.Headers{"X-Cow": "Bella"}}).Text())
	c.Version = "HTTP/2"
	assert.Equal(t, "Bearer 1 Daisy", c.Get("/").Text())
}

func TestCookies(t *testing.T) {
	set := respond(func(req *handler.Request) error {
		if err := req.SetRespCookie("id", "7", handler.Cookie{Path: "/", Secure: true, HTTPOnly: true}); err != nil {
			return err
		}
		if err := req.SetRespCookie("inner", "8", handler.Cookie{Path: "/set/inner"}); err != nil {
			return err
		}
		return req.ReplyText(200, "")
	})
	remove := respond(func(req *handler.Request) error {
		if err := req.SetRespCookie("id", "", handler.Cookie{Path: "/", Delete: true}); err != nil {
			return err
		}
		return req.ReplyText(200, "")
	})
	show := respond(func(req *handler.Request) error { return req.ReplyText(200, req.Header("Cookie")) })
	c := handlertest.Serve(t, protocol.Options{Dispatch: router.MustCompile(router.Host("_",
		router.Path("/set", set), router.Path("/remove", remove), router.Path("/[...]", show)))})
	r := c.Get("/set")
	require.Len(t, r.Cookies, 2)
	assert.Equal(t, "7", r.Cookie("id").Value)
	assert.True(t, r.Cookie("id").Secure)
	assert.Nil(t, r.Cookie("none"))
	assert.Equal(t, "id=7", c.Get("/").Text())
	assert.Equal(t, "inner=8; id=7", c.Get("/set/inner").Text())
	assert.Equal(t, "id=7; own=1", c.Do(handlertest.Request{Cookies: []*http.Cookie{{Name: "own", Value: "1"}}}).Text())
	assert.Empty(t, c.Do(handlertest.Request{Host: "other.example"}).Text())
	c.Do(handlertest.Request{Host: "cows.example", Path: "/set"})
	assert.Equal(t, "id=7", c.Do(handlertest.Request{Host: "cows.example"}).Text())
	c.Get("/remove")
	assert.Empty(t, c.Get("/").Text())
	c.Get("/set")
	c.Jar = nil
	assert.Empty(t, c.Get("/").Text())
}

// versions runs a test in both versions of HTTP.
func versions(t *testing.T, test func(t *testing.T, version string)) {
	for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(version, func(t *testing.T) { test(t, version) })
	}
}

func TestResponse(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if err := req.Inform(103, handler.Headers{"link": "</a>; rel=preload"}); err != nil {
			return err
		}
		if err := req.Inform(102, nil); err != nil {
			return err
		}
		stream, err := req.StreamReply(201, handler.Headers{"x-cow": "Daisy"})
		if err != nil {
			return err
		}
		if err := errors.Join(stream.Body([]byte("one ")), stream.Body([]byte("two "))); err != nil {
			return err
		}
		if _, err := io.WriteString(stream, "thr"); err != nil {
			return err
		}
		if _, err := io.WriteString(stream, "ee"); err != nil {
			return err
		}
		return stream.Trailers(handler.Headers{"x-sum": "6"})
	})
	versions(t, func(t *testing.T, version string) {
		r := handlertest.New(t, h).Do(handlertest.Request{Version: version, Headers: handler.Headers{"te": "trailers"}})
		assert.Equal(t, 201, r.Status)
		assert.Equal(t, "Daisy", r.Header.Get("X-Cow"))
		assert.Equal(t, "one two three", r.Text())
		assert.Equal(t, [][]byte{[]byte("one "), []byte("two "), []byte("three")}, r.Pieces)
		assert.Equal(t, http.Header{"X-Sum": {"6"}}, r.Trailer)
		require.Len(t, r.Informs, 2)
		assert.Equal(t, 103, r.Informs[0].Status)
		assert.Equal(t, "</a>; rel=preload", r.Informs[0].Header.Get("Link"))
		assert.Equal(t, 102, r.Informs[1].Status)
	})
}

func TestResponseJSON(t *testing.T) {
	c := handlertest.New(nil, respond(func(req *handler.Request) error { return req.ReplyText(200, `{"name":"Daisy"}`) }))
	defer c.Close()
	var cow struct{ Name string }
	c.Get("/").JSON(&cow)
	assert.Equal(t, "Daisy", cow.Name)
	assert.Equal(t, "handlertest: the body of status 200 is no JSON for a *[]int: json: cannot unmarshal object into Go value of type []int\n"+
		`{"name":"Daisy"}`, failure(func() { c.Get("/").JSON(new([]int)) }))
}

func TestOptions(t *testing.T) {
	var order []string
	c := handlertest.Serve(t, protocol.Options{
		Dispatch: router.MustCompile(router.Host("_", router.Path("/cows/:id", describe), router.Path("/fail", respond(func(*handler.Request) error {
			return errors.New("no hay")
		})))),
		Middlewares: []protocol.Middleware{
			protocol.RouterMiddleware,
			protocol.MiddlewareFunc(func(req *handler.Request, env *handler.Env) (protocol.Next, error) {
				order = append(order, "middleware", env.Listener)
				if req.Header("Stop") != "" {
					return protocol.Stop, req.ReplyStatus(204)
				}
				return protocol.Continue, nil
			}),
			protocol.HandlerMiddleware,
		},
		Wrap: []func(http.Handler) http.Handler{func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				order = append(order, "wrap")
				next.ServeHTTP(w, r)
			})
		}},
		Listener:             "barn",
		Compress:             true,
		MaxHeaderValueLength: 50,
	})
	r := c.Get("/cows/7")
	assert.Regexp(t, `^handlertest_test\..*respond.* id="7"$`, r.Route)
	assert.Equal(t, []string{"wrap", "middleware", "barn"}, order)

	r = c.Do(handlertest.Request{Path: "/cows/7", Headers: handler.Headers{"stop": "yes"}})
	assert.Equal(t, 204, r.Status)

	r = c.Get("/sheep")
	assert.Equal(t, 404, r.Status)
	assert.Empty(t, r.Route)
	assert.Equal(t, 404, handler.StatusOf(r.Err))

	r = c.Get("/fail")
	assert.Equal(t, 500, r.Status)
	assert.EqualError(t, r.Err, "no hay")

	r = c.Do(handlertest.Request{Path: "/cows/7", Headers: handler.Headers{"x": strings.Repeat("x", 51)}})
	assert.Equal(t, 431, r.Status)
	assert.ErrorContains(t, r.Err, "MaxHeaderValueLength")

	r = c.Do(handlertest.Request{Path: "/cows/" + strings.Repeat("7", 400), Headers: handler.Headers{"accept-encoding": "gzip"}})
	assert.Equal(t, "gzip", r.Header.Get("Content-Encoding"))
	assert.Equal(t, "\x1f\x8b", r.Text()[:2], "the body is as it was sent")
}

func TestHTTP(t *testing.T) {
	c := handlertest.New(t, respond(func(req *handler.Request) error {
		if err := req.SetRespCookie("id", "7", handler.Cookie{Path: "/"}); err != nil {
			return err
		}
		return req.Reply(302, handler.Headers{"location": "/" + req.Host()}, nil)
	}))
	response, err := c.HTTP().Get("http://cows.example/")
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, 302, response.StatusCode)
	assert.Equal(t, "/cows.example", response.Header.Get("Location"))
}

func TestDialContext(t *testing.T) {
	c := handlertest.New(t, describe)
	conn, err := c.DialContext(context.Background(), "tcp", "anywhere:1")
	require.NoError(t, err)
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 400 Bad Request\r\n", line)
	require.NoError(t, conn.Close())
}

func TestMisuse(t *testing.T) {
	assert.Equal(t, "handlertest: the handler is nil", failure(func() { handlertest.New(nil, nil) }))
	assert.Equal(t, "handlertest: protocol: Dispatch is nil; it must be set where Middlewares is not",
		failure(func() { handlertest.Serve(nil, protocol.Options{}) }))
	c := handlertest.New(nil, describe)
	defer c.Close()
	for want, request := range map[string]handlertest.Request{
		`handlertest: GET moo: the path "moo" does not begin with /`:                       {Path: "moo"},
		`handlertest: GET /%: parse "/%": invalid URL escape "%"`:                          {Path: "/%"},
		`handlertest: GET /: the version is "HTTP/3"; HTTP/1.1 and HTTP/2 are allowed`:     {Version: "HTTP/3"},
		`handlertest: POST /: Form has 1 arguments; each name needs a value`:               {Body: handlertest.Form("a")},
		`handlertest: POST /: json: unsupported type: func()`:                              {Body: handlertest.JSON(func() {})},
		`handlertest: GET / (no route): net/http: invalid header field name "a b"`:         {Headers: handler.Headers{"a b": ""}},
		`handlertest: GET / (no route): net/http: invalid header field value for "Header"`: {Headers: handler.Headers{"header": "a\nb"}},
	} {
		assert.Equal(t, want, failure(func() { c.Do(request) }))
	}
}

// failure returns the failure of a client whose t is nil.
func failure(f func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	f()
	return ""
}
