package handler_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type hat struct {
	Name string `json:"name"`
	Size *int   `json:"size"`
}

func TestReplyJSON(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		if req.Path() == "/problem" {
			if err := req.SetRespHeader("content-type", "application/problem+json"); err != nil {
				return err
			}
		}
		return req.ReplyJSON(201, hat{Name: "bowler"})
	})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		const want = `{"name":"bowler","size":null}`
		resp, body := c.Do(t, "GET", "/", "")
		assert.Equal(t, 201, resp.StatusCode)
		assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
		assert.Equal(t, want, body)
		resp, _ = c.Do(t, "HEAD", "/problem", "")
		assert.EqualValues(t, len(want), resp.ContentLength)
		assert.Equal(t, "application/problem+json", resp.Header.Get("Content-Type"))
	})
	req, w := newRequest("/")
	assert.ErrorContains(t, req.ReplyJSON(200, math.NaN()), "handler: float64 is no JSON: ")
	assert.False(t, req.Replied())
	assert.Empty(t, w.Header())
	require.NoError(t, req.ReplyJSON(200, nil))
	assert.Equal(t, "null", w.Body.String())
	assert.ErrorIs(t, req.ReplyJSON(200, nil), handler.ErrReplied)
}

// post is a request with a body of JSON.
func post(contentType, body string, env handler.Env) *handler.Request {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return handler.NewRequest(httptest.NewRecorder(), r, env)
}

func TestReadJSON(t *testing.T) {
	const typ = "application/json; charset=utf-8"
	strict, short := handler.JSONOptions{Strict: true}, handler.JSONOptions{Length: 17}
	for _, test := range []struct {
		typ, body string
		options   handler.JSONOptions
		status    int // 0 is for no error
		public    string
	}{
		{typ, `{"name":"bowler"}`, short, 0, ""},
		{"application/merge-patch+json", `{"NAME":"bowler","x":1}`, handler.JSONOptions{}, 0, ""},
		{"", `{"name":"bowler"}`, handler.JSONOptions{AnyType: true}, 0, ""},
		{typ, `{"name":"bowler"}`, strict, 0, ""},
		{typ, `{"name":"bowler" }`, short, 413, "the body is longer than 17 bytes"},
		{typ, `{"name":"bowler"`, handler.JSONOptions{}, 400, "line 1, column 17: unexpected end of JSON input"},
		{typ, ``, handler.JSONOptions{}, 400, "line 1, column 1: a JSON value is expected, not the end"},
		{typ, "{\n \"name\": 5}", handler.JSONOptions{}, 400, "line 2, column 10 (/name): a string is expected, not a number"},
		{typ, `{"NAME":"bowler"}`, strict, 400, `line 1, column 2: the key "NAME" is unknown; it is spelled "name"`},
		{typ, `{}`, strict, 400, `line 1, column 1: the key "name" is missing`},
		{"text/plain", `{}`, handler.JSONOptions{}, 415, "the content type is not JSON"},
		{"", `{}`, handler.JSONOptions{}, 415, "the content type is not JSON"},
		{"application/x-www-form-urlencoded", `{}`, handler.JSONOptions{}, 415, "the content type is not JSON"},
		{"nonsense", `{}`, handler.JSONOptions{}, 400, ""},
	} {
		got, err := handler.ReadJSON[hat](post(test.typ, test.body, handler.Env{}), test.options)
		if test.status == 0 {
			require.NoError(t, err, test.body)
			assert.Equal(t, "bowler", got.Name)
			continue
		}
		assert.Equal(t, test.status, handler.StatusOf(err), "%v", err)
		assert.Equal(t, test.public, handler.PublicOf(err), test.body)
		assert.Zero(t, got)
		var invalid *handler.JSONError
		assert.Equal(t, test.status == 400 && test.public != "", errors.As(err, &invalid), test.body)
	}
	_, err := handler.ReadJSON[hat](post(typ, `{}`, handler.Env{}), strict, strict)
	assert.EqualError(t, err, "handler: 2 JSONOptions were given; at most 1 is allowed")
	assert.Equal(t, 500, handler.StatusOf(err))
}

