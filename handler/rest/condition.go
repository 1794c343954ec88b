package rest

import (
	"net/http"
	"time"

	"github.com/cowhand/cowhand/handler"
)

// The decisions about conditional requests (RFC 9110, section 13).

func (f *flow) resourceExists() (Decision, error) {
	f.exists = true
	if c, ok := f.resource.(ResourceExists); ok {
		var err error
		if f.exists, err = c.ResourceExists(f.req); err != nil {
			return atEnd, err
		}
	}
	if !f.exists {
		return atIfMatchMustNotExist, nil
	}
	return atIfMatchExists, nil
}

func (f *flow) ifMatchExists() (Decision, error) {
	tags, err := handler.ParseHeader(f.req.Request, handler.HeaderIfMatch)
	switch {
	case err != nil:
		return atEnd, err
	case tags.Any || tags.List == nil:
		return atIfUnmodifiedSinceExists, nil
	}
	return atIfMatch, nil
}

// ifMatch compares strongly: a weak tag never matches.
func (f *flow) ifMatch() (Decision, error) {
	tags, _ := handler.ParseHeader(f.req.Request, handler.HeaderIfMatch)
	tag, err := f.etagOf()
	return f.next(tags.MatchStrong(tag), err, atIfNoneMatchExists, http.StatusPreconditionFailed)
}

func (f *flow) ifMatchMustNotExist() (Decision, error) {
	return f.next(!f.req.HasHeader("If-Match"), nil, atIsPutToMissingResource, http.StatusPreconditionFailed)
}

// since returns the time in a header, and whether it is there and is one: a
// malformed date is ignored (RFC 9110, sections 13.1.3 and 13.1.4).
func (f *flow) since(header handler.HeaderType[time.Time]) (time.Time, bool) {
	t, err := handler.ParseHeader(f.req.Request, header)
	return t, err == nil && !t.IsZero()
}

// ifUnmodifiedSinceExists ignores the header beside If-Match, as it must (RFC
// 9110, section 13.1.4).
func (f *flow) ifUnmodifiedSinceExists() (Decision, error) {
	if _, ok := f.since(handler.HeaderIfUnmodifiedSince); !ok || f.req.HasHeader("If-Match") {
		return atIfNoneMatchExists, nil
	}
	return atIfUnmodifiedSince, nil
}

func (f *flow) ifUnmodifiedSince() (Decision, error) {
	since, _ := f.since(handler.HeaderIfUnmodifiedSince)
	modified, err := f.lastModifiedOf()
	return f.next(!modified.After(since), err, atIfNoneMatchExists, http.StatusPreconditionFailed)
}

func (f *flow) ifNoneMatchExists() (Decision, error) {
	tags, err := handler.ParseHeader(f.req.Request, handler.HeaderIfNoneMatch)
	switch {
	case err != nil:
		return atEnd, err
	case tags.Any:
		return atPreconditionIsHeadGet, nil
	case tags.List == nil:
		return atIfModifiedSinceExists, nil
	}
	return atIfNoneMatch, nil
}

// ifNoneMatch compares weakly. A resource without a tag has none of the
// listed ones, so the condition holds (RFC 9110, section 13.1.2). Cowboy
// replies 412.
func (f *flow) ifNoneMatch() (Decision, error) {
	tags, _ := handler.ParseHeader(f.req.Request, handler.HeaderIfNoneMatch)
	tag, err := f.etagOf()
	if err == nil && tags.MatchWeak(tag) && !tag.IsZero() {
		return atPreconditionIsHeadGet, nil
	}
	return atMethod, err
}

func (f *flow) preconditionIsHeadGet() (Decision, error) {
	return f.next(f.reads(), nil, atNotModified, http.StatusPreconditionFailed)
}

// reads reports whether the method is one that only reads.
func (f *flow) reads() bool { return f.method == http.MethodGet || f.method == http.MethodHead }

// ifModifiedSinceExists ignores the header for other methods than GET and
// HEAD, as it must (RFC 9110, section 13.1.3).
func (f *flow) ifModifiedSinceExists() (Decision, error) {
	if _, ok := f.since(handler.HeaderIfModifiedSince); !ok || !f.reads() {
		return atMethod, nil
	}
	return atIfModifiedSinceNow, nil
}

// ifModifiedSinceNow ignores a date in the future.
func (f *flow) ifModifiedSinceNow() (Decision, error) {
	if since, _ := f.since(handler.HeaderIfModifiedSince); since.After(time.Now()) {
		return atMethod, nil
	}
	return atIfModifiedSince, nil
}

func (f *flow) ifModifiedSince() (Decision, error) {
	since, _ := f.since(handler.HeaderIfModifiedSince)
	modified, err := f.lastModifiedOf()
	if err != nil || modified.IsZero() || modified.After(since) {
		return atMethod, err
	}
	return atNotModified, nil
}

func (f *flow) notModified() (Decision, error) {
	f.req.DeleteRespHeader("Content-Type")
	if err := f.setETag(); err != nil {
		return atEnd, err
	}
	if err := f.setExpires(); err != nil {
		return atEnd, err
	}
	return f.respond(http.StatusNotModified)
}
