package rest_test

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// port is the port of one callback of cowboy_rest.
type port struct {
	name    string
	request string // that reaches the callback
	headers []string
	absent  any // the resource without the callback

	// with is the same resource with it. It returns err and, for no_call, nil,
	// the zero value or, if it is a boolean, the guide's default.
	with func(byDefault bool, err error) any

	// What the guide's column "Otherwise" has: the status for the other answer
	// of a yes or no, or the statuses of resources.
	status    int
	otherwise []outcome
}

type outcome struct {
	resource any
	headers  []string
	status   int
}

// Resources that the callbacks of some methods need.
type (
	deletable struct {
		allowedMethods
		deleteResource
	}
	lost struct { // was there once
		resourceExists
		previouslyExisted
		allowedMethods
		contentTypesAccepted
	}
)

var (
	deletes = deletable{modes, deleteResource{answer(true, nil)}}
	wasHere = lost{missing, existed, modes, forms(rest.Done)}
	writes  = writable{page, modes, forms(rest.Done)}
	cuts    = ranged{digits, anyBytes, tagged}
)

var ports = []port{
	{name: "ServiceAvailable", status: 503, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			serviceAvailable
		}{page, serviceAvailable{answer(v, err)}}
	}},
	{name: "KnownMethods", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			knownMethods
		}{page, knownMethods{answer[[]string](nil, err)}}
	}, otherwise: []outcome{{knownMethods{answer([]string{"PUT"}, nil)}, nil, 501}}},
	{name: "URITooLong", status: 414, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			uriTooLong
		}{page, uriTooLong{answer(v, err)}}
	}},
	{name: "AllowedMethods", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			allowedMethods
		}{page, allowedMethods{answer[[]string](nil, err)}}
	}, otherwise: []outcome{{allowedMethods{answer([]string{"PUT"}, nil)}, nil, 405}}},
	{name: "MalformedRequest", status: 400, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			malformedRequest
		}{page, malformedRequest{answer(v, err)}}
	}},
	{name: "IsAuthorized", status: 401, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			isAuthorized
		}{page, isAuthorized{answer2(v, "Basic", err)}}
	}},
	{name: "Forbidden", status: 403, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			forbidden
		}{page, forbidden{answer(v, err)}}
	}},
	{name: "RateLimited", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			rateLimited
		}{page, rateLimited{answer(rest.Limit{}, err)}}
	}, otherwise: []outcome{{rateLimited{answer(rest.RetryAfter(time.Second), nil)}, nil, 429}, {rateLimited{answer(rest.RetryAt(moment), nil)}, nil, 429}}},
	{name: "ValidContentHeaders", status: 501, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			validContentHeaders
		}{page, validContentHeaders{answer(v, err)}}
	}},
	{name: "ValidEntityLength", status: 413, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			validEntityLength
		}{page, validEntityLength{answer(v, err)}}
	}},
	{name: "Options", request: "OPTIONS", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			options
		}{page, options{func(*rest.Request) error { return err }}}
	}},
	{name: "ContentTypesProvided", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			contentTypesProvided
		}{page, contentTypesProvided{answer[[]rest.Provide](nil, err)}}
	}, otherwise: []outcome{{provide("text/plain"), []string{"Accept: text/html"}, 406}, {provide(), nil, 406}}},
	{name: "LanguagesProvided", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			languagesProvided
		}{page, languagesProvided{answer[[]string](nil, err)}}
	}, otherwise: []outcome{{language("en"), []string{"Accept-Language: de"}, 406}, {language(), nil, 406}}},
	{name: "CharsetsProvided", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			charsetsProvided
		}{page, charsetsProvided{answer[[]string](nil, err)}}
	}, otherwise: []outcome{{charset("utf-8"), []string{"Accept-Charset: koi8-r"}, 406}, {charset(), nil, 406}}},
	{name: "RangesProvided", headers: []string{"Range: bytes=0-1"}, absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			rangesProvided
		}{page, rangesProvided{answer[[]rest.ProvideRange](nil, err)}}
	}},
	{name: "Variances", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			variances
		}{page, variances{answer[[]string](nil, err)}}
	}},
	{name: "ResourceExists", absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			resourceExists
		}{page, resourceExists{answer(v, err)}}
	}},
	{name: "GenerateETag", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			generateETag
		}{page, generateETag{answer(handler.ETag{}, err)}}
	}, otherwise: []outcome{{tagged, []string{`If-None-Match: "v1"`}, 304}, {tagged, []string{`If-Match: "v2"`}, 412}}},
	{name: "LastModified", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			lastModified
		}{page, lastModified{answer(time.Time{}, err)}}
	}, otherwise: []outcome{{modified, []string{"If-Modified-Since: " + httpMoment}, 304}, {modified, []string{"If-Unmodified-Since: " + httpBefore}, 412}}},
	{name: "Expires", absent: page, with: func(_ bool, err error) any {
		return struct {
			toHTML
			expires
		}{page, expires{answer(time.Time{}, err)}}
	}},
	{name: "MovedPermanently", absent: wasHere, with: func(_ bool, err error) any {
		return struct {
			lost
			movedPermanently
		}{wasHere, movedPermanently{answer("", err)}}
	}, otherwise: []outcome{{struct {
		lost
		movedPermanently
	}{wasHere, movedPermanently{answer("/", nil)}}, nil, 301}}},
	{name: "PreviouslyExisted", status: 410, absent: missing, with: func(v bool, err error) any {
		return struct {
			resourceExists
			previouslyExisted
		}{missing, previouslyExisted{answer(v, err)}}
	}},
	{name: "MovedTemporarily", absent: wasHere, with: func(_ bool, err error) any {
		return struct {
			lost
			movedTemporarily
		}{wasHere, movedTemporarily{answer("", err)}}
	}, otherwise: []outcome{{struct {
		lost
		movedTemporarily
	}{wasHere, movedTemporarily{answer("/", nil)}}, nil, 307}}},
	{name: "AllowMissingPost", request: "POST", absent: wasHere, with: func(v bool, err error) any {
		return struct {
			lost
			allowMissingPost
		}{wasHere, allowMissingPost{answer(v, err)}}
	}, otherwise: []outcome{{struct {
		lost
		allowMissingPost
	}{wasHere, allowMissingPost{answer(false, nil)}}, nil, 410}, {struct {
		lost
		allowMissingPost
	}{lost{missing, never, modes, forms(rest.Done)}, allowMissingPost{answer(false, nil)}}, nil, 404}}},
	{name: "DeleteResource", request: "DELETE", absent: modes, with: func(v bool, err error) any {
		return deletable{modes, deleteResource{answer(v, err)}}
	}, otherwise: []outcome{{deletable{modes, deleteResource{answer(false, nil)}}, nil, 500}}},
	{name: "DeleteCompleted", request: "DELETE", status: 202, absent: deletes, with: func(v bool, err error) any {
		return struct {
			deletable
			deleteCompleted
		}{deletes, deleteCompleted{answer(v, err)}}
	}},
	{name: "IsConflict", request: "PUT", status: 409, absent: writes, with: func(v bool, err error) any {
		return struct {
			writable
			isConflict
		}{writes, isConflict{answer(v, err)}}
	}},
	{name: "ContentTypesAccepted", request: "PUT", absent: modes, with: func(_ bool, err error) any {
		return struct {
			allowedMethods
			contentTypesAccepted
		}{modes, contentTypesAccepted{answer[[]rest.Accept](nil, err)}}
	}, otherwise: []outcome{{accepts("text/plain"), []string{"Content-Type: text/html"}, 415}}},
	{name: "RangeSatisfiable", headers: []string{"Range: bytes=0-1"}, status: 416, absent: cuts, with: func(v bool, err error) any {
		return struct {
			ranged
			rangeSatisfiable
		}{cuts, rangeSatisfiable{answer2(v, "", err)}}
	}},
	{name: "MultipleChoices", status: 300, absent: page, with: func(v bool, err error) any {
		return struct {
			toHTML
			multipleChoices
		}{page, multipleChoices{answer(v, err)}}
	}},
}