// A body that is announced as too long is refused before any of it is read.
func TestReadJSONRefusesByLength(t *testing.T) {
	r := httptest.NewRequest("POST", "/", nil)
	r.Header.Set("Content-Type", "application/json")
	r.Body, r.ContentLength = io.NopCloser(neverRead{t}), 1_000_001
	_, err := handler.ReadJSON[any](handler.NewRequest(httptest.NewRecorder(), r, handler.Env{}))
	assert.Equal(t, 413, handler.StatusOf(err))
}

type neverRead struct{ t *testing.T }

func (n neverRead) Read([]byte) (int, error) {
	n.t.Error("the body was read")
	return 0, io.EOF
}

func TestDecodeJSON(t *testing.T) {
	var h hat
	require.NoError(t, handler.DecodeJSON([]byte(`{"NAME":"a"}`), &h))
	assert.Equal(t, "a", h.Name)
	err := handler.DecodeJSON([]byte(`{"NAME":"a"}`), &h, handler.JSONOptions{Strict: true})
	assert.Equal(t, `line 1, column 2: the key "NAME" is unknown; it is spelled "name"`, handler.PublicOf(err))
	assert.Equal(t, 400, handler.StatusOf(err))
	assert.Error(t, handler.DecodeJSON(nil, &h, handler.JSONOptions{}, handler.JSONOptions{}))
}

// picky refuses what it likes.
type picky string

func (p *picky) UnmarshalJSON([]byte) error { return errors.New("internal matters") }

func TestReadJSONOfATypeThatRefuses(t *testing.T) {
	_, err := handler.ReadJSON[picky](post("application/json", `1`, handler.Env{}))
	assert.Equal(t, 400, handler.StatusOf(err))
	assert.Equal(t, "the JSON has a value that is not allowed", handler.PublicOf(err))
	assert.ErrorContains(t, err, "internal matters")
}

// upper is a codec that writes in upper case and reads everything as a hat.
type upper struct{}

func (upper) Marshal(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	return []byte(strings.ToUpper(string(data)) + "\n"), err
}

func (upper) Unmarshal(data []byte, v any) error {
	if string(data) == "no" {
		return errors.New("no hat")
	}
	v.(*hat).Name = string(data)
	return nil
}

func TestJSONCodec(t *testing.T) {
	env := handler.Env{Values: map[string]any{handler.JSONKey: upper{}}}
	got, err := handler.ReadJSON[hat](post("application/json", "anything", env))
	require.NoError(t, err)
	assert.Equal(t, "anything", got.Name)
	_, err = handler.ReadJSON[hat](post("application/json", "anything", env), handler.JSONOptions{Strict: true})
	assert.Equal(t, "line 1, column 1: invalid character 'a' looking for beginning of value", handler.PublicOf(err))
	_, err = handler.ReadJSON[hat](post("application/json", "no", env))
	assert.Equal(t, 400, handler.StatusOf(err))

	w := httptest.NewRecorder()
	req := handler.NewRequest(w, httptest.NewRequest("GET", "/", nil), env)
	stream, err := req.StreamReply(200, nil)
	require.NoError(t, err)
	require.NoError(t, stream.JSONLines(hat{Name: "a"}, "b"))
	assert.Equal(t, "{\"NAME\":\"A\",\"SIZE\":NULL}\n\"B\"\n", w.Body.String())

	bad := handler.Env{Values: map[string]any{handler.JSONKey: 5}}
	_, err = handler.ReadJSON[hat](post("application/json", "{}", bad))
	assert.EqualError(t, err, `handler: "handler.json" in the environment is of type int; a JSONCodec is allowed`)
	assert.Error(t, post("", "", bad).ReplyJSON(200, 1))
	for _, err := range handler.ReadJSONLines[hat](post("application/jsonl", "{}", bad)) {
		assert.ErrorContains(t, err, "is of type int")
	}
}

