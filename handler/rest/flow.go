package rest

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// flow is one request's way through the decisions: the #state{} of
// cowboy_rest.
type flow struct {
	protocol *protocol
	resource any
	req      *Request // to request
	request  Request
	env      *handler.Env
	method   string

	trace  func(Trace)
	path   []Decision // only where there is a trace
	status int        // replied with

	// What was negotiated.
	provided    []provided // content types
	chosen      *provided
	languages   []string
	charsets    []string
	charset     string
	hasCharsets bool // charsets was asked for already
	ranges      []ProvideRange
	rangeFrom   func(*Request) ([]Part, error) // of the chosen unit; nil for auto

	// What is known of the resource.
	exists       bool
	missing      int // 404, or 410 where it existed before
	etag         once[handler.ETag]
	lastModified once[time.Time]
	acceptFrom   func(*Request) (Outcome, error)
}

// once is what a callback returned, which is called but once.
type once[T any] struct {
	value T
	known bool
}

// run takes the decisions until one replies, or a callback ends the flow.
func (f *flow) run() error {
	for d := atServiceAvailable; d != atEnd; {
		if f.trace != nil {
			f.path = append(f.path, d)
		}
		next, err := steps[d].take(f)
		if err != nil {
			return err
		}
		d = next
	}
	return nil
}

// respond replies with a status and whatever headers and body were set.
// Without a body there is no content type or encoding either.
func (f *flow) respond(status int) (Decision, error) {
	if !f.req.HasRespBody() {
		f.req.DeleteRespHeader("Content-Type")
		f.req.DeleteRespHeader("Content-Encoding")
	}
	f.status = status
	return atEnd, f.req.ReplyStatus(status)
}

// respondWith replies with a status and a header.
func (f *flow) respondWith(status int, name, value string) (Decision, error) {
	if err := f.req.SetRespHeader(name, value); err != nil {
		return atEnd, err
	}
	return f.respond(status)
}

// next goes on where a callback said so, and replies otherwise.
func (f *flow) next(goOn bool, err error, next Decision, otherwise int) (Decision, error) {
	switch {
	case err != nil:
		return atEnd, err
	case goOn:
		return next, nil
	}
	return f.respond(otherwise)
}

// mustGoOn is for the callbacks that may not stop or switch. They describe the
// server's own resource, so their failure is never the client's fault: an
// error that carries a 4xx, such as one of [handler.ParseETag], becomes a 500.
func mustGoOn(callback string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, Stop) || switched(err) != nil:
		return fmt.Errorf("rest: %s may not stop or switch", callback)
	case handler.StatusOf(err) < http.StatusInternalServerError:
		return &handler.StatusError{Status: http.StatusInternalServerError, Err: err}
	}
	return err
}

// etagOf returns the resource's entity tag, or the zero one.
func (f *flow) etagOf() (tag handler.ETag, err error) {
	if c, ok := f.resource.(GenerateETag); ok && !f.etag.known {
		tag, err = c.GenerateETag(f.req)
		f.etag = once[handler.ETag]{tag, true}
	}
	return f.etag.value, mustGoOn("GenerateETag", err)
}

// lastModifiedOf returns when the resource was modified, in whole seconds, or
// the zero time.
func (f *flow) lastModifiedOf() (t time.Time, err error) {
	if c, ok := f.resource.(LastModified); ok && !f.lastModified.known {
		t, err = c.LastModified(f.req)
		f.lastModified = once[time.Time]{t.Truncate(time.Second), true}
	}
	return f.lastModified.value, mustGoOn("LastModified", err)
}

// setETag sets the header ETag.
func (f *flow) setETag() error {
	tag, err := f.etagOf()
	if err != nil || tag.IsZero() {
		return err
	}
	return f.req.SetRespHeader("Etag", tag.String())
}

// setExpires sets the header Expires.
func (f *flow) setExpires() error {
	c, ok := f.resource.(Expires)
	if !ok {
		return nil
	}
	t, err := c.Expires(f.req)
	if err != nil || t.IsZero() {
		return mustGoOn("Expires", err)
	}
	return f.req.SetRespHeader("Expires", httpDate(t))
}
