package protocol

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/cowhand/cowhand/handler"
)

// TextPages is a Page for [ErrorPages]: the public message of the error or,
// without one, the text of the status, such as "Not Found", as plain text.
func TextPages(x *Exchange, status int, h http.Header) []byte {
	h["Content-Type"] = textPlain
	h["X-Content-Type-Options"] = noSniff
	if public := handler.PublicOf(x.Err()); public != "" {
		return []byte(public)
	}
	return []byte(statusText(status))
}

// ProblemPages is a Page for [ErrorPages]: the [ProblemOf] the error, as
// application/problem+json (RFC 9457).
func ProblemPages(x *Exchange, status int, h http.Header) []byte {
	body, err := json.Marshal(ProblemOf(x, status))
	if err != nil { // never: a Problem of ProblemOf has nothing but texts
		return nil
	}
	h["Content-Type"] = []string{"application/problem+json"}
	return body
}

// Problem are the details of an error for programs (RFC 9457, section 3). To
// send members of your own, embed it in a struct.
type Problem struct {
	Type     string        `json:"type,omitempty"`     // a URI; "" is about:blank, nothing but the status
	Title    string        `json:"title,omitempty"`    // the same for each problem of the type
	Status   int           `json:"status,omitempty"`   // of HTTP
	Detail   string        `json:"detail,omitempty"`   // what went wrong this time
	Instance string        `json:"instance,omitempty"` // a URI of this occurrence
	Errors   []ProblemItem `json:"errors,omitempty"`   // what is wrong with each part of the request
}

// ProblemItem is an invalid part of a request.
type ProblemItem struct {
	Detail  string `json:"detail"`
	Field   string `json:"field,omitempty"`   // of a query string, form or cookie
	Pointer string `json:"pointer,omitempty"` // into a JSON body, such as #/user/age (RFC 6901, section 6)
}

// ProblemOf describes the error of a request: Title is the text of the status,
// Detail the public message of the error. Errors are the fields of a
// [handler.MatchError], or the place that a [handler.JSONError] tells.
func ProblemOf(x *Exchange, status int) Problem {
	p := Problem{Title: statusText(status), Status: status, Detail: handler.PublicOf(x.Err())}
	if p.Detail == "" { // the rest of the error is for logs alone, too
		return p
	}
	var match *handler.MatchError
	var document *handler.JSONError
	switch {
	case errors.As(x.Err(), &match):
		public := match.Public()
		for _, name := range slices.Sorted(maps.Keys(public)) {
			p.Errors = append(p.Errors, ProblemItem{Detail: public[name], Field: name})
		}
	case errors.As(x.Err(), &document) && document.Line > 0:
		p.Errors = []ProblemItem{{Detail: document.Reason, Pointer: (&url.URL{Fragment: document.Path}).String()}}
	}
	return p
}
