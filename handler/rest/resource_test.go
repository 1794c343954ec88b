package rest_test

import (
	"fmt"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// A resource for a test is an anonymous struct that embeds the callbacks it
// needs; each is one of these types, made of a function.
type (
	ask      = func(*rest.Request) (bool, error)
	askList  = func(*rest.Request) ([]string, error)
	askURI   = func(*rest.Request) (string, error)
	askTime  = func(*rest.Request) (time.Time, error)
	askOther = func(*rest.Request) (bool, string, error)

	serviceAvailable struct{ f ask }
	knownMethods     struct{ f askList }
	uriTooLong       struct{ f ask }
	allowedMethods   struct{ f askList }
	malformedRequest struct{ f ask }
	isAuthorized     struct{ f askOther }
	forbidden        struct{ f ask }
	rateLimited      struct {
		f func(*rest.Request) (rest.Limit, error)
	}
	validContentHeaders  struct{ f ask }
	validEntityLength    struct{ f ask }
	options              struct{ f func(*rest.Request) error }
	contentTypesProvided struct {
		f func(*rest.Request) ([]rest.Provide, error)
	}
	toHTML struct {
		f func(*rest.Request) (rest.Body, error)
	}
	languagesProvided struct{ f askList }
	charsetsProvided  struct{ f askList }
	rangesProvided    struct {
		f func(*rest.Request) ([]rest.ProvideRange, error)
	}
	variances      struct{ f askList }
	resourceExists struct{ f ask }
	generateETag   struct {
		f func(*rest.Request) (handler.ETag, error)
	}
	lastModified         struct{ f askTime }
	expires              struct{ f askTime }
	movedPermanently     struct{ f askURI }
	previouslyExisted    struct{ f ask }
	movedTemporarily     struct{ f askURI }
	allowMissingPost     struct{ f ask }
	deleteResource       struct{ f ask }
	deleteCompleted      struct{ f ask }
	isConflict           struct{ f ask }
	contentTypesAccepted struct {
		f func(*rest.Request) ([]rest.Accept, error)
	}
	rangeSatisfiable struct{ f askOther }
	multipleChoices  struct{ f ask }
	terminate        struct{ f func(*rest.Request, error) }
)

func (c serviceAvailable) ServiceAvailable(r *rest.Request) (bool, error)       { return c.f(r) }
func (c knownMethods) KnownMethods(r *rest.Request) ([]string, error)           { return c.f(r) }
func (c uriTooLong) URITooLong(r *rest.Request) (bool, error)                   { return c.f(r) }
func (c allowedMethods) AllowedMethods(r *rest.Request) ([]string, error)       { return c.f(r) }
func (c malformedRequest) MalformedRequest(r *rest.Request) (bool, error)       { return c.f(r) }
func (c isAuthorized) IsAuthorized(r *rest.Request) (bool, string, error)       { return c.f(r) }
func (c forbidden) Forbidden(r *rest.Request) (bool, error)                     { return c.f(r) }
func (c rateLimited) RateLimited(r *rest.Request) (rest.Limit, error)           { return c.f(r) }
func (c validContentHeaders) ValidContentHeaders(r *rest.Request) (bool, error) { return c.f(r) }
func (c validEntityLength) ValidEntityLength(r *rest.Request) (bool, error)     { return c.f(r) }
func (c options) Options(r *rest.Request) error                                 { return c.f(r) }
func (c contentTypesProvided) ContentTypesProvided(r *rest.Request) ([]rest.Provide, error) {
	return c.f(r)
}
func (c toHTML) ToHTML(r *rest.Request) (rest.Body, error)                           { return c.f(r) }
func (c languagesProvided) LanguagesProvided(r *rest.Request) ([]string, error)      { return c.f(r) }
func (c charsetsProvided) CharsetsProvided(r *rest.Request) ([]string, error)        { return c.f(r) }
func (c rangesProvided) RangesProvided(r *rest.Request) ([]rest.ProvideRange, error) { return c.f(r) }
func (c variances) Variances(r *rest.Request) ([]string, error)                      { return c.f(r) }
func (c resourceExists) ResourceExists(r *rest.Request) (bool, error)                { return c.f(r) }
func (c generateETag) GenerateETag(r *rest.Request) (handler.ETag, error)            { return c.f(r) }
func (c lastModified) LastModified(r *rest.Request) (time.Time, error)               { return c.f(r) }
func (c expires) Expires(r *rest.Request) (time.Time, error)                         { return c.f(r) }
func (c movedPermanently) MovedPermanently(r *rest.Request) (string, error)          { return c.f(r) }
func (c previouslyExisted) PreviouslyExisted(r *rest.Request) (bool, error)          { return c.f(r) }
func (c movedTemporarily) MovedTemporarily(r *rest.Request) (string, error)          { return c.f(r) }
func (c allowMissingPost) AllowMissingPost(r *rest.Request) (bool, error)            { return c.f(r) }
func (c deleteResource) DeleteResource(r *rest.Request) (bool, error)                { return c.f(r) }
func (c deleteCompleted) DeleteCompleted(r *rest.Request) (bool, error)              { return c.f(r) }
func (c isConflict) IsConflict(r *rest.Request) (bool, error)                        { return c.f(r) }
func (c contentTypesAccepted) ContentTypesAccepted(r *rest.Request) ([]rest.Accept, error) {
	return c.f(r)
}
func (c rangeSatisfiable) RangeSatisfiable(r *rest.Request) (bool, string, error) { return c.f(r) }
func (c multipleChoices) MultipleChoices(r *rest.Request) (bool, error)           { return c.f(r) }
func (c terminate) Terminate(r *rest.Request, err error)                          { c.f(r, err) }

// answer makes the function of a callback that gives one answer.
func answer[T any](value T, err error) func(*rest.Request) (T, error) {
	return func(*rest.Request) (T, error) { return value, err }
}

func answer2[A, B any](a A, b B, err error) func(*rest.Request) (A, B, error) {
	return func(*rest.Request) (A, B, error) { return a, b, err }
}

// page is a resource with a body that tells what was negotiated.
var page = toHTML{func(r *rest.Request) (rest.Body, error) {
	return rest.Text(fmt.Sprintf("%v|%s|%s", r.MediaType, r.Language, r.Charset)), nil
}}

// digits is a resource of ten bytes.
var digits = toHTML{answer(rest.Text("0123456789"), nil)}

// tellBody is a provide callback that tells what was negotiated.
func tellBody(r *rest.Request) (rest.Body, error) { return page.f(r) }

// take is an accept callback.
func take(o rest.Outcome) func(*rest.Request) (rest.Outcome, error) { return answer(o, nil) }

// forms accepts any body and answers one outcome.
func forms(o rest.Outcome) contentTypesAccepted {
	return contentTypesAccepted{answer([]rest.Accept{{Type: "*", From: take(o)}}, nil)}
}

// modes are the methods that a test resource allows.
var modes = allowedMethods{answer([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"}, nil)}

// missing is a resource that does not exist.
var missing = resourceExists{answer(false, nil)}

var (
	tagged   = generateETag{answer(handler.ETag{Tag: "v1"}, nil)}
	weak     = generateETag{answer(handler.ETag{Weak: true, Tag: "v1"}, nil)}
	untagged = generateETag{answer(handler.ETag{}, nil)}
	moment   = time.Date(2020, 2, 3, 4, 5, 6, 7, time.UTC)
	modified = lastModified{answer(moment, nil)}
	anyBytes = rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes"}}, nil)}
)

const (
	httpMoment = "Mon, 03 Feb 2020 04:05:06 GMT"
	httpBefore = "Mon, 03 Feb 2020 04:05:05 GMT"
	httpFuture = "Fri, 01 Jan 2100 00:00:00 GMT"
)
