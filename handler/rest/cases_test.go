package rest_test

import (
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
)

// stateful is a page with methods, a tag and a time.
func stateful(tag generateETag, time lastModified) any {
	return struct {
		toHTML
		allowedMethods
		generateETag
		lastModified
		contentTypesAccepted
	}{page, modes, tag, time, forms(rest.Done)}
}

var conditionCases = []flowCase{
	{name: "no condition", resource: stateful(tagged, modified), status: 200, by: "multiple_choices",
		want: []string{`Etag: "v1"`, "Last-Modified: " + httpMoment, "Expires:"}},
	{name: "if_match any", resource: stateful(tagged, modified), headers: []string{"If-Match: *"}, status: 200, by: "multiple_choices"},
	{name: "if_match equal", resource: stateful(tagged, modified), headers: []string{`If-Match: "v0", "v1"`}, status: 200, by: "multiple_choices"},
	{name: "if_match other", resource: stateful(tagged, modified), headers: []string{`If-Match: "v2"`}, status: 412, by: "if_match"},
	{name: "if_match weak tag of the client", resource: stateful(tagged, modified), headers: []string{`If-Match: W/"v1"`}, status: 412, by: "if_match"},
	{name: "if_match weak tag of the resource", resource: stateful(weak, modified), headers: []string{`If-Match: W/"v1"`}, status: 412, by: "if_match"},
	{name: "if_match without a tag", resource: stateful(untagged, modified), headers: []string{`If-Match: "v1"`}, status: 412, by: "if_match"},
	{name: "if_match without generate_etag", resource: page, headers: []string{`If-Match: "v1"`}, status: 412, by: "if_match"},
	{name: "if_match malformed", resource: page, headers: []string{`If-Match: v1`}, status: 400, by: "if_match_exists"},
	{name: "if_match goes before if_unmodified_since", resource: stateful(tagged, modified),
		headers: []string{`If-Match: "v1"`, "If-Unmodified-Since: " + httpBefore}, status: 200, by: "multiple_choices"},
	{name: "if_match any goes before if_unmodified_since", resource: stateful(tagged, modified),
		headers: []string{`If-Match: *`, "If-Unmodified-Since: " + httpBefore}, status: 200, by: "multiple_choices"},

	{name: "if_unmodified_since kept", resource: stateful(tagged, modified), headers: []string{"If-Unmodified-Since: " + httpMoment}, status: 200, by: "multiple_choices"},
	{name: "if_unmodified_since broken", resource: stateful(tagged, modified), headers: []string{"If-Unmodified-Since: " + httpBefore}, status: 412, by: "if_unmodified_since"},
	{name: "if_unmodified_since malformed", resource: stateful(tagged, modified), headers: []string{"If-Unmodified-Since: then"}, status: 200, by: "multiple_choices"},
	{name: "if_unmodified_since without last_modified", resource: page, headers: []string{"If-Unmodified-Since: " + httpBefore}, status: 200, by: "multiple_choices"},

	{name: "if_none_match equal, GET", resource: stateful(tagged, modified), headers: []string{`If-None-Match: "v0", "v1"`}, status: 304, by: "not_modified",
		want: []string{`Etag: "v1"`, "Content-Type:", "Last-Modified:"}},
	{name: "if_none_match equal, HEAD", resource: stateful(tagged, modified), request: "HEAD", headers: []string{`If-None-Match: "v1"`}, status: 304, by: "not_modified"},
	{name: "if_none_match weak", resource: stateful(weak, modified), headers: []string{`If-None-Match: "v1"`}, status: 304, by: "not_modified", want: []string{`Etag: W/"v1"`}},
	{name: "if_none_match equal, PUT", resource: stateful(tagged, modified), request: "PUT", headers: []string{`If-None-Match: "v1"`}, status: 412, by: "precondition_is_head_get"},
	{name: "if_none_match any, GET", resource: stateful(tagged, modified), headers: []string{`If-None-Match: *`}, status: 304, by: "not_modified"},
	{name: "if_none_match any, PUT", resource: stateful(tagged, modified), request: "PUT", headers: []string{`If-None-Match: *`}, status: 412, by: "precondition_is_head_get"},
	{name: "if_none_match other", resource: stateful(tagged, modified), headers: []string{`If-None-Match: "v2"`}, status: 200, by: "multiple_choices"},
	{name: "if_none_match other goes before if_modified_since", resource: stateful(tagged, modified),
		headers: []string{`If-None-Match: "v2"`, "If-Modified-Since: " + httpMoment}, status: 200, by: "multiple_choices"},
	{name: "if_none_match without generate_etag", resource: page, headers: []string{`If-None-Match: "v1"`}, status: 200, by: "multiple_choices"},
	{name: "if_none_match without a tag", resource: stateful(untagged, modified), headers: []string{`If-None-Match: "v1"`}, status: 200, by: "multiple_choices"},
	{name: "if_none_match without a tag, PUT", resource: stateful(untagged, modified), request: "PUT", headers: []string{`If-None-Match: "v1"`}, status: 204, by: "has_resp_body"},
	{name: "if_none_match without a tag goes before if_modified_since", resource: stateful(untagged, modified),
		headers: []string{`If-None-Match: "v1"`, "If-Modified-Since: " + httpMoment}, status: 200, by: "multiple_choices"},
	{name: "if_none_match any without a tag", resource: page, headers: []string{`If-None-Match: *`}, status: 304, by: "not_modified"},
	{name: "generate_etag fails at a text of its own", resource: struct {
		toHTML
		generateETag
	}{page, generateETag{func(*rest.Request) (handler.ETag, error) { return handler.ParseETag("v1") }}}, status: 500, by: "set_resp_body_etag"},
	{name: "if_none_match malformed", resource: page, headers: []string{`If-None-Match: v1`}, status: 400, by: "if_none_match_exists"},

	{name: "if_modified_since not modified", resource: stateful(tagged, modified), headers: []string{"If-Modified-Since: " + httpMoment}, status: 304, by: "not_modified"},
	{name: "if_modified_since of a DELETE", request: "DELETE", resource: struct {
		allowedMethods
		lastModified
	}{modes, modified}, headers: []string{"If-Modified-Since: " + httpMoment}, status: 500, by: "delete_resource"},
	{name: "if_modified_since modified", resource: stateful(tagged, modified), headers: []string{"If-Modified-Since: " + httpBefore}, status: 200, by: "multiple_choices"},
	{name: "if_modified_since in the future", resource: stateful(tagged, modified), headers: []string{"If-Modified-Since: " + httpFuture}, status: 200, by: "multiple_choices"},
	{name: "if_modified_since malformed", resource: stateful(tagged, modified), headers: []string{"If-Modified-Since: then"}, status: 200, by: "multiple_choices"},
	{name: "if_modified_since without last_modified", resource: page, headers: []string{"If-Modified-Since: " + httpBefore}, status: 200, by: "multiple_choices"},
	{name: "if_modified_since with a zero last_modified", resource: stateful(tagged, lastModified{answer(time.Time{}, nil)}),
		headers: []string{"If-Modified-Since: " + httpBefore}, status: 200, by: "multiple_choices", want: []string{"Last-Modified:"}},

	{name: "not_modified with expires", resource: struct {
		toHTML
		generateETag
		expires
	}{page, tagged, expires{answer(moment, nil)}}, headers: []string{`If-None-Match: "v1"`}, status: 304, by: "not_modified", want: []string{"Expires: " + httpMoment}},
	{name: "expires", resource: struct {
		toHTML
		expires
	}{page, expires{answer(moment, nil)}}, status: 200, by: "multiple_choices", want: []string{"Expires: " + httpMoment}},
	{name: "expires as a text", resource: struct {
		toHTML
		expires
	}{page, expiresText}, status: 200, by: "multiple_choices", want: []string{"Expires: 0"}},
	{name: "not_modified with expires as a text", resource: struct {
		toHTML
		generateETag
		expires
	}{page, tagged, expiresText}, headers: []string{`If-None-Match: "v1"`}, status: 304, by: "not_modified", want: []string{"Expires: 0"}},
	{name: "expires zero", resource: struct {
		toHTML
		expires
	}{page, expires{answer(time.Time{}, nil)}}, status: 200, by: "multiple_choices", want: []string{"Expires:"}},
}

