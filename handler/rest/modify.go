package rest

import (
	"fmt"
	"net/http"

	"github.com/cowhand/cowhand/handler"
)

// The decisions of the methods that change the resource.

func (f *flow) chooseByMethod() (Decision, error) {
	switch f.method {
	case http.MethodDelete:
		return atDeleteResource, nil
	case http.MethodPut:
		return atIsConflict, nil
	case http.MethodPost, http.MethodPatch:
		return atAcceptResource, nil
	case http.MethodGet, http.MethodHead:
		return atSetRespBodyETag, nil
	}
	return atMultipleChoices, nil
}

func (f *flow) deleteResource() (Decision, error) {
	deleted, err := false, error(nil)
	if c, ok := f.resource.(DeleteResource); ok {
		deleted, err = c.DeleteResource(f.req)
	}
	return f.next(deleted, err, atDeleteCompleted, http.StatusInternalServerError)
}

func (f *flow) deleteCompleted() (Decision, error) {
	c, ok := f.resource.(DeleteCompleted)
	if !ok {
		return atHasRespBody, nil
	}
	completed, err := c.DeleteCompleted(f.req)
	return f.next(completed, err, atHasRespBody, http.StatusAccepted)
}

func (f *flow) isConflict() (Decision, error) {
	c, ok := f.resource.(IsConflict)
	if !ok {
		return atAcceptResource, nil
	}
	conflict, err := c.IsConflict(f.req)
	return f.next(!conflict, err, atAcceptResource, http.StatusConflict)
}

// acceptResource finds the callback for the request's content type. A
// malformed one is answered as one that is not accepted.
func (f *flow) acceptResource() (Decision, error) {
	var accepted []Accept
	if c, ok := f.resource.(ContentTypesAccepted); ok {
		var err error
		if accepted, err = c.ContentTypesAccepted(f.req); err != nil {
			return atEnd, err
		}
	}
	contentType, malformed := handler.ParseHeader(f.req.Request, handler.HeaderContentType)
	if malformed == nil {
		for _, a := range accepted {
			ok, err := a.takes(contentType)
			if err != nil {
				return atEnd, err
			}
			if ok {
				f.acceptFrom = a.From
				return atProcessContentType, nil
			}
		}
	}
	return f.respond(http.StatusUnsupportedMediaType)
}

// takes reports whether a is for a content type; the zero one is for a
// request without.
func (a Accept) takes(contentType handler.MediaType) (bool, error) {
	if a.Type == "*" {
		return true, nil
	}
	t, anyParams, err := parseType(a.Type)
	if err != nil || !t.Is(contentType.Type, contentType.Subtype) {
		return false, err
	}
	if contentType.Type == "multipart" {
		contentType = contentType.Without("boundary")
	}
	return anyParams || sameParams(t.Params, contentType.Params), nil
}

func (f *flow) processContentType() (Decision, error) {
	if f.acceptFrom == nil {
		return atEnd, fmt.Errorf("rest: %T accepts a content type without a callback From", f.resource)
	}
	outcome, err := f.acceptFrom(f.req)
	switch {
	case err != nil:
		return atEnd, err
	case outcome.kind == rejected:
		return f.respond(http.StatusBadRequest)
	case outcome.kind == done && f.exists:
		return atHasRespBody, nil
	case outcome.kind == done:
		return atMaybeCreated, nil
	case f.method != http.MethodPost:
		return atEnd, fmt.Errorf("rest: Created and SeeOther are for POST, not for %s", f.method)
	case outcome.kind == created:
		return f.respondWith(http.StatusCreated, "Location", outcome.location)
	}
	return f.respondWith(http.StatusSeeOther, "Location", outcome.location)
}

// maybeCreated tells a resource made by PUT, or one whose Location was set,
// from another outcome.
func (f *flow) maybeCreated() (Decision, error) {
	if f.method == http.MethodPut || f.req.HasRespHeader("Location") {
		return f.respond(http.StatusCreated)
	}
	return atHasRespBody, nil
}

func (f *flow) hasRespBody() (Decision, error) {
	return f.next(f.req.HasRespBody(), nil, atMultipleChoices, http.StatusNoContent)
}

func (f *flow) multipleChoices() (Decision, error) {
	if c, ok := f.resource.(MultipleChoices); ok {
		several, err := c.MultipleChoices(f.req)
		if err != nil {
			return atEnd, err
		}
		if several {
			return f.respond(http.StatusMultipleChoices)
		}
	}
	return f.respond(http.StatusOK)
}
