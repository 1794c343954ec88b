package rest_test

import (
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var digitsFile = handler.File{FS: fstest.MapFS{"digits": {Data: []byte("xx0123456789xx")}}, Path: "digits", Offset: 2, Length: 10}

// ranged is a resource of ten bytes that gives parts.
type ranged struct {
	toHTML
	rangesProvided
	generateETag
}

func autoCase(name, spec string, status int, contentRange, text string) flowCase {
	c := flowCase{name: "range " + name, resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: " + spec},
		status: status, by: "set_ranged_body", want: []string{"Content-Range:"}, text: text}
	switch {
	case contentRange != "":
		c.want[0] = "Content-Range: " + contentRange
	case status == 200:
		c.by = "multiple_choices"
	}
	return c
}

// chapters is a unit of its own, with a callback that gives parts.
func chapters(parts ...rest.Part) rangesProvided {
	return rangesProvided{answer([]rest.ProvideRange{{Unit: "chapters", From: answer(parts, nil)}}, nil)}
}

var rangeCases = []flowCase{
	{name: "no range", resource: ranged{digits, anyBytes, tagged}, status: 200, by: "multiple_choices",
		want: []string{"Accept-Ranges: bytes", "Content-Range:"}, text: "0123456789"},
	{name: "range of a resource without ranges", resource: digits, headers: []string{"Range: bytes=0-1"}, status: 200, by: "multiple_choices", text: "0123456789"},
	{name: "range of a resource with none", resource: struct {
		toHTML
		rangesProvided
	}{digits, rangesProvided{answer([]rest.ProvideRange{}, nil)}}, headers: []string{"Range: bytes=0-1"}, status: 200, by: "multiple_choices"},
	autoCase("first bytes", "bytes=0-3", 206, "bytes 0-3/10", "0123"),
	autoCase("from a byte on", "bytes=7-", 206, "bytes 7-9/10", "789"),
	autoCase("last bytes", "bytes=-2", 206, "bytes 8-9/10", "89"),
	autoCase("beyond the end", "bytes=8-99", 206, "bytes 8-9/10", "89"),
	autoCase("last bytes, more than there are", "bytes=-99", 206, "bytes 0-9/10", "0123456789"),
	autoCase("wholly beyond the end", "bytes=10-", 416, "bytes */10", ""),
	autoCase("last none", "bytes=-0", 416, "bytes */10", ""),
	autoCase("backwards", "bytes=3-1", 416, "bytes */10", ""),
	autoCase("one of two backwards", "bytes=0-1,3-1", 416, "bytes */10", ""),
	autoCase("of none", "bytes=", 416, "bytes */10", ""),
	autoCase("one of two beyond the end", "bytes=0-1,20-30", 206, "bytes 0-1/10", "01"),
	autoCase("of another unit", "pages=1-2", 200, "", "0123456789"),
	autoCase("more in sum than there is", "bytes=0-9,0-9", 200, "", "0123456789"),
	{name: "range malformed", resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: bytes=x"}, status: 416, by: "range", want: []string{"Content-Range:"}},
	{name: "range of a file", resource: ranged{toHTML{answer(rest.File(digitsFile), nil)}, anyBytes, tagged},
		headers: []string{"Range: bytes=2-4"}, status: 206, by: "set_ranged_body", want: []string{"Content-Range: bytes 2-4/10"}, text: "234"},
	{name: "range, HEAD", resource: ranged{digits, anyBytes, tagged}, request: "HEAD", headers: []string{"Range: bytes=2-4"}, status: 200, by: "multiple_choices",
		want: []string{"Content-Length: 10", "Content-Range:", "Accept-Ranges: bytes"}},
	{name: "range not satisfiable, HEAD", resource: ranged{digits, anyBytes, tagged}, request: "HEAD", headers: []string{"Range: bytes=10-"}, status: 200, by: "multiple_choices",
		want: []string{"Content-Length: 10", "Content-Range:"}},
	{name: "range malformed, HEAD", resource: ranged{digits, anyBytes, tagged}, request: "HEAD", headers: []string{"Range: bytes=x"}, status: 200, by: "multiple_choices",
		want: []string{"Content-Length: 10", "Content-Range:"}},
	{name: "if_range equal, HEAD", resource: ranged{digits, anyBytes, tagged}, request: "HEAD", headers: []string{"Range: bytes=2-4", `If-Range: "v1"`}, status: 200, by: "multiple_choices",
		want: []string{"Content-Length: 10", "Content-Range:"}},

	{name: "if_range equal", resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: bytes=0-1", `If-Range: "v1"`}, status: 206, by: "set_ranged_body"},
	{name: "if_range other", resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: bytes=0-1", `If-Range: "v2"`}, status: 200, by: "multiple_choices"},
	{name: "if_range weak", resource: ranged{digits, anyBytes, weak}, headers: []string{"Range: bytes=0-1", `If-Range: W/"v1"`}, status: 200, by: "multiple_choices"},
	{name: "if_range date", resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: bytes=0-1", "If-Range: " + httpMoment}, status: 200, by: "multiple_choices"},
	{name: "if_range malformed", resource: ranged{digits, anyBytes, tagged}, headers: []string{"Range: bytes=0-1", "If-Range: x"}, status: 200, by: "multiple_choices"},
	{name: "if_range without a tag", resource: ranged{digits, anyBytes, untagged}, headers: []string{"Range: bytes=0-1", `If-Range: ""`}, status: 200, by: "multiple_choices"},
	{name: "if_range without range", resource: ranged{digits, anyBytes, tagged}, headers: []string{`If-Range: "v2"`}, status: 200, by: "multiple_choices"},

	{name: "range_satisfiable true", resource: struct {
		ranged
		rangeSatisfiable
	}{ranged{digits, anyBytes, tagged}, rangeSatisfiable{answer2(true, "", nil)}}, headers: []string{"Range: bytes=0-1"}, status: 206, by: "set_ranged_body"},
	{name: "range_satisfiable false", resource: struct {
		ranged
		rangeSatisfiable
	}{ranged{digits, anyBytes, tagged}, rangeSatisfiable{answer2(false, "", nil)}}, headers: []string{"Range: bytes=0-1"}, status: 416, by: "range_satisfiable", want: []string{"Content-Range:"}},
	{name: "range_satisfiable false, with a size", resource: struct {
		ranged
		rangeSatisfiable
	}{ranged{digits, anyBytes, tagged}, rangeSatisfiable{answer2(false, "*/10", nil)}}, headers: []string{"Range: bytes=0-1"}, status: 416, by: "range_satisfiable",
		want: []string{"Content-Range: bytes */10"}},

	{name: "range callback, one part", resource: ranged{digits, chapters(rest.Part{First: 1, Last: 2, Total: -1, Body: rest.Text("two chapters")}), tagged},
		headers: []string{"Range: chapters=1-2"}, status: 206, by: "set_ranged_body", want: []string{"Content-Range: chapters 1-2/*"}, text: "two chapters"},
	{name: "range callback, in its own words", resource: ranged{digits, chapters(rest.Part{ContentRange: "one and two", Body: rest.Text("x")}), tagged},
		headers: []string{"Range: Chapters=1-2"}, status: 206, by: "set_ranged_body", want: []string{"Content-Range: chapters one and two"}},
	{name: "range callback, no part", resource: ranged{digits, chapters(), tagged}, headers: []string{"Range: chapters=1"}, status: 500, by: "set_ranged_body"},
	{name: "range callback missing", resource: ranged{digits, rangesProvided{answer([]rest.ProvideRange{{Unit: "chapters"}}, nil)}, tagged},
		headers: []string{"Range: chapters=1"}, status: 500, by: "set_ranged_body"},
}

// Several parts are multipart/byteranges (RFC 9110, section 14.6).
func TestSeveralRanges(t *testing.T) {
	for name, resource := range map[string]any{
		"bytes": ranged{digits, anyBytes, tagged},
		"file":  ranged{toHTML{answer(rest.File(digitsFile), nil)}, anyBytes, tagged},
		"callback": ranged{digits, rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes", From: answer([]rest.Part{
			{First: 0, Last: 1, Total: 10, Body: rest.Text("01")},
			{First: 8, Last: 9, Total: 10, Body: rest.Text("89")},
		}, nil)}}, nil)}, tagged},
	} {
		t.Run(name, func(t *testing.T) {
			servetest.Each(t, upgrade(resource), func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "GET", "/", "", "Range: bytes=0-1, -2")
				assert.Equal(t, 206, resp.StatusCode)
				contentType, params, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
				require.NoError(t, err)
				assert.Equal(t, "multipart/byteranges", contentType)
				assert.Empty(t, resp.Header.Get("Content-Range"))
				reader := multipart.NewReader(strings.NewReader(text), params["boundary"])
				for _, want := range []string{"bytes 0-1/10 01", "bytes 8-9/10 89"} {
					part, err := reader.NextRawPart()
					require.NoError(t, err)
					data, err := io.ReadAll(part)
					require.NoError(t, err)
					assert.Equal(t, want, part.Header.Get("Content-Range")+" "+string(data))
					assert.Equal(t, "text/html", part.Header.Get("Content-Type"))
				}
				_, err = reader.NextRawPart()
				assert.Equal(t, io.EOF, err)
			})
		})
	}
}

