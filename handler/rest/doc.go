// Package rest is the sub-protocol for REST handlers: it asks a resource one
// question after the other, each with a default, and replies as HTTP requires.
//
// A resource is a value made for each request, with the callbacks that it
// needs:
//
//	routes := router.MustCompile(router.Host("_", router.Path("/", rest.Handle(newPage))))
//
//	func newPage(*handler.Request) (*page, error) { return &page{}, nil }
//
//	type page struct{}
//
//	func (*page) ToHTML(*rest.Request) (rest.Body, error) {
//		return rest.Text("<p>Hello, World!</p>"), nil
//	}
//
// Each callback is an interface of this package with one method of the same
// name. A method with that name and another signature would never be called:
// [Handle] has the router reject it at start, and [Upgrade] replies 500.
//
// # The flow
//
// Every request begins at the top. What leaves the line to the right is
// answered there and then.
//
//	ServiceAvailable ──────── false ─► 503
//	KnownMethods ──────────── not in ─► 501
//	URITooLong ────────────── true ──► 414
//	AllowedMethods ────────── not in ─► 405, Allow
//	MalformedRequest ──────── true ──► 400
//	IsAuthorized ──────────── false ─► 401, WWW-Authenticate
//	Forbidden ─────────────── true ──► 403
//	RateLimited ───────────── limit ─► 429, Retry-After
//	ValidContentHeaders ───── false ─► 501
//	ValidEntityLength ─────── false ─► 413
//	Options ───────────────── OPTIONS ► 200
//	ContentTypesProvided ──── none ──► 406 (400 for a malformed Accept)
//	LanguagesProvided ─────── none ──► 406
//	CharsetsProvided ──────── none ──► 406
//	RangesProvided, Variances: the headers Accept-Ranges and Vary
//	ResourceExists ────────── false ─► the missing resource, below
//	If-Match ──────────────── fails ─► 412
//	If-Unmodified-Since ───── fails ─► 412
//	If-None-Match ─────────── fails ─► 304 to GET and HEAD, else 412
//	If-Modified-Since ─────── fails ─► 304 (GET and HEAD that reach it)
//	the method
//	  DELETE            DeleteResource ─ false ► 500
//	                    DeleteCompleted ─ false ► 202
//	                    200 with a body, else 204
//	  PUT               IsConflict ─ true ► 409; then as POST
//	  POST, PATCH       ContentTypesAccepted ─ none ► 415
//	                    its callback: Rejected 400, Created 201, SeeOther 303,
//	                    Done 201, 200 or 204
//	  GET, HEAD         GenerateETag, LastModified, Expires: the headers
//	                    of GET only, If-Range, Range,
//	                    RangeSatisfiable ─ false ► 416
//	                    the range callback ► 206
//	                    the callback of the content type
//	  others            200
//	MultipleChoices ───────── true ──► 300
//	200
//
//	the missing resource
//	If-Match ──────────────── there ─► 412
//	PUT: MovedPermanently ─── uri ───► 301; then IsConflict, as above
//	PreviouslyExisted
//	  false             POST and AllowMissingPost: as above, else 404
//	  true              MovedPermanently ─ uri ► 301
//	                    MovedTemporarily ─ uri ► 307
//	                    POST and AllowMissingPost: as above, else 410
//
// A callback may end the flow by returning, as its error, [Stop] after it has
// replied by itself, or [Switch] to have another sub-protocol take over.
// For another error, Cowhand replies as for one of Init's. Headers that a
// middleware, Init or a callback has set go out in any case, so that CORS works
// for errors too; a body that was set and the headers about it don't.
//
// [Options] has a Trace, which tells the decisions that led to the answer;
// without one the trace goes to the logger at level debug.
//
// # Differences from Cowboy
//
// The order, the defaults, the statuses and the headers are Cowboy's, but for
// what RFC 9110 forbids. If-None-Match holds for a resource without a tag. A
// type, language or charset with q=0 isn't sent. Languages and charsets match
// whatever their case. If-Unmodified-Since doesn't count beside If-Match,
// If-Modified-Since counts for GET and HEAD only, and Range for GET only. The
// Content-Encoding of multipart/byteranges is the parts'. A range that reaches
// beyond the body is cut to it, and of several ranges those beyond it are left
// out. If the ranges together are longer than the body, the client gets the
// body.
//
// A resource belongs to the goroutine of its request, so its callbacks never
// run at the same time.
//
// The package mirrors Cowboy's module cowboy_rest.
package rest
