package rest_test

import (
	"errors"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
)

// cors sets what a script of another origin needs to see the reply, in its
// first callback; later callbacks may fail.
type cors struct {
	serviceAvailable
	languagesProvided
	rangesProvided
	resourceExists
	generateETag
	lastModified
	expires
	toHTML
}

func corsThen(exists, body func() error) cors {
	return cors{
		serviceAvailable{func(req *rest.Request) (bool, error) {
			req.RespHeaders().Add("Vary", "Origin")
			return true, req.SetRespHeader("Access-Control-Allow-Origin", "https://app.example")
		}},
		languagesProvided{answer([]string{"en", "de"}, nil)},
		anyBytes,
		resourceExists{func(*rest.Request) (bool, error) {
			err := exists()
			return !errors.Is(err, errMissing), besidesMissing(err)
		}},
		tagged,
		modified,
		expires{answer(moment, nil)},
		toHTML{func(req *rest.Request) (rest.Body, error) {
			req.SetRespBody([]byte("half of a body"))
			err := req.SetRespHeaders(handler.Headers{
				"Cache-Control": "max-age=60", "Content-Encoding": "br", "Content-Disposition": "attachment",
				"Content-Location": "/here", "Content-Range": "bytes 0-1/2", "X-Of-The-Body": "1"})
			return rest.Body{}, errors.Join(err, body())
		}},
	}
}

var errMissing = errors.New("missing")

func besidesMissing(err error) error {
	if errors.Is(err, errMissing) {
		return nil
	}
	return err
}

// However the flow ends, the reply has the headers that a middleware, Init,
// the callbacks and the flow have set, without those about a body that is not
// sent.
func TestHeadersOfAnEnd(t *testing.T) {
	fine := func() error { return nil }
	failing := func(err error) func() error { return func() error { return err } }
	crashing := func() error { panic("oh") }
	for _, test := range []struct {
		name         string
		exists, body func() error
		headers      []string
		status       int
		ofTheBody    string // the header X-Of-The-Body
	}{
		{"406 of the flow", fine, fine, []string{"Accept: image/png"}, 406, ""},
		{"404 of the flow", failing(errMissing), fine, nil, 404, ""},
		{"412 of the flow", fine, fine, []string{`If-Match: "v2"`}, 412, ""},
		{"error before a body", failing(errors.New("failed")), fine, nil, 500, ""},
		{"error with a status", failing(handler.Errorf(418, "tea")), fine, nil, 418, ""},
		{"crash before a body", crashing, fine, nil, 500, ""},
		{"stop before a body", failing(rest.Stop), fine, nil, 204, ""},
		{"error at the body", fine, failing(errors.New("failed")), nil, 500, "1"},
		{"crash at the body", fine, crashing, nil, 500, "1"},
		{"stop at the body", fine, failing(rest.Stop), nil, 204, "1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
				req.RespHeaders().Set("X-Init", "1")
				return rest.Upgrade(corsThen(test.exists, test.body)), nil
			})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "GET", "/", "", test.headers...)
				assert.Equal(t, test.status, resp.StatusCode)
				assert.NotContains(t, text, "half")
				assert.Equal(t, "1", resp.Header.Get("X-Init"))
				assert.Equal(t, "https://app.example", resp.Header.Get("Access-Control-Allow-Origin"))
				assert.Contains(t, resp.Header.Get("Vary"), "Origin")
				assert.Equal(t, "HEAD, GET, OPTIONS", resp.Header.Get("Allow"))
				assert.Equal(t, test.ofTheBody, resp.Header.Get("X-Of-The-Body"))
				for _, name := range []string{"Cache-Control", "Content-Encoding", "Content-Disposition", "Content-Location", "Content-Range",
					"Etag", "Expires", "Last-Modified"} {
					assert.Empty(t, resp.Header.Get(name), name)
				}
				if test.status != 404 && test.status != 412 { // of the flow, which keeps what was negotiated, as Cowboy
					assert.Empty(t, resp.Header.Get("Content-Language"))
					assert.Empty(t, resp.Header.Get("Accept-Ranges"))
				}
			})
		})
	}
}