// expiresText is Cowboy's expires/2 with a binary.
var expiresText = expires{func(req *rest.Request) (time.Time, error) { return time.Time{}, req.SetRespHeader("Expires", "0") }}

// gone is a missing resource that existed before, with methods.
type gone struct {
	toHTML
	resourceExists
	previouslyExisted
	allowedMethods
	contentTypesAccepted
}

var (
	existed = previouslyExisted{answer(true, nil)}
	never   = previouslyExisted{answer(false, nil)}
)

var missingCases = []flowCase{
	{name: "resource_exists true", resource: struct {
		toHTML
		resourceExists
	}{page, resourceExists{answer(true, nil)}}, status: 200, by: "multiple_choices"},
	{name: "resource_exists false", resource: struct{ resourceExists }{missing}, status: 404, by: "is_post_to_missing_resource",
		want: []string{"Content-Type:", "Content-Length: 0"}},
	{name: "missing with if_match", resource: struct{ resourceExists }{missing}, headers: []string{"If-Match: *"}, status: 412, by: "if_match_must_not_exist"},
	{name: "previously_existed false", resource: gone{resourceExists: missing, previouslyExisted: never, allowedMethods: modes},
		status: 404, by: "is_post_to_missing_resource"},
	{name: "previously_existed true", resource: gone{resourceExists: missing, previouslyExisted: existed, allowedMethods: modes},
		status: 410, by: "is_post_to_missing_resource"},
	{name: "moved_permanently", resource: struct {
		resourceExists
		previouslyExisted
		movedPermanently
	}{missing, existed, movedPermanently{answer("/new", nil)}}, status: 301, by: "moved_permanently", want: []string{"Location: /new"}},
	{name: "moved_permanently not", resource: struct {
		resourceExists
		previouslyExisted
		movedPermanently
	}{missing, existed, movedPermanently{answer("", nil)}}, status: 410, by: "is_post_to_missing_resource", want: []string{"Location:"}},
	{name: "moved_permanently is not asked of what never existed", resource: struct {
		resourceExists
		movedPermanently
	}{missing, movedPermanently{answer("/new", nil)}}, status: 404, by: "is_post_to_missing_resource"},
	{name: "moved_permanently PUT", request: "PUT", resource: struct {
		resourceExists
		movedPermanently
		allowedMethods
	}{missing, movedPermanently{answer("/new", nil)}, modes}, status: 301, by: "moved_permanently"},
	{name: "moved_temporarily", resource: struct {
		resourceExists
		previouslyExisted
		movedTemporarily
	}{missing, existed, movedTemporarily{answer("/now", nil)}}, status: 307, by: "moved_temporarily", want: []string{"Location: /now"}},
	{name: "moved_temporarily not", resource: struct {
		resourceExists
		previouslyExisted
		movedTemporarily
	}{missing, existed, movedTemporarily{answer("", nil)}}, status: 410, by: "is_post_to_missing_resource"},
	{name: "POST to a missing resource", request: "POST", resource: gone{page, missing, never, modes, forms(rest.Created("/new"))},
		status: 201, by: "process_content_type", want: []string{"Location: /new"}},
	{name: "allow_missing_post true", request: "POST", resource: struct {
		gone
		allowMissingPost
	}{gone{page, missing, never, modes, forms(rest.Done)}, allowMissingPost{answer(true, nil)}}, status: 204, by: "has_resp_body"},
	{name: "allow_missing_post false", request: "POST", resource: struct {
		gone
		allowMissingPost
	}{gone{page, missing, never, modes, forms(rest.Done)}, allowMissingPost{answer(false, nil)}}, status: 404, by: "allow_missing_post"},
	{name: "allow_missing_post false, existed", request: "POST", resource: struct {
		gone
		allowMissingPost
	}{gone{page, missing, existed, modes, forms(rest.Done)}, allowMissingPost{answer(false, nil)}}, status: 410, by: "allow_missing_post"},
}

