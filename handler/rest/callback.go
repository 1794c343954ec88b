package rest

import (
	"time"

	"github.com/cowhand/cowhand/handler"
)

// The callbacks, in the order in which the flow calls them. A resource
// implements those that it needs; for the others there is the default. Each
// is the callback of cowboy_rest of the same name. To have the compiler check
// what a resource implements, name it:
//
//	var _ interface {
//		rest.AllowedMethods
//		rest.ResourceExists
//	} = (*paste)(nil)
//
// A nil list has the same effect as a missing callback: the default. An empty
// list that isn't nil provides, allows or accepts nothing.
//
// For an error, Cowhand replies 500, or the status that it carries; [Stop] and
// [Switch] are errors of their own kind. GenerateETag, LastModified, Expires
// and Variances can't stop or switch, and their 4xx becomes 500: what they
// describe is the server's own.
type (
	// ServiceAvailable answers whether the service is available; otherwise
	// 503. Default: true.
	ServiceAvailable interface {
		ServiceAvailable(req *Request) (bool, error)
	}

	// KnownMethods returns the methods that the server knows; another is
	// answered with 501. Default: GET, HEAD, POST, PUT, PATCH, DELETE and
	// OPTIONS.
	KnownMethods interface {
		KnownMethods(req *Request) ([]string, error)
	}

	// URITooLong answers whether the URI is too long: 414. Default: false.
	URITooLong interface {
		URITooLong(req *Request) (bool, error)
	}

	// AllowedMethods returns the methods that the resource allows; another is
	// answered with 405. The header Allow lists them. Default: HEAD, GET and
	// OPTIONS.
	AllowedMethods interface {
		AllowedMethods(req *Request) ([]string, error)
	}

	// MalformedRequest answers whether the request is malformed: 400.
	// Default: false.
	MalformedRequest interface {
		MalformedRequest(req *Request) (bool, error)
	}

	// IsAuthorized answers whether the client may go on; otherwise 401, with
	// the challenge as WWW-Authenticate. For an Authorization that doesn't
	// parse, return false and the challenge, not the error, which is 400: the
	// client has to see the challenge. Default: true.
	IsAuthorized interface {
		IsAuthorized(req *Request) (ok bool, challenge string, err error)
	}

	// Forbidden answers whether the resource is forbidden to the client: 403.
	// Default: false.
	Forbidden interface {
		Forbidden(req *Request) (bool, error)
	}

	// RateLimited answers whether the client comes too often: 429, with the
	// header Retry-After. Default: the zero Limit, which is none.
	RateLimited interface {
		RateLimited(req *Request) (Limit, error)
	}

	// ValidContentHeaders answers whether the Content-* headers of the
	// request are ones that the resource understands; otherwise 501.
	// Default: true.
	ValidContentHeaders interface {
		ValidContentHeaders(req *Request) (bool, error)
	}

	// ValidEntityLength answers whether the request's body is not too long;
	// otherwise 413. Default: true.
	ValidEntityLength interface {
		ValidEntityLength(req *Request) (bool, error)
	}

	// AnswerOptions has the callback options: it may set headers or a body for
	// the answer to OPTIONS. Then 200 is sent. Default: no more than Allow.
	AnswerOptions interface {
		Options(req *Request) error
	}

	// ContentTypesProvided returns the media types of the resource, the
	// preferred one first; 406 where the client accepts none. Default:
	// text/html with any parameters, by [ToHTML].
	ContentTypesProvided interface {
		ContentTypesProvided(req *Request) ([]Provide, error)
	}

	// ToHTML returns the body of a resource that has no
	// ContentTypesProvided.
	ToHTML interface {
		ToHTML(req *Request) (Body, error)
	}

	// LanguagesProvided returns the languages of the resource, as tags such
	// as en-US, the preferred one first; 406 if the client accepts none, or
	// if the list is empty. Default: no language.
	LanguagesProvided interface {
		LanguagesProvided(req *Request) ([]string, error)
	}

	// CharsetsProvided returns the charsets of the resource, the preferred
	// one first; 406 if the client accepts none, or if the list is empty. The
	// chosen one is added to the content type of text types. Default: no
	// charset.
	CharsetsProvided interface {
		CharsetsProvided(req *Request) ([]string, error)
	}

	// RangesProvided returns the units by which clients may ask for parts of
	// the resource. The header Accept-Ranges lists them: "none" for an empty
	// list. Default: ranges are ignored.
	RangesProvided interface {
		RangesProvided(req *Request) ([]ProvideRange, error)
	}

	// Variances returns the request headers by which the resource varies, for
	// the header Vary, besides those of the negotiation. Default: none. It
	// may not stop or switch.
	Variances interface {
		Variances(req *Request) ([]string, error)
	}

	// ResourceExists answers whether the resource exists. Default: true.
	ResourceExists interface {
		ResourceExists(req *Request) (bool, error)
	}

	// GenerateETag returns the entity tag of the resource; the zero ETag is
	// for none. Default: none. It is called once for a request, when it is
	// needed, and may not stop or switch.
	GenerateETag interface {
		GenerateETag(req *Request) (handler.ETag, error)
	}

	// LastModified returns when the resource was last modified; the zero time
	// is for never mind. Default: zero. It is called once for a request, when
	// it is needed, and may not stop or switch.
	LastModified interface {
		LastModified(req *Request) (time.Time, error)
	}

	// Expires returns when the reply expires; the zero time is for never
	// mind. Default: zero. It may not stop or switch.
	Expires interface {
		Expires(req *Request) (time.Time, error)
	}

	// MovedPermanently returns the URI to which a resource that does not exist
	// was moved for good: 301. "" is for none. Default: none.
	MovedPermanently interface {
		MovedPermanently(req *Request) (location string, err error)
	}

	// PreviouslyExisted answers whether a resource that does not exist did
	// before: then 410, not 404. Default: false.
	PreviouslyExisted interface {
		PreviouslyExisted(req *Request) (bool, error)
	}

	// MovedTemporarily returns the URI to which a resource that existed
	// before was moved for now: 307. "" is for none. Default: none.
	MovedTemporarily interface {
		MovedTemporarily(req *Request) (location string, err error)
	}

	// AllowMissingPost answers whether POST to a resource that does not exist
	// is allowed; otherwise 404 or 410. Default: true.
	AllowMissingPost interface {
		AllowMissingPost(req *Request) (bool, error)
	}

	// DeleteResource deletes the resource, or begins to; false is answered
	// with 500. Default: false.
	DeleteResource interface {
		DeleteResource(req *Request) (bool, error)
	}

	// DeleteCompleted answers whether the resource is deleted by now;
	// otherwise 202. Default: true.
	DeleteCompleted interface {
		DeleteCompleted(req *Request) (bool, error)
	}

	// IsConflict answers whether PUT to the resource is a conflict: 409.
	// Default: false.
	IsConflict interface {
		IsConflict(req *Request) (bool, error)
	}

	// ContentTypesAccepted returns the media types that POST, PUT and PATCH
	// take; 415 for another. Default: none.
	ContentTypesAccepted interface {
		ContentTypesAccepted(req *Request) ([]Accept, error)
	}

	// RangeSatisfiable answers whether the range that the client wants can be
	// had; otherwise 416, with what follows the unit in Content-Range, such
	// as "*/1234", where it is not "". Default: true.
	RangeSatisfiable interface {
		RangeSatisfiable(req *Request) (ok bool, contentRange string, err error)
	}

	// MultipleChoices answers whether there are several representations, of
	// which the body tells: 300, not 200. Default: false.
	MultipleChoices interface {
		MultipleChoices(req *Request) (bool, error)
	}

	// Terminate is told that the request ended, whatever ended it: with nil
	// after a reply or Stop, else with what went wrong, a
	// [*handler.PanicError] after a panic. It is called once, and not where
	// the request was switched to another handler. Its own panic is logged
	// and changes nothing else. It mirrors terminate/3.
	Terminate interface {
		Terminate(req *Request, err error)
	}
)
