package rest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// flowCase is a resource and a request, and how the flow answers it.
type flowCase struct {
	name     string
	resource any
	request  string   // such as "GET"; GET where empty
	headers  []string // such as "Accept: text/html"
	body     string   // of the request

	status int
	by     string   // the decision that answers
	want   []string // headers of the reply, such as "Allow: GET"; "Allow:" for one that is absent
	text   string   // of the reply; not looked at where empty
}

// flowCases are all tables; TestDecisions holds them to the whole diagram.
var flowCases = [][]flowCase{accessCases, negotiationCases, conditionCases, missingCases, modifyCases, representationCases, rangeCases}

// TestFlow runs all cases over both protocols.
func TestFlow(t *testing.T) {
	for _, group := range flowCases {
		for _, test := range group {
			t.Run(test.name, func(t *testing.T) {
				traces := make(chan rest.Trace, 1)
				h := upgrade(test.resource, rest.Options{Trace: func(trace rest.Trace) { traces <- trace }})
				servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
					resp, text := c.Do(t, test.request, "/", test.body, test.headers...)
					test.check(t, resp, text, <-traces)
				})
			})
		}
	}
}

func (test flowCase) check(t *testing.T, resp *http.Response, text string, trace rest.Trace) {
	t.Helper()
	assert.Equal(t, test.status, resp.StatusCode, "%v", trace)
	assert.Equal(t, test.by, trace.By().String(), "%v", trace)
	if trace.Err == nil {
		assert.Equal(t, test.status, trace.Status)
	}
	for _, line := range test.want {
		name, value, _ := strings.Cut(line, ":")
		assert.Equal(t, strings.TrimPrefix(value, " "), strings.Join(resp.Header.Values(name), " & "), name)
	}
	if test.text != "" {
		assert.Equal(t, test.text, text)
	}
}