// rowsOf returns the rows of the tables of a page of the guide that have four
// cells, without their code marks.
func rowsOf(t *testing.T, page string) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/" + page)
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.ReplaceAll(line, "`", ""), "\n"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		if strings.HasPrefix(line, "|") && len(cells) == 6 {
			rows = append(rows, cells[1:5])
		}
	}
	return rows
}

// TestPorts holds the guide's table of callbacks to no_call, stop, an error and
// the other values of each.
func TestPorts(t *testing.T) {
	guide := map[string][]string{}
	for _, row := range rowsOf(t, "rest_handlers.md") {
		name, _, _ := strings.Cut(row[0], " ")
		guide[name] = row[1:]
	}
	for _, test := range ports {
		row := guide[test.name]
		require.Len(t, row, 3, "%s is not in the guide", test.name)
		byDefault := row[1] == "true"
		t.Run(test.name, func(t *testing.T) {
			none := reply(t, test.absent, test.request, test.headers)
			assert.Equal(t, none, reply(t, test.with(byDefault, nil), test.request, test.headers), "no_call")
			stopped, failed, teapot := "204 ", "500 ", "418 "
			if slices.Contains([]string{"GenerateETag", "LastModified", "Expires", "Variances"}, test.name) {
				stopped, teapot = "500 ", "500 "
			}
			assert.Equal(t, stopped, reply(t, test.with(byDefault, rest.Stop), test.request, test.headers)[:4], "stop")
			assert.Equal(t, failed, reply(t, test.with(byDefault, errors.New("out of order")), test.request, test.headers)[:4], "error")
			assert.Equal(t, teapot, reply(t, test.with(byDefault, handler.Errorf(418, "tea")), test.request, test.headers)[:4], "status")
			statuses := regexp.MustCompile(`\b[0-9]{3}\b`).FindAllString(row[2], -1)
			if test.status != 0 {
				test.otherwise = append(test.otherwise, outcome{test.with(!byDefault, nil), test.headers, test.status})
			}
			var got []string
			for _, o := range test.otherwise {
				status := reply(t, o.resource, test.request, o.headers)[:3]
				assert.Equal(t, strconv.Itoa(o.status), status)
				got = append(got, status)
			}
			slices.Sort(got)
			assert.Equal(t, statuses, slices.Compact(got), "the guide's column Otherwise")
		})
	}
}