// The encoding is the parts' (RFC 9110, section 8.4), whoever sends them.
func TestSeveralRangesOfAnEncodedBody(t *testing.T) {
	for name, body := range map[string]rest.Body{"bytes": rest.Text("0123456789"), "file": rest.File(digitsFile)} {
		t.Run(name, func(t *testing.T) {
			encoded := toHTML{func(req *rest.Request) (rest.Body, error) {
				return body, req.SetRespHeader("Content-Encoding", "br")
			}}
			servetest.Each(t, upgrade(ranged{encoded, anyBytes, tagged}), func(t *testing.T, c *servetest.Client) {
				resp, text := c.Do(t, "GET", "/", "", "Range: bytes=0-1, -2")
				assert.Equal(t, 206, resp.StatusCode)
				assert.Empty(t, resp.Header["Content-Encoding"])
				for _, want := range []string{"0-1/10\r\n\r\n01\r\n--", "8-9/10\r\n\r\n89\r\n--"} {
					assert.Contains(t, text, "\r\ncontent-type: text/html\r\ncontent-encoding: br\r\ncontent-range: bytes "+want)
				}
				resp, text = c.Do(t, "GET", "/", "", "Range: bytes=0-1")
				assert.Equal(t, "206 br 01", resp.Status[:3]+" "+resp.Header.Get("Content-Encoding")+" "+text, "one part is the reply's")
			})
		})
	}
}

