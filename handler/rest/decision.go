package rest

import (
	"errors"
	"fmt"
	"strings"
)

// Decision is a step of the flow. Its name is that of the function of
// cowboy_rest that takes it.
type Decision uint8

const (
	atEnd Decision = iota
	atServiceAvailable
	atKnownMethods
	atURITooLong
	atAllowedMethods
	atMalformedRequest
	atIsAuthorized
	atForbidden
	atRateLimited
	atValidContentHeaders
	atValidEntityLength
	atOptions
	atContentTypesProvided
	atLanguagesProvided
	atCharsetsProvided
	atSetContentType
	atRangesProvided
	atVariances
	atResourceExists
	atIfMatchExists
	atIfMatch
	atIfMatchMustNotExist
	atIfUnmodifiedSinceExists
	atIfUnmodifiedSince
	atIfNoneMatchExists
	atIfNoneMatch
	atPreconditionIsHeadGet
	atIfModifiedSinceExists
	atIfModifiedSinceNow
	atIfModifiedSince
	atNotModified
	atIsPutToMissingResource
	atMovedPermanently
	atPreviouslyExisted
	atMovedTemporarily
	atIsPostToMissingResource
	atAllowMissingPost
	atMethod
	atDeleteResource
	atDeleteCompleted
	atIsConflict
	atAcceptResource
	atProcessContentType
	atMaybeCreated
	atHasRespBody
	atSetRespBodyETag
	atSetRespBodyLastModified
	atSetRespBodyExpires
	atIfRange
	atRange
	atRangeSatisfiable
	atSetRangedBody
	atSetRespBody
	atMultipleChoices
)

// steps are the decisions: each returns the next one, or atEnd once it has
// replied.
var steps = [...]struct {
	name string
	take func(*flow) (Decision, error)
}{
	atServiceAvailable:        {"service_available", (*flow).serviceAvailable},
	atKnownMethods:            {"known_methods", (*flow).knownMethods},
	atURITooLong:              {"uri_too_long", (*flow).uriTooLong},
	atAllowedMethods:          {"allowed_methods", (*flow).allowedMethods},
	atMalformedRequest:        {"malformed_request", (*flow).malformedRequest},
	atIsAuthorized:            {"is_authorized", (*flow).isAuthorized},
	atForbidden:               {"forbidden", (*flow).forbidden},
	atRateLimited:             {"rate_limited", (*flow).rateLimited},
	atValidContentHeaders:     {"valid_content_headers", (*flow).validContentHeaders},
	atValidEntityLength:       {"valid_entity_length", (*flow).validEntityLength},
	atOptions:                 {"options", (*flow).options},
	atContentTypesProvided:    {"content_types_provided", (*flow).contentTypesProvided},
	atLanguagesProvided:       {"languages_provided", (*flow).languagesProvided},
	atCharsetsProvided:        {"charsets_provided", (*flow).charsetsProvided},
	atSetContentType:          {"set_content_type", (*flow).setContentType},
	atRangesProvided:          {"ranges_provided", (*flow).rangesProvided},
	atVariances:               {"variances", (*flow).variances},
	atResourceExists:          {"resource_exists", (*flow).resourceExists},
	atIfMatchExists:           {"if_match_exists", (*flow).ifMatchExists},
	atIfMatch:                 {"if_match", (*flow).ifMatch},
	atIfMatchMustNotExist:     {"if_match_must_not_exist", (*flow).ifMatchMustNotExist},
	atIfUnmodifiedSinceExists: {"if_unmodified_since_exists", (*flow).ifUnmodifiedSinceExists},
	atIfUnmodifiedSince:       {"if_unmodified_since", (*flow).ifUnmodifiedSince},
	atIfNoneMatchExists:       {"if_none_match_exists", (*flow).ifNoneMatchExists},
	atIfNoneMatch:             {"if_none_match", (*flow).ifNoneMatch},
	atPreconditionIsHeadGet:   {"precondition_is_head_get", (*flow).preconditionIsHeadGet},
	atIfModifiedSinceExists:   {"if_modified_since_exists", (*flow).ifModifiedSinceExists},
	atIfModifiedSinceNow:      {"if_modified_since_now", (*flow).ifModifiedSinceNow},
	atIfModifiedSince:         {"if_modified_since", (*flow).ifModifiedSince},
	atNotModified:             {"not_modified", (*flow).notModified},
	atIsPutToMissingResource:  {"is_put_to_missing_resource", (*flow).isPutToMissingResource},
	atMovedPermanently:        {"moved_permanently", (*flow).movedPermanently},
	atPreviouslyExisted:       {"previously_existed", (*flow).previouslyExisted},
	atMovedTemporarily:        {"moved_temporarily", (*flow).movedTemporarily},
	atIsPostToMissingResource: {"is_post_to_missing_resource", (*flow).isPostToMissingResource},
	atAllowMissingPost:        {"allow_missing_post", (*flow).allowMissingPost},
	atMethod:                  {"method", (*flow).chooseByMethod},
	atDeleteResource:          {"delete_resource", (*flow).deleteResource},
	atDeleteCompleted:         {"delete_completed", (*flow).deleteCompleted},
	atIsConflict:              {"is_conflict", (*flow).isConflict},
	atAcceptResource:          {"accept_resource", (*flow).acceptResource},
	atProcessContentType:      {"process_content_type", (*flow).processContentType},
	atMaybeCreated:            {"maybe_created", (*flow).maybeCreated},
	atHasRespBody:             {"has_resp_body", (*flow).hasRespBody},
	atSetRespBodyETag:         {"set_resp_body_etag", (*flow).setRespBodyETag},
	atSetRespBodyLastModified: {"set_resp_body_last_modified", (*flow).setRespBodyLastModified},
	atSetRespBodyExpires:      {"set_resp_body_expires", (*flow).setRespBodyExpires},
	atIfRange:                 {"if_range", (*flow).ifRange},
	atRange:                   {"range", (*flow).chooseRange},
	atRangeSatisfiable:        {"range_satisfiable", (*flow).rangeSatisfiable},
	atSetRangedBody:           {"set_ranged_body", (*flow).setRangedBody},
	atSetRespBody:             {"set_resp_body", (*flow).setRespBody},
	atMultipleChoices:         {"multiple_choices", (*flow).multipleChoices},
}

