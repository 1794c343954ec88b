package handlertest

import (
	"encoding/json"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// Response is what a client gets, and what it can't see of how it came about.
type Response struct {
	// Status is 0 if there was no response; see Broken.
	Status int

	Header  http.Header
	Body    []byte
	Trailer http.Header

	// Cookies are those that the response sets.
	Cookies []*http.Cookie

	// Informs are the informational responses before it, in order.
	Informs []Inform

	// Pieces is the body as the handler flushed it.
	Pieces [][]byte

	// Broken reports that the response has no end.
	Broken bool

	// Err is what the handler failed with, such as a [*handler.StatusError],
	// a [*handler.PanicError] or the error of a limit; nil if it did not.
	Err error

	// Route is the type of the handler, or the name of its function.
	Route string

	t tester
}

// Inform is an informational response.
type Inform struct {
	Status int
	Header http.Header
}

// Text returns the body as text.
func (r *Response) Text() string { return string(r.Body) }

// JSON decodes the body into v, a pointer. A body that is no JSON, or does not
// fit, fails the test.
func (r *Response) JSON(v any) {
	r.t.Helper()
	if err := json.Unmarshal(r.Body, v); err != nil {
		r.t.Fatalf("handlertest: the body of status %d is no JSON for a %T: %v\n%s", r.Status, v, err, r.Body)
	}
}

// Cookie returns the cookie of that name that the response sets, or nil.
func (r *Response) Cookie(name string) *http.Cookie {
	for _, cookie := range r.Cookies {
		if cookie.Name == name {
			return cookie
		}
	}
	return nil
}

// Events returns the server-sent events of the body.
func (r *Response) Events() (events []handler.Event) {
	rest := r.Body
	for {
		event, after, ok := cutEvent(rest)
		if !ok {
			return events
		}
		events, rest = append(events, event), after
	}
}