// A line break in a header that was set past the request's checks doesn't
// become a header, or a part, of its own.
func TestSeveralRangesOfAnUncleanHeader(t *testing.T) {
	for name, body := range map[string]rest.Body{"bytes": rest.Text("0123456789"), "file": rest.File(digitsFile)} {
		t.Run(name, func(t *testing.T) {
			unclean := toHTML{func(req *rest.Request) (rest.Body, error) {
				req.RespHeaders()["Content-Type"] = []string{" text/html\r\n\r\n<script>\x00\x7f", "a\tb\nx: y"}
				return body, nil
			}}
			servetest.Each(t, upgrade(ranged{unclean, anyBytes, tagged}), func(t *testing.T, c *servetest.Client) {
				_, text := c.Do(t, "GET", "/", "", "Range: bytes=0-1, -2")
				assert.Contains(t, text, "\r\ncontent-type: text/html    <script>  , a\tb x: y\r\ncontent-range: bytes 0-1/10\r\n\r\n01\r\n--")
			})
		})
	}
}

// A bad Content-Range of a callback is an error, of one part as of several.
func TestUncleanContentRange(t *testing.T) {
	part := rest.Part{ContentRange: "1\r\nx: y", Body: rest.Text("1")}
	for _, parts := range [][]rest.Part{{part}, {part, part}, {{Body: rest.File(digitsFile)}, part}} {
		h := upgrade(ranged{digits, rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes", From: answer(parts, nil)}}, nil)}, tagged})
		servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
			resp, _ := c.Do(t, "GET", "/", "", "Range: bytes=0-1, -2")
			assert.Equal(t, 500, resp.StatusCode)
			assert.Empty(t, resp.Header["X"])
		})
	}
}

// upgrade is a route to one resource.
func upgrade(resource any, options ...rest.Options) handler.Handler {
	return handler.Func(func(*handler.Request) (*handler.Upgrade, error) { return rest.Upgrade(resource, options...), nil })
}
