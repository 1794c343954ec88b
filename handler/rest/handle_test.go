package rest_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// validator is handler.Validator, which the router asks.
type validator interface {
	handler.Handler
	Validate() error
}

func opens[R any](resource R, err error) func(*handler.Request) (R, error) {
	return func(*handler.Request) (R, error) { return resource, err }
}

// What Handle is given is checked when the table is compiled, and if nobody
// asks, each request is answered with 500.
func TestHandleIsRefused(t *testing.T) {
	for _, test := range []struct {
		name string
		h    handler.Handler
		want string
	}{
		{"another signature", rest.Handle(opens(&misfit{page}, nil)),
			"rest: the callback ResourceExists of *rest_test.misfit is a func() bool, not a func(*rest.Request) (bool, error)"},
		{"value", rest.Handle(opens(fit{page}, nil)),
			"rest: the callback ResourceExists is one of *rest_test.fit: use a pointer as the resource, not a value"},
		{"misspelt", rest.Handle(opens(misspelt{page}, nil)),
			"rest: the method GenerateEtag of rest_test.misspelt is not a callback: it is spelt GenerateETag"},
		{"options", rest.Handle(opens(page, nil), rest.Options{}, rest.Options{}),
			"rest: Handle takes at most one rest.Options; it was given 2"},
		{"nil function", rest.Handle[toHTML](nil), "rest: Handle needs a function"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.EqualError(t, test.h.(validator).Validate(), test.want)
			servetest.Each(t, test.h, func(t *testing.T, c *servetest.Client) {
				resp, _ := c.Do(t, "GET", "/", "")
				assert.Equal(t, 500, resp.StatusCode)
			})
		})
	}
}

func TestHandle(t *testing.T) {
	replying := func(resource *fit) func(*handler.Request) (*fit, error) {
		return func(req *handler.Request) (*fit, error) { return resource, req.ReplyText(402, "pay") }
	}
	for _, test := range []struct {
		name   string
		h      handler.Handler
		status int
		body   string
	}{
		{"pointer", rest.Handle(opens(&fit{page}, nil)), 200, "text/html||"},
		{"value", rest.Handle(opens(page, nil)), 200, "text/html||"},
		{"any", rest.Handle(opens[any](page, nil)), 200, "text/html||"},
		{"misfit behind any", rest.Handle(opens[any](&misfit{page}, nil)), 500, ""},
		{"error", rest.Handle(opens(page, handler.Errorf(418, "tea"))), 418, ""},
		{"error without a resource", rest.Handle(opens[*fit](nil, errors.New("failed"))), 500, ""},
		{"reply and nil", rest.Handle(replying(nil)), 402, "pay"},
		{"reply and a resource", rest.Handle(replying(&fit{page})), 402, "pay"},
		{"nil pointer", rest.Handle(opens[*fit](nil, nil)), 204, ""},
		{"nil any", rest.Handle(opens[any](nil, nil)), 204, ""},
		{"nil slice", rest.Handle(opens[list](nil, nil)), 200, "0 items"},
	} {
		t.Run(test.name, func(t *testing.T) {
			require.NoError(t, test.h.(validator).Validate())
			servetest.Each(t, test.h, func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "GET", "/", "")
				assert.Equal(t, test.status, resp.StatusCode)
				if test.body != "" {
					assert.Equal(t, test.body, text)
				}
			})
		})
	}
}

// list is a resource that may be nil.
type list []string

func (l list) ToHTML(*rest.Request) (rest.Body, error) {
	return rest.Text(string(rune('0'+len(l))) + " items"), nil
}

func TestSurplusOptionsOfUpgrade(t *testing.T) {
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
	err := rest.Upgrade(page, rest.Options{}, rest.Options{}).Protocol.Upgrade(req, req.Env())
	assert.EqualError(t, err, "rest: Upgrade takes at most one rest.Options; it was given 2")
}

// The trace of Handle is that of each of its requests.
func TestTraceOfHandle(t *testing.T) {
	var traces []string
	h := rest.Handle(opens(page, nil), rest.Options{Trace: func(trace rest.Trace) { traces = append(traces, trace.By().String()) }})
	for range 2 {
		servetest.Serve(h).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	}
	assert.Equal(t, []string{"multiple_choices", "multiple_choices"}, traces)
}