// String returns the name of the decision.
func (d Decision) String() string {
	if d == atEnd || d > atMultipleChoices {
		return fmt.Sprintf("decision %d", uint8(d))
	}
	return steps[d].name
}

// Decisions returns all decisions, in the order of the flow.
func Decisions() []Decision {
	var all []Decision
	for d := atServiceAvailable; d <= atMultipleChoices; d++ {
		all = append(all, d)
	}
	return all
}

// Trace says how a request was answered.
type Trace struct {
	Method, Path string
	Decisions    []Decision // in the order taken; the last one answered
	Status       int        // that it answered with; 0 where it stopped, switched or failed
	Err          error      // of the callback; nil where the flow replied
}

// By returns the decision that answered the request.
func (t Trace) By() Decision {
	if len(t.Decisions) == 0 {
		return atEnd
	}
	return t.Decisions[len(t.Decisions)-1]
}

// String returns the trace in one line, such as
//
//	GET /: 406 by content_types_provided, after service_available, …
func (t Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: ", t.Method, t.Path)
	switch {
	case errors.Is(t.Err, Stop) && besidesStop(t.Err) == nil:
		b.WriteString("stopped")
	case switched(t.Err) != nil:
		b.WriteString("switched")
	case t.Err != nil:
		fmt.Fprintf(&b, "failed (%v)", t.Err)
	default:
		fmt.Fprint(&b, t.Status)
	}
	fmt.Fprintf(&b, " by %v", t.By())
	for i, d := range t.Decisions[:max(0, len(t.Decisions)-1)] {
		b.WriteString([...]string{", after ", ", "}[min(i, 1)] + d.String())
	}
	return b.String()
}
