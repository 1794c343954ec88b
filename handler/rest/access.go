package rest

import (
	"net/http"
	"slices"
	"strings"
)

// The decisions about whether the request may pass at all.

func (f *flow) serviceAvailable() (Decision, error) {
	c, ok := f.resource.(ServiceAvailable)
	if !ok {
		return atKnownMethods, nil
	}
	available, err := c.ServiceAvailable(f.req)
	return f.next(available, err, atKnownMethods, http.StatusServiceUnavailable)
}

var knownMethods = []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

func (f *flow) knownMethods() (Decision, error) {
	methods, err := []string(nil), error(nil)
	if c, ok := f.resource.(KnownMethods); ok {
		methods, err = c.KnownMethods(f.req)
	}
	if methods == nil {
		methods = knownMethods
	}
	return f.next(slices.Contains(methods, f.method), err, atURITooLong, http.StatusNotImplemented)
}

func (f *flow) uriTooLong() (Decision, error) {
	c, ok := f.resource.(URITooLong)
	if !ok {
		return atAllowedMethods, nil
	}
	long, err := c.URITooLong(f.req)
	return f.next(!long, err, atAllowedMethods, http.StatusRequestURITooLong)
}

var (
	allowedMethods = []string{"HEAD", "GET", "OPTIONS"}
	allowHeader    = strings.Join(allowedMethods, ", ")
)

// allowedMethods always sets Allow: OPTIONS is answered with it.
func (f *flow) allowedMethods() (Decision, error) {
	var methods []string
	if c, ok := f.resource.(AllowedMethods); ok {
		var err error
		if methods, err = c.AllowedMethods(f.req); err != nil {
			return atEnd, err
		}
	}
	allow := allowHeader
	if methods == nil {
		methods = allowedMethods
	} else {
		allow = strings.Join(methods, ", ")
	}
	err := f.req.SetRespHeader("Allow", allow)
	return f.next(slices.Contains(methods, f.method), err, atMalformedRequest, http.StatusMethodNotAllowed)
}

func (f *flow) malformedRequest() (Decision, error) {
	c, ok := f.resource.(MalformedRequest)
	if !ok {
		return atIsAuthorized, nil
	}
	malformed, err := c.MalformedRequest(f.req)
	return f.next(!malformed, err, atIsAuthorized, http.StatusBadRequest)
}

func (f *flow) isAuthorized() (Decision, error) {
	c, ok := f.resource.(IsAuthorized)
	if !ok {
		return atForbidden, nil
	}
	authorized, challenge, err := c.IsAuthorized(f.req)
	if err == nil && !authorized {
		err = f.req.SetRespHeader("Www-Authenticate", challenge)
	}
	return f.next(authorized, err, atForbidden, http.StatusUnauthorized)
}

func (f *flow) forbidden() (Decision, error) {
	c, ok := f.resource.(Forbidden)
	if !ok {
		return atRateLimited, nil
	}
	forbidden, err := c.Forbidden(f.req)
	return f.next(!forbidden, err, atRateLimited, http.StatusForbidden)
}

func (f *flow) rateLimited() (Decision, error) {
	c, ok := f.resource.(RateLimited)
	if !ok {
		return atValidContentHeaders, nil
	}
	limit, err := c.RateLimited(f.req)
	if err == nil && limit.limited {
		err = f.req.SetRespHeader("Retry-After", limit.header())
	}
	return f.next(!limit.limited, err, atValidContentHeaders, http.StatusTooManyRequests)
}

func (f *flow) validContentHeaders() (Decision, error) {
	c, ok := f.resource.(ValidContentHeaders)
	if !ok {
		return atValidEntityLength, nil
	}
	valid, err := c.ValidContentHeaders(f.req)
	return f.next(valid, err, atValidEntityLength, http.StatusNotImplemented)
}

func (f *flow) validEntityLength() (Decision, error) {
	c, ok := f.resource.(ValidEntityLength)
	if !ok {
		return atOptions, nil
	}
	valid, err := c.ValidEntityLength(f.req)
	return f.next(valid, err, atOptions, http.StatusRequestEntityTooLarge)
}

func (f *flow) options() (Decision, error) {
	if f.method != http.MethodOptions {
		return atContentTypesProvided, nil
	}
	if c, ok := f.resource.(AnswerOptions); ok {
		if err := c.Options(f.req); err != nil {
			return atEnd, err
		}
	}
	return f.respond(http.StatusOK)
}
