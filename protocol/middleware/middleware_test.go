package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/protocol/middleware"
	"github.com/cowhand/cowhand/router"
)

func routes() *router.Dispatch {
	return router.MustCompile(router.Host("_",
		router.Path("/", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(200, "hi")
		})),
		router.Path("/public/[...]", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
			return nil, req.ReplyText(200, "public")
		})),
		router.Path("/crash", handler.Func(func(*handler.Request) (*handler.Upgrade, error) { panic("ouch") })),
	))
}

func options(middlewares ...protocol.Middleware) protocol.Options {
	return protocol.Options{
		Dispatch:    routes(),
		Middlewares: append(middlewares, protocol.HandlerMiddleware),
		Logger:      slog.New(slog.DiscardHandler),
	}
}

// serve answers one request; headers are pairs.
func serve(t *testing.T, o protocol.Options, method, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	p, err := protocol.New(o)
	require.NoError(t, err)
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	p.ServeHTTP(w, r)
	return w
}

const app = "https://app.example.org"

// cors serves with c, and returns the status and the headers of interest.
func cors(t *testing.T, c middleware.CORS, method, path string, headers ...string) (int, map[string]string) {
	t.Helper()
	w := serve(t, options(c, protocol.RouterMiddleware), method, path, headers...)
	found := map[string]string{}
	for name := range w.Header() {
		if len(name) > 14 && name[:14] == "Access-Control" || name == "Vary" {
			found[name] = w.Header().Get(name)
		}
	}
	return w.Code, found
}

func TestCORSOfSimpleRequests(t *testing.T) {
	vary := map[string]string{"Vary": "Origin"}
	granted := map[string]string{"Vary": "Origin", "Access-Control-Allow-Origin": app}
	one := middleware.CORS{Origins: []string{app}}
	tests := map[string]struct {
		cors   middleware.CORS
		path   string
		origin string
		status int
		want   map[string]string
	}{
		"nobody by default":       {middleware.CORS{}, "/", app, 200, vary},
		"the origin in the list":  {one, "/", app, 200, granted},
		"errors, too":             {one, "/nowhere", app, 404, granted},
		"crashes, too":            {one, "/crash", app, 500, granted},
		"caches know without one": {one, "/", "", 200, vary},
		"another":                 {one, "/", "https://evil.org", 200, vary},
		"another port":            {one, "/", app + ":8443", 200, vary},
		"another scheme":          {one, "/", "http://app.example.org", 200, vary},
		"a longer name":           {one, "/", app + ".evil.org", 200, vary},
		"null":                    {one, "/", "null", 200, vary},
		"any": {middleware.CORS{Origins: []string{"*"}}, "/", app, 200,
			map[string]string{"Access-Control-Allow-Origin": "*"}},
		"by function": {middleware.CORS{Allow: func(o string) bool { return o == app }}, "/", app, 200, granted},
		"with credentials": {middleware.CORS{Origins: []string{app}, Credentials: true}, "/", app, 200, map[string]string{
			"Vary": "Origin", "Access-Control-Allow-Origin": app, "Access-Control-Allow-Credentials": "true"}},
		"no credentials for another": {middleware.CORS{Origins: []string{app}, Credentials: true}, "/", "https://evil.org", 200, vary},
		"exposed": {middleware.CORS{Origins: []string{app}, Expose: []string{"X-Total", "ETag"}}, "/", app, 200, map[string]string{
			"Vary": "Origin", "Access-Control-Allow-Origin": app, "Access-Control-Expose-Headers": "X-Total, ETag"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var headers []string
			if test.origin != "" {
				headers = []string{"Origin", test.origin}
			}
			status, got := cors(t, test.cors, "GET", test.path, headers...)
			assert.Equal(t, test.status, status)
			assert.Equal(t, test.want, got)
		})
	}
}

func TestCORSPreflight(t *testing.T) {
	ask := []string{"Access-Control-Request-Method", "PUT", "Access-Control-Request-Headers", "content-type"}
	full := middleware.CORS{
		Origins: []string{app}, Methods: []string{"GET", "PUT"}, Headers: []string{"Content-Type"},
		Credentials: true, MaxAge: 90 * time.Second, Expose: []string{"ETag"},
	}
	status, got := cors(t, full, "OPTIONS", "/", append(ask, "Origin", app)...)
	assert.Equal(t, 204, status)
	assert.Equal(t, map[string]string{
		"Vary":                             "Origin",
		"Access-Control-Allow-Origin":      app,
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Allow-Methods":     "GET, PUT",
		"Access-Control-Allow-Headers":     "Content-Type",
		"Access-Control-Max-Age":           "90",
	}, got)

	status, got = cors(t, middleware.CORS{Origins: []string{"*"}}, "OPTIONS", "/no/route/at/all", append(ask, "Origin", app)...)
	assert.Equal(t, 204, status, "no route is needed")
	assert.Equal(t, map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Methods": "GET, HEAD, POST",
	}, got)

	status, got = cors(t, full, "OPTIONS", "/", append(ask, "Origin", "https://evil.org")...)
	assert.Equal(t, 403, status)
	assert.Equal(t, map[string]string{"Vary": "Origin"}, got)

	status, _ = cors(t, full, "OPTIONS", "/", "Origin", app)
	assert.Equal(t, 200, status, "an OPTIONS that is no preflight is the handler's")
	status, _ = cors(t, full, "OPTIONS", "/", ask...)
	assert.Equal(t, 200, status)
}