// writable is a resource that takes bodies.
type writable struct {
	toHTML
	allowedMethods
	contentTypesAccepted
}

// withBody accepts any body and sets one for the reply.
var withBody = contentTypesAccepted{answer([]rest.Accept{{Type: "*", From: func(r *rest.Request) (rest.Outcome, error) {
	r.SetRespBody([]byte("made"))
	return rest.Done, nil
}}}, nil)}

// located accepts any body and sets the location.
var located = contentTypesAccepted{answer([]rest.Accept{{Type: "*", From: func(r *rest.Request) (rest.Outcome, error) {
	return rest.Done, r.SetRespHeader("Location", "/made")
}}}, nil)}

func accepts(types ...string) any {
	var list []rest.Accept
	for _, t := range types {
		list = append(list, rest.Accept{Type: t, From: func(r *rest.Request) (rest.Outcome, error) {
			data, _, err := r.ReadBody(handler.BodyOptions{})
			r.SetRespBody([]byte(t + " " + string(data)))
			return rest.Done, err
		}})
	}
	return writable{page, modes, contentTypesAccepted{answer(list, nil)}}
}

func acceptCase(name, contentType, want string, types ...string) flowCase {
	c := flowCase{name: "content_types_accepted " + name, resource: accepts(types...), request: "POST", body: "body",
		headers: []string{"Content-Type: " + contentType}, status: 200, by: "multiple_choices", text: want + " body"}
	if contentType == "" {
		c.headers = nil
	}
	if want == "" {
		c.status, c.by, c.text = 415, "accept_resource", ""
	}
	return c
}