// A Vary from before stays, in one header with the flow's.
func TestVaryFromBefore(t *testing.T) {
	for _, test := range []struct {
		name   string
		before []string
		want   string
	}{
		{"none", nil, "accept, x-a"},
		{"another", []string{"Origin"}, "Origin, accept, x-a"},
		{"several", []string{"Origin , x-b", "x-c"}, "Origin, x-b, x-c, accept, x-a"},
		{"the same", []string{"X-A"}, "X-A, accept"},
	} {
		t.Run(test.name, func(t *testing.T) {
			h := handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
				for _, value := range test.before {
					req.RespHeaders().Add("Vary", value)
				}
				return rest.Upgrade(struct {
					contentTypesProvided
					variances
				}{provide("text/html", "text/plain"), variances{answer([]string{"x-a"}, nil)}}), nil
			})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				resp, _ := c.Do(t, "GET", "/", "")
				assert.Equal(t, []string{test.want}, resp.Header["Vary"])
			})
		})
	}
}

// An Authorization that Cowhand doesn't understand gets the challenge.
func TestChallenge(t *testing.T) {
	h := upgrade(struct{ isAuthorized }{isAuthorized{func(req *rest.Request) (bool, string, error) {
		credentials, _ := handler.ParseHeader(req.Request, handler.HeaderAuthorization)
		return credentials.User == "joe", `Basic realm="r"`, nil
	}}})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		for _, value := range []string{"", "Negotiate abc", "Hawk id=1", "Basic !", "Basic", "Bearer x", "Basic Ym9iOng="} {
			resp, _ := c.Do(t, "GET", "/", "", "Authorization: "+value)
			assert.Equal(t, 401, resp.StatusCode, value)
			assert.Equal(t, `Basic realm="r"`, resp.Header.Get("Www-Authenticate"), value)
		}
		resp, _ := c.Do(t, "OPTIONS", "/", "", "Authorization: Basic am9lOng=")
		assert.Equal(t, 200, resp.StatusCode)
	})
}

// A callback that replies by itself sends what was set by then.
func TestHeadersOfOwnReply(t *testing.T) {
	reply := func(req *rest.Request) error { return errors.Join(req.Reply(200, nil, []byte{}), rest.Stop) }
	resource := func(forbid bool) any {
		return struct {
			forbidden
			contentTypesProvided
			languagesProvided
			rangesProvided
			generateETag
		}{
			forbidden{func(req *rest.Request) (bool, error) {
				if forbid {
					return false, reply(req)
				}
				return false, nil
			}},
			contentTypesProvided{answer([]rest.Provide{{Type: "text/css", To: func(req *rest.Request) (rest.Body, error) {
				return rest.Body{}, reply(req)
			}}, {Type: "text/plain"}}, nil)},
			languagesProvided{answer([]string{"en"}, nil)}, anyBytes, tagged,
		}
	}
	for _, test := range []struct {
		name     string
		resource any
		want     map[string]string
	}{
		{"before the negotiation", resource(true), map[string]string{"Allow": "HEAD, GET, OPTIONS", "Content-Type": "", "Vary": "", "Etag": ""}},
		{"after it", resource(false), map[string]string{"Allow": "HEAD, GET, OPTIONS", "Content-Type": "text/css", "Content-Language": "en",
			"Accept-Ranges": "bytes", "Vary": "accept", "Etag": `"v1"`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			servetest.Each(t, upgrade(test.resource), func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "GET", "/", "")
				assert.Equal(t, "200 ", resp.Status[:3]+" "+text)
				assert.Equal(t, "0", resp.Header.Get("Content-Length"))
				for name, value := range test.want {
					assert.Equal(t, value, resp.Header.Get(name), name)
				}
			})
		})
	}
}
