package rest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
)

type point struct{ X, Y int }

// points is a resource in JSON.
func points(value any) any {
	return struct {
		allowedMethods
		contentTypesProvided
		contentTypesAccepted
	}{modes,
		contentTypesProvided{answer([]rest.Provide{{Type: "application/json", To: func(req *rest.Request) (rest.Body, error) { return rest.JSON(req, value) }}}, nil)},
		contentTypesAccepted{answer([]rest.Accept{rest.AcceptJSON(func(req *rest.Request, p point) (rest.Outcome, error) {
			if p.X < 0 {
				return rest.Rejected, nil
			}
			req.SetRespBody(fmt.Appendf(nil, `{"sum":%d}`, p.X+p.Y))
			return rest.Done, nil
		})}, nil)}}
}

func TestJSON(t *testing.T) {
	for _, test := range []struct {
		value  any
		status int
		want   string
	}{
		{point{1, 2}, 200, `{"X":1,"Y":2}`},
		{[]string{"<b>"}, 200, `["\u003cb\u003e"]`},
		{nil, 200, "null"},
		{make(chan int), 500, ""},
	} {
		servetest.Each(t, upgrade(points(test.value)), func(t *testing.T, c *servetest.Client) {
			resp, text := c.Do(t, "GET", "/", "")
			assert.Equal(t, test.status, resp.StatusCode)
			if test.status == 200 {
				assert.Equal(t, test.want, text)
				assert.Equal(t, "application/json", resp.Header.Get("Content-Type"))
			}
		})
	}
	assert.EqualError(t, run(t, points(make(chan int)), handler.Env{}), "rest: JSON of chan int: json: unsupported type: chan int")
}

func TestAcceptJSON(t *testing.T) {
	long := `{"X":"` + strings.Repeat("x", 1_000_000) + `"}`
	for _, test := range []struct {
		name, contentType, body string
		status                  int
		want, err               string
	}{
		{"value", "application/json", `{"X":1,"Y":2}`, 200, `{"sum":3}`, ""},
		{"charset", "application/json; charset=utf-8", ` {"X":1} `, 200, `{"sum":1}`, ""},
		{"rejected", "application/json", `{"X":-1}`, 400, "", ""},
		{"longest", "application/json", `{"X":1}` + strings.Repeat(" ", 999_993), 200, `{"sum":1}`, ""},
		{"too long", "application/json", long, 413, "", "is longer than 1000000 bytes"},
		{"syntax", "application/json", `{"X":1,}`, 400, "", "8: invalid character '}' looking for beginning of object key string"},
		{"empty", "application/json", ``, 400, "", "end"},
		{"more than one value", "application/json", `{} {}`, 400, "", "4: invalid character '{' after top-level value"},
		{"another type", "application/json", `{"X":"1"}`, 400, "", "X"},
		{"another media type", "text/plain", `{"X":1}`, 415, "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			traces := make(chan rest.Trace, 1)
			h := upgrade(points(nil), rest.Options{Trace: func(trace rest.Trace) { traces <- trace }})
			servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "PUT", "/", test.body, "Content-Type: "+test.contentType)
				assert.Equal(t, test.status, resp.StatusCode)
				if test.want != "" {
					assert.Equal(t, test.want, text)
				}
				if trace := <-traces; test.err == "" {
					assert.NoError(t, trace.Err)
				} else {
					assert.ErrorContains(t, trace.Err, test.err)
				}
			})
		})
	}
}

// upper writes JSON in capitals, and reads a point from two digits.
type upper struct{}

func (upper) Marshal(v any) ([]byte, error) { return []byte(strings.ToUpper(fmt.Sprint(v))), nil }

func (upper) Unmarshal(data []byte, v any) error {
	_, err := fmt.Sscanf(string(data), "%d %d", &v.(*point).X, &v.(*point).Y)
	return err
}

// The codec is that of the request's environment, as it is for ReplyJSON.
func TestJSONByAnotherCodec(t *testing.T) {
	env := handler.Env{Values: map[string]any{handler.JSONKey: upper{}}}
	for method, want := range map[string]string{"GET": "TEXT", "PUT": `{"sum":5}`} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(method, "/", strings.NewReader("2 3"))
		r.Header.Set("Content-Type", "application/json")
		req := handler.NewRequest(w, r, env)
		assert.NoError(t, rest.Upgrade(points("text")).Protocol.Upgrade(req, req.Env()))
		assert.Equal(t, want, w.Body.String())
	}
}

func TestAcceptJSONStrict(t *testing.T) {
	resource := struct {
		allowedMethods
		toHTML
		contentTypesAccepted
	}{modes, page, contentTypesAccepted{answer([]rest.Accept{
		rest.AcceptJSON(func(*rest.Request, point) (rest.Outcome, error) { return rest.Done, nil }, handler.JSONOptions{Strict: true}),
	}, nil)}}
	servetest.Each(t, upgrade(resource), func(t *testing.T, c *servetest.Client) {
		for body, want := range map[string]int{`{"X":1,"Y":2}`: 204, `{"X":1}`: 400, `{"x":1,"Y":2}`: 400} {
			resp, _ := c.Do(t, "PUT", "/", body, "Content-Type: application/json")
			assert.Equal(t, want, resp.StatusCode, body)
		}
	})
}