var modifyCases = []flowCase{
	{name: "delete_resource default", request: "DELETE", resource: struct{ allowedMethods }{modes}, status: 500, by: "delete_resource"},
	{name: "delete_resource false", request: "DELETE", resource: struct {
		allowedMethods
		deleteResource
	}{modes, deleteResource{answer(false, nil)}}, status: 500, by: "delete_resource"},
	{name: "delete_resource true", request: "DELETE", resource: struct {
		allowedMethods
		deleteResource
	}{modes, deleteResource{answer(true, nil)}}, status: 204, by: "has_resp_body"},
	{name: "delete_resource with a body", request: "DELETE", text: "bye", resource: struct {
		allowedMethods
		deleteResource
	}{modes, deleteResource{func(r *rest.Request) (bool, error) {
		r.SetRespBody([]byte("bye"))
		return true, nil
	}}}, status: 200, by: "multiple_choices"},
	{name: "delete_completed true", request: "DELETE", resource: struct {
		allowedMethods
		deleteResource
		deleteCompleted
	}{modes, deleteResource{answer(true, nil)}, deleteCompleted{answer(true, nil)}}, status: 204, by: "has_resp_body"},
	{name: "delete_completed false", request: "DELETE", resource: struct {
		allowedMethods
		deleteResource
		deleteCompleted
	}{modes, deleteResource{answer(true, nil)}, deleteCompleted{answer(false, nil)}}, status: 202, by: "delete_completed"},
	{name: "delete missing", request: "DELETE", resource: struct {
		allowedMethods
		resourceExists
	}{modes, missing}, status: 404, by: "is_post_to_missing_resource"},

	{name: "is_conflict default", request: "PUT", resource: writable{page, modes, forms(rest.Done)}, status: 204, by: "has_resp_body"},
	{name: "is_conflict false", request: "PUT", resource: struct {
		writable
		isConflict
	}{writable{page, modes, forms(rest.Done)}, isConflict{answer(false, nil)}}, status: 204, by: "has_resp_body"},
	{name: "is_conflict true", request: "PUT", resource: struct {
		writable
		isConflict
	}{writable{page, modes, forms(rest.Done)}, isConflict{answer(true, nil)}}, status: 409, by: "is_conflict"},
	{name: "is_conflict true, missing", request: "PUT", resource: struct {
		writable
		resourceExists
		isConflict
	}{writable{page, modes, forms(rest.Done)}, missing, isConflict{answer(true, nil)}}, status: 409, by: "is_conflict"},

	{name: "content_types_accepted default", request: "POST", resource: struct{ allowedMethods }{modes}, body: "x", status: 415, by: "accept_resource"},
	{name: "content_types_accepted nil", request: "POST", resource: writable{page, modes, contentTypesAccepted{answer[[]rest.Accept](nil, nil)}},
		body: "x", status: 415, by: "accept_resource"},
	{name: "content_types_accepted is a range", request: "POST", resource: accepts("*/*;*"), status: 500, by: "accept_resource"},
	acceptCase("exactly", "text/plain", "text/plain", "application/json", "text/plain"),
	acceptCase("of any case", "Text/Plain", "text/plain", "text/plain"),
	acceptCase("none", "text/html", "", "application/json", "text/plain"),
	acceptCase("same parameters", "text/plain;charset=UTF-8", "text/plain;charset=utf-8", "text/plain", "text/plain;charset=utf-8"),
	acceptCase("other parameters", "text/plain;charset=utf-8", "", "text/plain"),
	acceptCase("any parameters", "text/plain;charset=utf-8", "text/plain;*", "text/plain", "text/plain;*"),
	acceptCase("anything", "text/plain;charset=utf-8", "*", "application/json", "*"),
	acceptCase("no content type", "", "", "text/plain"),
	acceptCase("no content type, anything", "", "*", "text/plain", "*"),
	acceptCase("malformed", "text", "", "*"),
	acceptCase("the boundary aside", "multipart/mixed; boundary=b", "multipart/mixed", "multipart/mixed"),
	{name: "content_types_accepted is no type", request: "POST", resource: accepts("text"), status: 500, by: "accept_resource"},
	{name: "content_types_accepted without a callback", request: "POST", resource: writable{page, modes,
		contentTypesAccepted{answer([]rest.Accept{{Type: "*"}}, nil)}}, status: 500, by: "process_content_type"},

	{name: "accept callback false", request: "POST", resource: writable{page, modes, forms(rest.Rejected)}, status: 400, by: "process_content_type"},
	{name: "accept callback true, POST", request: "POST", resource: writable{page, modes, forms(rest.Done)}, status: 204, by: "has_resp_body", want: []string{"Content-Type:"}},
	{name: "accept callback true, PATCH", request: "PATCH", resource: writable{page, modes, forms(rest.Done)}, status: 204, by: "has_resp_body"},
	{name: "accept callback true with a body", request: "POST", resource: writable{page, modes, withBody}, status: 200, by: "multiple_choices", text: "made"},
	{name: "accept callback created", request: "POST", resource: writable{page, modes, forms(rest.Created("/made"))}, status: 201, by: "process_content_type", want: []string{"Location: /made"}},
	{name: "accept callback see_other", request: "POST", resource: writable{page, modes, forms(rest.SeeOther("/made"))}, status: 303, by: "process_content_type", want: []string{"Location: /made"}},
	{name: "accept callback created, PUT", request: "PUT", resource: writable{page, modes, forms(rest.Created("/made"))}, status: 500, by: "process_content_type"},
	{name: "accept callback see_other, PATCH", request: "PATCH", resource: writable{page, modes, forms(rest.SeeOther("/made"))}, status: 500, by: "process_content_type"},
	{name: "PUT makes a resource", request: "PUT", resource: gone{page, missing, never, modes, forms(rest.Done)}, status: 201, by: "maybe_created"},
	{name: "PUT makes a resource with a body", request: "PUT", resource: gone{page, missing, never, modes, withBody}, status: 201, by: "maybe_created", text: "made"},
	{name: "POST makes a resource with a location", request: "POST", resource: gone{page, missing, never, modes, located}, status: 201, by: "maybe_created", want: []string{"Location: /made"}},
	{name: "POST to what exists, with a location", request: "POST", resource: writable{page, modes, located}, status: 204, by: "has_resp_body"},
	{name: "POST to what is missing, with a body", request: "POST", resource: gone{page, missing, never, modes, withBody}, status: 200, by: "multiple_choices"},
	{name: "PATCH of what is missing", request: "PATCH", resource: gone{page, missing, never, modes, withBody}, status: 404, by: "is_post_to_missing_resource"},
}