func TestJSONLines(t *testing.T) {
	h := respond(func(req *handler.Request) error {
		lines := handler.ReadJSONLines[hat](req, handler.JSONOptions{Length: 30})
		stream, err := req.StreamReply(200, handler.Headers{"content-type": "application/jsonl"})
		if err != nil {
			return err
		}
		for value, err := range lines {
			if err != nil {
				return stream.JSONLines(map[string]string{"error": handler.PublicOf(err)})
			}
			if err := stream.JSONLines(value.Name, len(value.Name)); err != nil {
				return err
			}
		}
		return errors.Join(stream.JSONLines(), stream.JSONLines("end"))
	})
	for _, test := range []struct{ body, want string }{
		{"", "\"end\"\n"},
		{"{\"name\":\"a\"}\n\n \r\n{\"name\":\"bb\"}", "\"a\"\n1\n\"bb\"\n2\n\"end\"\n"},
		{"{\"name\":\"a\"}\n\n{\"name\":5}\n", "\"a\"\n1\n{\"error\":\"line 3, column 9 (/name): a string is expected, not a number\"}\n"},
		{`{"name":"` + strings.Repeat("x", 19) + `"}` + "\n", `"` + strings.Repeat("x", 19) + "\"\n19\n\"end\"\n"},
		{`{"name":"` + strings.Repeat("x", 20) + `"}` + "\n", "{\"error\":\"line 1 is longer than 30 bytes\"}\n"},
		{"1\n" + strings.Repeat("x", 100), "{\"error\":\"line 1, column 1: an object is expected, not a number\"}\n"},
		{"\n" + strings.Repeat("x", 100), "{\"error\":\"line 2 is longer than 30 bytes\"}\n"},
	} {
		servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
			_, body := c.Do(t, "POST", "/", test.body, "Content-Type: application/x-ndjson")
			assert.Equal(t, test.want, body)
		})
	}
	for _, err := range handler.ReadJSONLines[hat](post("application/json", "{}", handler.Env{})) {
		assert.Equal(t, 415, handler.StatusOf(err))
	}
	for range handler.ReadJSONLines[hat](post("application/jsonl", "{}\n{}\n", handler.Env{})) {
		break
	}
	for _, err := range handler.ReadJSONLines[hat](post("", "", handler.Env{}), handler.JSONOptions{}, handler.JSONOptions{}) {
		assert.ErrorContains(t, err, "at most 1")
	}
}

func ExampleReadJSON() {
	type order struct {
		Hat   string `json:"hat"`
		Count int    `json:"count"`
	}
	h := respond(func(req *handler.Request) error {
		o, err := handler.ReadJSON[order](req)
		if err != nil {
			return err // 400, 408, 413 or 415, with a message for the client
		}
		return req.ReplyJSON(201, map[string]any{"ordered": o.Count, "of": o.Hat})
	})
	for _, body := range []string{`{"hat":"bowler","count":2}`, `{"hat":"bowler","count":"two"}`} {
		r := httptest.NewRequest("POST", "/orders", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		servetest.Serve(h).ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 201 {"of":"bowler","ordered":2}
	// 400 line 1, column 25 (/count): an integer is expected, not a string
}

func ExampleStream_JSONLines() {
	get(func(req *handler.Request) error {
		stream, err := req.StreamReply(http.StatusOK, handler.Headers{"content-type": "application/jsonl"})
		if err != nil {
			return err
		}
		for count := range 2 {
			if err := stream.JSONLines(map[string]int{"count": count}); err != nil {
				return err
			}
		}
		return nil
	})
	// Output:
	// 200 application/jsonl
	// {"count":0}
	// {"count":1}
}

func ExampleError() {
	w := httptest.NewRecorder()
	servetest.Serve(respond(func(*handler.Request) error {
		return handler.Error(409, "The hat is sold out.", errors.New("stock of 7 is 0"))
	})).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	fmt.Println(w.Code, w.Body)
	// Output: 409 The hat is sold out.
}