// reply returns a reply as text, without its date.
func reply(t *testing.T, resource any, request string, headers []string) string {
	t.Helper()
	c := servetest.Start(t, upgrade(resource), false)
	resp, text := c.Do(t, request, "/", "", headers...)
	resp.Header.Del("Date")
	var header strings.Builder
	require.NoError(t, resp.Header.Write(&header))
	return resp.Status[:3] + " " + header.String() + "\n" + text
}

// The map of cowboy_rest has every callback, under its name in Cowboy.
func TestPortsAreInTheMap(t *testing.T) {
	cowboy := map[string]string{}
	for _, row := range rowsOf(t, "porting/cowboy_rest.md") {
		if name, _, ok := strings.Cut(row[0], "/2"); ok {
			method, _, _ := strings.Cut(row[1], ",")
			cowboy[name] = method
		}
	}
	for _, test := range ports {
		assert.Equal(t, test.name, cowboy[snake(test.name)], "the map's row of %s", test.name)
	}
	delete(cowboy, "known_content_type") // of 1.x
	assert.Len(t, cowboy, len(ports))
}

// snake returns Cowboy's name of a callback.
func snake(name string) string {
	name = strings.NewReplacer("URI", "Uri", "ETag", "Etag").Replace(name)
	return strings.ToLower(strings.TrimPrefix(regexp.MustCompile("[A-Z]").ReplaceAllString(name, "_$0"), "_"))
}