var representationCases = []flowCase{
	{name: "HEAD", resource: page, request: "HEAD", status: 200, by: "multiple_choices", want: []string{"Content-Length: 11", "Content-Type: text/html"}},
	{name: "empty body", resource: toHTML{answer(rest.Body{}, nil)}, status: 200, by: "multiple_choices", want: []string{"Content-Type:", "Content-Length: 0"}},
	{name: "bytes", resource: toHTML{answer(rest.Bytes([]byte("bytes")), nil)}, status: 200, by: "multiple_choices", text: "bytes"},
	{name: "file", resource: toHTML{answer(rest.File(digitsFile), nil)}, status: 200, by: "multiple_choices", text: "0123456789"},
	{name: "no callback for the body", resource: struct{ multipleChoices }{multipleChoices{answer(false, nil)}}, status: 500, by: "set_resp_body"},
	{name: "provided without a callback", resource: contentTypesProvided{answer([]rest.Provide{{Type: "text/plain"}}, nil)}, status: 500, by: "set_resp_body"},
	{name: "multiple_choices false", resource: struct {
		toHTML
		multipleChoices
	}{page, multipleChoices{answer(false, nil)}}, status: 200, by: "multiple_choices"},
	{name: "multiple_choices true", resource: struct {
		toHTML
		multipleChoices
	}{page, multipleChoices{answer(true, nil)}}, status: 300, by: "multiple_choices", text: "text/html||"},
}