// basic serves with b in front of the handler.
func basic(t *testing.T, b middleware.BasicAuth, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return serve(t, options(protocol.RouterMiddleware, b), "GET", path, headers...)
}

func authorization(user, password string) string {
	r := httptest.NewRequest("GET", "/", nil)
	r.SetBasicAuth(user, password)
	return r.Header.Get("Authorization")
}

func TestBasicAuth(t *testing.T) {
	users := middleware.BasicAuth{Realm: `The "safe"`, Users: map[string]string{"joe": "open: sesame", "ann": ""}}
	check := middleware.BasicAuth{Check: func(user, password string) bool { return user == "joe" && password == "open: sesame" }}
	challenges := map[string]string{"users": `Basic realm="The \"safe\"", charset="UTF-8"`, "check": `Basic realm="Restricted", charset="UTF-8"`}
	for name, b := range map[string]middleware.BasicAuth{"users": users, "check": check} {
		t.Run(name, func(t *testing.T) {
			w := basic(t, b, "/", "Authorization", authorization("joe", "open: sesame"))
			assert.Equal(t, 200, w.Code)
			assert.Equal(t, "hi", w.Body.String())
			for _, refused := range []string{
				authorization("joe", "open"), authorization("joe", ""), authorization("ann", "open: sesame"),
				authorization("", ""), authorization("bob", ""), authorization("bob", "open: sesame"),
				"Basic", "Basic !", "Basic am9l", "Bearer abc", "Negotiate abc", "",
			} {
				w := basic(t, b, "/", "Authorization", refused)
				assert.Equal(t, http.StatusUnauthorized, w.Code, refused)
				assert.Equal(t, challenges[name], w.Header().Get("WWW-Authenticate"), refused)
				assert.NotEqual(t, "hi", w.Body.String())
			}
		})
	}
}

func TestBasicAuthOfSomeRoutes(t *testing.T) {
	b := middleware.BasicAuth{
		Users: map[string]string{"joe": "x"},
		Only:  func(req *handler.Request) bool { return req.Route().Pattern != "/public/[...]" },
	}
	assert.Equal(t, 200, basic(t, b, "/public/a").Code)
	assert.Equal(t, 200, basic(t, b, "/%70ublic/a").Code)
	assert.Equal(t, 401, basic(t, b, "/").Code)
	assert.Equal(t, 401, basic(t, b, "/public/..").Code)
}

func TestBadOptions(t *testing.T) {
	tests := map[string]protocol.Middleware{
		`CORS.Origins has "example.org"`:           middleware.CORS{Origins: []string{"example.org"}},
		`CORS.Origins has "https://example.org/"`:  middleware.CORS{Origins: []string{"https://example.org/"}},
		`CORS.Origins has "https://*.example.org"`: middleware.CORS{Origins: []string{"https://*.example.org"}},
		`CORS.Origins has "null"`:                  middleware.CORS{Origins: []string{"null"}},
		"CORS.Credentials is set":                  middleware.CORS{Origins: []string{"*"}, Credentials: true},
		`CORS.Methods has "GET, PUT"`:              middleware.CORS{Methods: []string{"GET, PUT"}},
		`CORS.Headers has ""`:                      middleware.CORS{Headers: []string{""}},
		"CORS.Expose has":                          middleware.CORS{Expose: []string{"a\r\nb"}},
		"CORS.MaxAge is -1ns":                      middleware.CORS{MaxAge: -1},
		"both or neither":                          middleware.BasicAuth{},
		`BasicAuth.Users has "a:b"`:                middleware.BasicAuth{Users: map[string]string{"a:b": ""}},
		"BasicAuth.Realm is":                       middleware.BasicAuth{Realm: "a\n", Users: map[string]string{}},
		"both or neither of":                       middleware.BasicAuth{Users: map[string]string{}, Check: func(_, _ string) bool { return true }},
		"Middlewares[0] is nil":                    nil,
	}
	for want, m := range tests {
		_, err := protocol.New(options(m))
		assert.ErrorContains(t, err, want)
	}
}

func TestTheZeroCORSAllowsNothing(t *testing.T) {
	status, got := cors(t, middleware.CORS{}, "OPTIONS", "/", "Origin", app, "Access-Control-Request-Method", "PUT")
	assert.Equal(t, 403, status)
	assert.Equal(t, map[string]string{"Vary": "Origin"}, got)
}
