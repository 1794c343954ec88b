package main

import (
	"crypto/rand"
	"os"
	"regexp"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// toppage is the route; pastes is where the files are.
type toppage struct{ pastes *os.Root }

func (h toppage) Init(*handler.Request) (*handler.Upgrade, error) {
	return rest.Upgrade(&paste{pastes: h.pastes}), nil
}

// paste is the resource of one request: a paste, or the index where it has no
// id.
type paste struct {
	pastes *os.Root
	id     string
}

var _ interface {
	rest.AllowedMethods
	rest.ContentTypesProvided
	rest.ContentTypesAccepted
	rest.ResourceExists
} = (*paste)(nil)

func (p *paste) AllowedMethods(*rest.Request) ([]string, error) {
	return []string{"GET", "POST"}, nil
}

func (p *paste) ContentTypesProvided(*rest.Request) ([]rest.Provide, error) {
	return []rest.Provide{
		{Type: "text/plain", To: p.pasteText},
		{Type: "text/html", To: p.pasteHTML},
	}, nil
}

func (p *paste) ContentTypesAccepted(*rest.Request) ([]rest.Accept, error) {
	return []rest.Accept{
		{Type: "application/x-www-form-urlencoded;*", From: p.createPaste},
	}, nil
}

var validID = regexp.MustCompile(`^[0-9A-Z]+$`)

func (p *paste) ResourceExists(req *rest.Request) (bool, error) {
	p.id = req.Binding("paste_id")
	if p.id == "" {
		return true, nil
	}
	if !validID.MatchString(p.id) {
		return false, nil
	}
	_, err := p.pastes.Stat(p.id)
	return err == nil, nil
}

func (p *paste) createPaste(req *rest.Request) (rest.Outcome, error) {
	form, err := req.ReadURLEncodedBody(handler.BodyOptions{Length: 1_000_000})
	if err != nil {
		return rest.Rejected, err
	}
	text, ok := form.Get("paste")
	if !ok {
		return rest.Rejected, nil
	}
	id := rand.Text()
	if err := p.pastes.WriteFile(id, []byte(text), 0o600); err != nil {
		return rest.Rejected, err
	}
	return rest.SeeOther("/" + id), nil
}
