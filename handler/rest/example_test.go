package rest_test

import (
	"fmt"
	"net/http/httptest"
	"strings"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
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

// shop is shared by all requests.
type shop struct {
	hats      map[int]string
	passwords map[string]string
}

// base has what the resources of the shop have in common. They embed it, and
// each of them may replace a callback by one of its own.
type base struct {
	*shop
	user string
}

func (b *base) AllowedMethods(*rest.Request) ([]string, error) {
	return []string{"GET", "HEAD", "OPTIONS"}, nil
}

func (b *base) IsAuthorized(req *rest.Request) (bool, string, error) {
	credentials, _ := handler.ParseHeader(req.Request, handler.HeaderAuthorization)
	b.user = credentials.User
	ok := b.user != "" && b.passwords[b.user] == credentials.Password
	return ok, `Basic realm="shop"`, nil
}

// hats is the list of all hats.
type hats struct{ base }

func (h *hats) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{{Type: "application/json", To: h.toJSON}}, nil
}

func (h *hats) toJSON(req *rest.Request) (rest.Body, error) { return rest.JSON(req, h.shop.hats) }

// hat is one of them.
type hat struct {
	base
	id int
}

// AllowedMethods replaces the base's.
func (h *hat) AllowedMethods(req *rest.Request) ([]string, error) {
	methods, err := h.base.AllowedMethods(req)
	return append(methods, "PUT"), err
}

func (h *hat) ResourceExists(*rest.Request) (bool, error) { return h.hats[h.id] != "", nil }

func (h *hat) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{{Type: "application/json", To: h.toJSON}}, nil
}

func (h *hat) toJSON(req *rest.Request) (rest.Body, error) { return rest.JSON(req, h.hats[h.id]) }

func (h *hat) ContentTypesAccepted(*rest.Request) ([]rest.Accept, error) {
	return []rest.Accept{rest.AcceptJSON(h.fromJSON)}, nil
}

func (h *hat) fromJSON(_ *rest.Request, name string) (rest.Outcome, error) {
	h.hats[h.id] = name + ", by " + h.user
	return rest.Done, nil
}

func (s *shop) newHats(*handler.Request) (*hats, error) { return &hats{base{shop: s}}, nil }

func (s *shop) newHat(req *handler.Request) (*hat, error) {
	id, _ := handler.BindingAs[int](req, "id")
	return &hat{base{shop: s}, id}, nil
}

// Several resources have what they share in one base, which they embed.
func ExampleHandle() {
	s := &shop{map[int]string{1: "a bowler"}, map[string]string{"joe": "secret"}}
	routes := router.MustCompile(router.Host("_",
		router.Path("/hats", rest.Handle(s.newHats)),
		router.Path("/hats/:id", rest.Handle(s.newHat)).Where("id", router.Int),
	))
	server, err := protocol.New(protocol.Options{Dispatch: routes})
	if err != nil {
		panic(err)
	}
	do := func(method, path, user, body string) {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		if user != "" {
			r.SetBasicAuth(user, "secret")
		}
		w := httptest.NewRecorder()
		server.ServeHTTP(w, r)
		fmt.Print(method, " ", path, " ", w.Code)
		if w.Code == 200 {
			fmt.Print(" ", w.Body)
		}
		fmt.Println()
	}
	do("PUT", "/hats/2", "joe", `"a fez"`)
	do("GET", "/hats/2", "joe", "")
	do("GET", "/hats", "joe", "")
	do("PUT", "/hats", "joe", `"a cap"`)
	do("PUT", "/hats/3", "joe", "no hat")
	do("GET", "/hats", "ann", "")
	// Output:
	// PUT /hats/2 201
	// GET /hats/2 200 "a fez, by joe"
	// GET /hats 200 {"1":"a bowler","2":"a fez, by joe"}
	// PUT /hats 405
	// PUT /hats/3 400
	// GET /hats 401
}
