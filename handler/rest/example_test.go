package rest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/internal/servetest"
	"github.com/cowhand/cowhand/handler/rest"
)

// notes is the route; the fields are what its resources share.
type notes struct{ texts map[string]string }

func (n notes) Init(*handler.Request) (*handler.Upgrade, error) {
	return rest.Upgrade(&note{notes: n}), nil
}

// note is the resource of one request.
type note struct {
	notes
	name string
}

var _ interface {
	rest.AllowedMethods
	rest.ResourceExists
	rest.ContentTypesProvided
	rest.ContentTypesAccepted
} = (*note)(nil)

func (n *note) AllowedMethods(*rest.Request) ([]string, error) {
	return []string{"GET", "HEAD", "PUT"}, nil
}

func (n *note) ResourceExists(req *rest.Request) (bool, error) {
	n.name = req.Path()
	_, ok := n.texts[n.name]
	return ok, nil
}

func (n *note) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{{Type: "text/plain", To: n.toText}, {Type: "text/html", To: n.toHTML}}, nil
}

func (n *note) toText(*rest.Request) (rest.Body, error) { return rest.Text(n.texts[n.name]), nil }

func (n *note) toHTML(*rest.Request) (rest.Body, error) {
	return rest.Text("<p>" + n.texts[n.name]), nil
}

func (n *note) ContentTypesAccepted(*rest.Request) ([]rest.Accept, error) {
	return []rest.Accept{{Type: "text/plain;*", From: n.fromText}}, nil
}

func (n *note) fromText(req *rest.Request) (rest.Outcome, error) {
	text, more, err := req.ReadBody(handler.BodyOptions{Length: 1000})
	if err != nil || more {
		return rest.Rejected, err
	}
	n.texts[n.name] = string(text)
	return rest.Done, nil
}

func ExampleUpgrade() {
	server := servetest.Serve(notes{map[string]string{}})
	do := func(method, header, value, body string) {
		r := httptest.NewRequest(method, "/shopping", strings.NewReader(body))
		r.Header.Set(header, value)
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		fmt.Println(strings.TrimSpace(fmt.Sprintln(method, w.Code, w.Header().Get("Content-Type"), w.Body)))
	}
	do("GET", "Accept", "text/html", "")
	do("PUT", "Content-Type", "text/plain", "a hat")
	do("PUT", "Content-Type", "text/plain", "two hats")
	do("GET", "Accept", "text/html, */*;q=0.1", "")
	do("GET", "Accept", "image/png", "")
	do("DELETE", "Accept", "*/*", "")
	// Output:
	// GET 404
	// PUT 201
	// PUT 204
	// GET 200 text/html <p>two hats
	// GET 406
	// DELETE 405
}