var accessCases = []flowCase{
	{name: "service_available true", resource: struct {
		serviceAvailable
		toHTML
	}{serviceAvailable{answer(true, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "service_available false", resource: struct{ serviceAvailable }{serviceAvailable{answer(false, nil)}},
		status: 503, by: "service_available", want: []string{"Content-Length: 0", "Content-Type:"}},

	{name: "known_methods default", resource: page, request: "PURGE", status: 501, by: "known_methods"},
	{name: "known_methods without ours", resource: struct{ knownMethods }{knownMethods{answer([]string{"PUT"}, nil)}},
		status: 501, by: "known_methods"},
	{name: "known_methods with one of our own", request: "PURGE", resource: struct {
		knownMethods
		allowedMethods
		toHTML
	}{knownMethods{answer([]string{"PURGE"}, nil)}, modes, page}, status: 200, by: "multiple_choices"},

	{name: "known_methods empty", resource: struct{ knownMethods }{knownMethods{answer([]string{}, nil)}}, status: 501, by: "known_methods"},
	{name: "known_methods nil", resource: struct {
		knownMethods
		toHTML
	}{knownMethods{answer[[]string](nil, nil)}, page}, status: 200, by: "multiple_choices"},

	{name: "uri_too_long false", resource: struct {
		uriTooLong
		toHTML
	}{uriTooLong{answer(false, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "uri_too_long true", resource: struct{ uriTooLong }{uriTooLong{answer(true, nil)}}, status: 414, by: "uri_too_long"},

	{name: "allowed_methods default", resource: page, request: "POST", status: 405, by: "allowed_methods",
		want: []string{"Allow: HEAD, GET, OPTIONS"}},
	{name: "allowed_methods default GET", resource: page, status: 200, by: "multiple_choices",
		want: []string{"Allow: HEAD, GET, OPTIONS"}},
	{name: "allowed_methods given", resource: struct{ allowedMethods }{allowedMethods{answer([]string{"PUT", "DELETE"}, nil)}},
		status: 405, by: "allowed_methods", want: []string{"Allow: PUT, DELETE"}},

	{name: "allowed_methods empty", resource: struct{ allowedMethods }{allowedMethods{answer([]string{}, nil)}},
		status: 405, by: "allowed_methods", want: []string{"Allow: "}},
	{name: "allowed_methods nil", resource: struct {
		allowedMethods
		toHTML
	}{allowedMethods{answer[[]string](nil, nil)}, page}, status: 200, by: "multiple_choices", want: []string{"Allow: HEAD, GET, OPTIONS"}},

	{name: "malformed_request false", resource: struct {
		malformedRequest
		toHTML
	}{malformedRequest{answer(false, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "malformed_request true", resource: struct{ malformedRequest }{malformedRequest{answer(true, nil)}},
		status: 400, by: "malformed_request"},

	{name: "is_authorized true", resource: struct {
		isAuthorized
		toHTML
	}{isAuthorized{answer2(true, "", nil)}, page}, status: 200, by: "multiple_choices", want: []string{"WWW-Authenticate:"}},
	{name: "is_authorized false", resource: struct{ isAuthorized }{isAuthorized{answer2(false, `Basic realm="r"`, nil)}},
		status: 401, by: "is_authorized", want: []string{`WWW-Authenticate: Basic realm="r"`}},

	{name: "forbidden false", resource: struct {
		forbidden
		toHTML
	}{forbidden{answer(false, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "forbidden true", resource: struct{ forbidden }{forbidden{answer(true, nil)}}, status: 403, by: "forbidden"},

	{name: "rate_limited not", resource: struct {
		rateLimited
		toHTML
	}{rateLimited{answer(rest.Limit{}, nil)}, page}, status: 200, by: "multiple_choices", want: []string{"Retry-After:"}},
	{name: "rate_limited for a while", resource: struct{ rateLimited }{rateLimited{answer(rest.RetryAfter(1500*time.Millisecond), nil)}},
		status: 429, by: "rate_limited", want: []string{"Retry-After: 2"}},
	{name: "rate_limited for no time", resource: struct{ rateLimited }{rateLimited{answer(rest.RetryAfter(0), nil)}},
		status: 429, by: "rate_limited", want: []string{"Retry-After: 0"}},
	{name: "rate_limited until a time", resource: struct{ rateLimited }{rateLimited{answer(rest.RetryAt(moment), nil)}},
		status: 429, by: "rate_limited", want: []string{"Retry-After: " + httpMoment}},

	{name: "valid_content_headers true", resource: struct {
		validContentHeaders
		toHTML
	}{validContentHeaders{answer(true, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "valid_content_headers false", resource: struct{ validContentHeaders }{validContentHeaders{answer(false, nil)}},
		status: 501, by: "valid_content_headers"},
	{name: "valid_entity_length true", resource: struct {
		validEntityLength
		toHTML
	}{validEntityLength{answer(true, nil)}, page}, status: 200, by: "multiple_choices"},
	{name: "valid_entity_length false", resource: struct{ validEntityLength }{validEntityLength{answer(false, nil)}},
		status: 413, by: "valid_entity_length"},

	{name: "options default", resource: page, request: "OPTIONS", status: 200, by: "options",
		want: []string{"Allow: HEAD, GET, OPTIONS", "Content-Length: 0", "Content-Type:"}},
	{name: "options given", request: "OPTIONS", status: 200, by: "options", want: []string{"X-Own: 1"}, text: "help",
		resource: struct{ options }{options{func(r *rest.Request) error {
			r.SetRespBody([]byte("help"))
			return r.SetRespHeader("X-Own", "1")
		}}}},
}

var negotiationCases = []flowCase{
	{name: "content_types_provided default, no accept", resource: page, status: 200, by: "multiple_choices",
		want: []string{"Content-Type: text/html", "Vary:"}, text: "text/html||"},
	{name: "content_types_provided default, accepted", resource: page, headers: []string{"Accept: text/html;level=1"},
		status: 200, by: "multiple_choices", want: []string{"Content-Type: text/html"}, text: "text/html;level=1||"},
	{name: "content_types_provided default, not accepted", resource: page, headers: []string{"Accept: text/plain"},
		status: 406, by: "content_types_provided"},
	{name: "content_types_provided default, malformed accept", resource: page, headers: []string{"Accept: text"},
		status: 400, by: "content_types_provided"},
	{name: "content_types_provided empty", resource: struct{ contentTypesProvided }{provide()},
		status: 406, by: "content_types_provided"},
	{name: "content_types_provided empty accept", resource: page, headers: []string{"Accept: "},
		status: 406, by: "content_types_provided"},
	{name: "content_types_provided malformed accept", resource: struct{ contentTypesProvided }{provide("text/html")},
		headers: []string{"Accept: text/html;q=x"}, status: 400, by: "content_types_provided"},
	typesCase("first without accept", "", "text/html", "text/html", "application/json"),
	typesCase("vary", "application/json", "application/json", "text/html", "application/json"),
	typesCase("by quality", "text/html;q=0.5, application/json;q=0.6", "application/json", "text/html", "application/json"),
	typesCase("the more specific range", "text/*, text/plain", "text/plain", "text/html", "text/plain"),
	typesCase("the type before any type", "*/*, text/plain", "text/plain", "text/html", "text/plain"),
	typesCase("any subtype", "text/*", "text/html", "application/json", "text/html"),
	typesCase("anything", "*/*", "text/html", "text/html", "application/json"),
	typesCase("the bare star of some clients", "*;q=0.3", "text/html", "text/html"),
	typesCase("the later one of equals, as Cowboy", "text/html, application/json", "application/json", "text/html", "application/json"),
	typesCase("parameters have to be the same", "text/html;level=1", "text/html;level=1", "text/html", "text/html;level=1"),
	typesCase("parameters in another order", "text/html;a=1;b=2", "text/html;b=2;a=1", "text/html;b=2;a=1"),
	typesCase("weighed with 0 by name", "text/html;q=0, */*", "application/json", "text/html", "application/json"),
	typesCase("any parameters", "text/html;level=2", "text/html", "application/json", "text/html;*"),
	typesCase("charset of the type", "text/html;charset=utf-8", "text/html; charset=utf-8", "text/html;charset=utf-8"),
	typesCase("charset of a type that is no text", "application/x;charset=utf-8", "application/x;charset=utf-8", "application/x;charset=utf-8"),
	{name: "content_types_provided weighed with 0", resource: struct{ contentTypesProvided }{provide("text/html")},
		headers: []string{"Accept: text/html;q=0"}, status: 406, by: "content_types_provided"},
	{name: "content_types_provided other parameters", resource: struct{ contentTypesProvided }{provide("text/html;level=1")},
		headers: []string{"Accept: text/html"}, status: 406, by: "content_types_provided"},
	{name: "content_types_provided is no type", resource: struct{ contentTypesProvided }{provide("text")},
		status: 500, by: "content_types_provided"},
	{name: "content_types_provided is a bad star", resource: struct{ contentTypesProvided }{provide("text/html*")},
		status: 500, by: "content_types_provided"},
	rangeOfTypes("*/*"), rangeOfTypes("*/*;*"), rangeOfTypes("text/*"), rangeOfTypes("text/*;*"), rangeOfTypes("text/*; a=b"), rangeOfTypes("*/html"),
	{name: "content_types_provided nil", resource: struct {
		toHTML
		contentTypesProvided
	}{page, contentTypesProvided{answer[[]rest.Provide](nil, nil)}}, headers: []string{"Accept: text/html;level=1"},
		status: 200, by: "multiple_choices", want: []string{"Content-Type: text/html"}, text: "text/html;level=1||"},

	{name: "charset in accept, no charsets_provided", resource: page, headers: []string{"Accept: text/html;charset=utf-8"},
		status: 200, by: "multiple_choices", want: []string{"Content-Type: text/html"}, text: "text/html;charset=utf-8||"},
	{name: "charset in accept, provided", resource: struct {
		toHTML
		charsetsProvided
	}{page, charsetsProvided{answer([]string{"iso-8859-1", "UTF-8"}, nil)}}, headers: []string{"Accept: text/html;charset=utf-8"},
		status: 200, by: "multiple_choices", want: []string{"Content-Type: text/html; charset=UTF-8", "Vary: accept-charset"}, text: "text/html||UTF-8"},
	{name: "charset in accept, not provided", resource: struct {
		toHTML
		charsetsProvided
	}{page, charsetsProvided{answer([]string{"utf-8"}, nil)}}, headers: []string{"Accept: text/html;charset=koi8-r"},
		status: 406, by: "content_types_provided"},

	languageCase("first without a header", "", "en", "en", "de"),
	languageCase("by quality", "de;q=0.5, en;q=0.4", "de", "en", "de"),
	languageCase("prefix of a tag", "en", "en-GB", "de", "en-GB"),
	languageCase("of any case", "EN-gb", "en-GB", "en-GB"),
	languageCase("any", "*", "en", "en", "de"),
	languageCase("any but one", "en;q=0, *", "de", "en-US", "de"),
	languageCase("the later one of equals, as Cowboy", "en, de", "de", "en", "de"),
	{name: "languages_provided not acceptable", resource: language("en"), headers: []string{"Accept-Language: fr, e"}, status: 406, by: "languages_provided"},
	{name: "languages_provided longer range", resource: language("en"), headers: []string{"Accept-Language: en-us"}, status: 406, by: "languages_provided"},
	{name: "languages_provided empty", resource: language(), status: 406, by: "languages_provided"},
	{name: "languages_provided nil", resource: struct {
		toHTML
		languagesProvided
	}{page, languagesProvided{answer[[]string](nil, nil)}}, status: 200, by: "multiple_choices", want: []string{"Content-Language:"}},
	{name: "languages_provided malformed header", resource: language("en"), headers: []string{"Accept-Language: e1"}, status: 400, by: "languages_provided"},

	charsetCase("first without a header", "", "utf-8", "utf-8", "koi8-r"),
	charsetCase("by quality", "utf-8;q=0.2, koi8-r;q=0.3", "koi8-r", "utf-8", "koi8-r"),
	charsetCase("of any case", "UTF-8", "utf-8", "utf-8"),
	charsetCase("any", "*", "utf-8", "utf-8", "koi8-r"),
	{name: "charsets_provided not acceptable", resource: charset("utf-8"), headers: []string{"Accept-Charset: koi8-r"}, status: 406, by: "charsets_provided"},
	{name: "charsets_provided weighed with 0", resource: charset("utf-8"), headers: []string{"Accept-Charset: utf-8;q=0, *"}, status: 406, by: "charsets_provided"},
	{name: "charsets_provided empty", resource: charset(), status: 406, by: "charsets_provided"},
	{name: "charsets_provided nil", resource: struct {
		toHTML
		charsetsProvided
	}{page, charsetsProvided{answer[[]string](nil, nil)}}, status: 200, by: "multiple_choices", want: []string{"Content-Type: text/html"}},
	{name: "charsets_provided malformed header", resource: charset("utf-8"), headers: []string{"Accept-Charset: "}, status: 400, by: "charsets_provided"},
	{name: "charsets_provided of no text", resource: struct {
		contentTypesProvided
		charsetsProvided
	}{provide("image/svg+xml"), charsetsProvided{answer([]string{"utf-8"}, nil)}}, status: 200, by: "multiple_choices",
		want: []string{"Content-Type: image/svg+xml"}, text: "image/svg+xml||utf-8"},

	{name: "ranges_provided default", resource: page, status: 200, by: "multiple_choices", want: []string{"Accept-Ranges:"}},
	{name: "ranges_provided empty", resource: struct {
		toHTML
		rangesProvided
	}{page, rangesProvided{answer([]rest.ProvideRange{}, nil)}}, status: 200, by: "multiple_choices", want: []string{"Accept-Ranges: none"}},
	{name: "ranges_provided nil", resource: struct {
		toHTML
		rangesProvided
	}{page, rangesProvided{answer[[]rest.ProvideRange](nil, nil)}}, status: 200, by: "multiple_choices", want: []string{"Accept-Ranges:"}},
	{name: "ranges_provided given", resource: struct {
		toHTML
		rangesProvided
	}{page, rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes"}, {Unit: "pages"}}, nil)}}, status: 200, by: "multiple_choices",
		want: []string{"Accept-Ranges: bytes, pages"}},

	{name: "variances nil", resource: struct {
		toHTML
		variances
	}{page, variances{answer[[]string](nil, nil)}}, status: 200, by: "multiple_choices", want: []string{"Vary:"}},
	{name: "variances given", resource: struct {
		toHTML
		variances
	}{page, variances{answer([]string{"x-a", "x-b"}, nil)}}, status: 200, by: "multiple_choices", want: []string{"Vary: x-a, x-b"}},
	{name: "variances of everything", resource: struct {
		contentTypesProvided
		languagesProvided
		charsetsProvided
		variances
	}{provide("text/html", "text/plain"), languagesProvided{answer([]string{"en", "de"}, nil)},
		charsetsProvided{answer([]string{"utf-8", "koi8-r"}, nil)}, variances{answer([]string{"x-a"}, nil)}},
		status: 200, by: "multiple_choices", want: []string{"Vary: accept-charset, accept-language, accept, x-a"}},
}

// provide provides types, with a body that tells which was chosen.
func provide(types ...string) contentTypesProvided {
	list := []rest.Provide{}
	for _, t := range types {
		list = append(list, rest.Provide{Type: t, To: tellBody})
	}
	return contentTypesProvided{answer(list, nil)}
}

// rangeOfTypes is a case of a Provide for a range, which is what clients send,
// not a type.
func rangeOfTypes(text string) flowCase {
	return flowCase{name: "content_types_provided is the range " + text, resource: struct{ contentTypesProvided }{provide(text)},
		status: 500, by: "content_types_provided"}
}

func typesCase(name, accept, contentType string, types ...string) flowCase {
	c := flowCase{name: "content_types_provided " + name, resource: struct{ contentTypesProvided }{provide(types...)},
		status: 200, by: "multiple_choices", want: []string{"Content-Type: " + contentType, "Vary:"}}
	if len(types) > 1 {
		c.want[1] = "Vary: accept"
	}
	if accept != "" {
		c.headers = []string{"Accept: " + accept}
	}
	return c
}

func language(languages ...string) any {
	return struct {
		toHTML
		languagesProvided
	}{page, languagesProvided{answer(append([]string{}, languages...), nil)}}
}

func languageCase(name, accept, want string, languages ...string) flowCase {
	c := flowCase{name: "languages_provided " + name, resource: language(languages...), status: 200, by: "multiple_choices",
		want: []string{"Content-Language: " + want, "Vary:"}, text: "text/html|" + want + "|"}
	if len(languages) > 1 {
		c.want[1] = "Vary: accept-language"
	}
	if accept != "" {
		c.headers = []string{"Accept-Language: " + accept}
	}
	return c
}

func charset(charsets ...string) any {
	return struct {
		toHTML
		charsetsProvided
	}{page, charsetsProvided{answer(append([]string{}, charsets...), nil)}}
}

func charsetCase(name, accept, want string, charsets ...string) flowCase {
	c := flowCase{name: "charsets_provided " + name, resource: charset(charsets...), status: 200, by: "multiple_choices",
		want: []string{"Content-Type: text/html; charset=" + want}, text: "text/html||" + want}
	if accept != "" {
		c.headers = []string{"Accept-Charset: " + accept}
	}
	return c
}

func TestDecisionNames(t *testing.T) {
	names := map[string]bool{}
	for _, d := range rest.Decisions() {
		require.NotEmpty(t, d.String())
		require.False(t, names[d.String()], "%v twice", d)
		names[d.String()] = true
	}
	assert.Equal(t, "decision 0", rest.Decision(0).String())
	assert.Equal(t, "decision 200", rest.Decision(200).String())
	assert.Equal(t, "GET /: 404 by resource_exists, after service_available, known_methods",
		rest.Trace{Method: "GET", Path: "/", Status: 404, Decisions: []rest.Decision{1, 2, decision("resource_exists")}}.String())
}

// decision returns the decision of a name.
func decision(name string) rest.Decision {
	for _, d := range rest.Decisions() {
		if d.String() == name {
			return d
		}
	}
	panic(fmt.Sprintf("no decision %s", name))
}
