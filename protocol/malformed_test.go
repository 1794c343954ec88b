package protocol_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// readings read what their paths tell, for a reply.
var readings = map[string]func(req *handler.Request) (any, error){
	"/nothing": func(*handler.Request) (any, error) { return "", nil },
	"/read": func(req *handler.Request) (any, error) {
		body, _, err := req.ReadBody(handler.BodyOptions{})
		return string(body), err
	},
	"/stream": func(req *handler.Request) (any, error) {
		body, err := io.ReadAll(req.Body())
		return string(body), err
	},
	"/form": func(req *handler.Request) (any, error) { return req.ReadURLEncodedBody(handler.BodyOptions{}) },
	"/parts": func(req *handler.Request) (any, error) {
		var all strings.Builder
		for {
			part, err := req.ReadPart()
			if err == io.EOF {
				return all.String(), nil
			}
			if err != nil {
				return nil, err
			}
			body, _, err := req.ReadPartBody(handler.BodyOptions{})
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(&all, "%s=%s", part.Name(), body)
		}
	},
	"/query": func(req *handler.Request) (any, error) { return req.ParseQS() },
	"/query/match": func(req *handler.Request) (any, error) {
		return req.MatchQS(handler.Match{Name: "n", Constraints: []handler.Constraint{router.Int}})
	},
	"/cookies": func(req *handler.Request) (any, error) { return req.ParseCookies() },
	"/cookies/match": func(req *handler.Request) (any, error) {
		return req.MatchCookies(handler.Match{Name: "n", Constraints: []handler.Constraint{router.Int}})
	},
	"/cookies/filter": func(req *handler.Request) (any, error) {
		req.FilterCookies("n")
		return req.MatchCookies(handler.Match{Name: "n", Constraints: []handler.Constraint{router.Int}})
	},
}

// reading is a handler that reads what its path tells.
func reading(req *handler.Request) (*handler.Upgrade, error) {
	got, err := readings[req.Path()](req)
	if err != nil {
		return nil, err
	}
	return nil, req.ReplyText(200, fmt.Sprint(got))
}

// TestMalformedRequests sends what no client should, over a connection of its
// own each. The answer is for the client's failure, which is no news for the
// log, and the server goes on. See TestLimits for more than the server reads.
func TestMalformedRequests(t *testing.T) {
	chunked := func(path, rest string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Type: multipart/form-data; boundary=b\r\n" +
			"Connection: close\r\n\r\n" + rest
	}
	sized := func(path, length, body string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\n" + length + "Content-Type: multipart/form-data; boundary=b\r\n" +
			"Connection: close\r\n\r\n" + body
	}
	bare := func(target, header string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + header + "Connection: close\r\n\r\n"
	}
	const part = "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nhi\r\n--b--\r\n"
	chunks := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text), text) }
	const (
		ok       = "200 OK"
		bad      = "400 Bad Request"
		tooLarge = "431 Request Header Fields Too Large"
	)
	tests := map[string]struct {
		request, status string
		body            string // of a good one
	}{
		"header too large":           {bare("/nothing", "A: "+strings.Repeat("a", 4097)+"\r\n"), tooLarge, ""},
		"headers too many":           {bare("/nothing", strings.Repeat("A: a\r\n", 99)), tooLarge, ""},
		"CR in a header":             {bare("/nothing", "A: a\rb\r\n"), bad, ""},
		"NUL in a header":            {bare("/nothing", "A: a\x00b\r\n"), bad, ""},
		"NUL in a name":              {bare("/nothing", "A\x00: a\r\n"), bad, ""},
		"folded header":              {bare("/nothing", "A: a\r\n b\r\n"), ok, ""},
		"no host":                    {"GET /nothing HTTP/1.1\r\nConnection: close\r\n\r\n", bad + ": missing required Host header", ""},
		"unknown version":            {"GET /nothing HTTP/3.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version", ""},
		"no HTTP":                    {"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x00\x00\r\n\r\n", bad, ""},
		"empty line first":           {"\r\nGET / HTTP/1", bad, ""},
		"no method":                  {" /nothing HTTP/1.1\r\nHost: x\r\n\r\n", bad, ""},
		"space in the target":        {bare("/noth ing", ""), bad, ""},
		"no body":                    {bare("/read", ""), ok, ""},
		"length":                     {sized("/read", "Content-Length: 2\r\n", "hi"), ok, "hi"},
		"same length twice":          {sized("/read", "Content-Length: 2\r\nContent-Length: 2\r\n", "hi"), ok, "hi"},
		"negative length":            {sized("/read", "Content-Length: -2\r\n", "hi"), bad, ""},
		"length with a sign":         {sized("/read", "Content-Length: +2\r\n", "hi"), bad, ""},
		"length of no number":        {sized("/read", "Content-Length: 0x2\r\n", "hi"), bad, ""},
		"length beyond 64 bits":      {sized("/read", "Content-Length: 18446744073709551618\r\n", "hi"), bad, ""},
		"empty length":               {sized("/read", "Content-Length: \r\n", "hi"), bad, ""},
		"two lengths":                {sized("/read", "Content-Length: 2\r\nContent-Length: 3\r\n", "hi"), bad, ""},
		"two lengths in a line":      {sized("/read", "Content-Length: 2, 3\r\n", "hi"), bad, ""},
		"length and chunks":          {sized("/read", "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", chunks("chunks")), ok, "chunks"},
		"coding that is not chunked": {sized("/read", "Transfer-Encoding: gzip\r\n", ""), "501 Not Implemented", ""},
		"chunked twice":              {sized("/read", "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", chunks("hi")), "501 Not Implemented", ""},
		"chunked as one of two":      {sized("/read", "Transfer-Encoding: chunked, chunked\r\n", chunks("hi")), "501 Not Implemented", ""},
		"escape in the path":         {bare("/nothing%zz", ""), bad, ""},
		"escape cut short":           {bare("/nothing%2", ""), bad, ""},
		"unread query":               {bare("/nothing?a=%zz", ""), ok, ""},
		"query":                      {bare("/query?a=%41", ""), ok, "[{a A false}]"},
		"escape in a query":          {bare("/query?a=%zz", ""), bad, ""},
		"escape in a key":            {bare("/query?%z=a", ""), bad, ""},
		"query without a key":        {bare("/query?=a", ""), bad, ""},
		"101 keys":                   {bare("/query?"+strings.Repeat("a&", 101), ""), bad, ""},
		"matched query":              {bare("/query/match?n=7", ""), ok, "map[n:7]"},
		"escape in a matched query":  {bare("/query/match?n=7&a=%zz", ""), bad, ""},
		"query of no number":         {bare("/query/match?n=x", ""), bad, ""},
		"cookies":                    {bare("/cookies", "Cookie: a=b; c\r\n"), ok, "[{a b false} { c false}]"},
		"bytes in a cookie":          {bare("/cookies", "Cookie: a=\xff\x80\"{\r\n"), ok, "[{a \xff\x80\"{ false}]"},
		"cookies without any":        {bare("/cookies", "Cookie: ;;, ;\r\n"), ok, "[]"},
		"cookie without a name":      {bare("/cookies", "Cookie: a=b; =c\r\n"), bad, ""},
		"comma in a cookie's name":   {bare("/cookies", "Cookie: a,b=c\r\n"), bad, ""},
		"tab in a cookie":            {bare("/cookies", "Cookie: a=b\tc\r\n"), bad, ""},
		"garbage in the cookies":     {bare("/cookies", "Cookie: \xff=;;,=\x80;a\r\n"), bad, ""},
		"101 cookies":                {bare("/cookies", "Cookie: "+strings.Repeat("a=b;", 101)+"\r\n"), bad, ""},
		"matched cookies":            {bare("/cookies/match", "Cookie: n=7; a=b\r\n"), ok, "map[n:7]"},
		"garbage among matched":      {bare("/cookies/match", "Cookie: n=7; =a\r\n"), bad, ""},
		"cookie of no number":        {bare("/cookies/match", "Cookie: n=x\r\n"), bad, ""},
		"garbage among filtered":     {bare("/cookies/filter", "Cookie: n=7; =a\r\n"), ok, "map[n:7]"},
		"parts":                      {sized("/parts", fmt.Sprintf("Content-Length: %d\r\n", len(part)), part), ok, "a=hi"},
		"parts in chunks":            {chunked("/parts", chunks(part)), ok, "a=hi"},
		"parts cut short":            {chunked("/parts", chunks(part[:len(part)-8])), bad, ""},
		"parts without a boundary":   {chunked("/parts", chunks("hi")), bad, ""},
		"header of a part":           {chunked("/parts", chunks("--b\r\nno header\r\n\r\nhi\r\n--b--\r\n")), bad, ""},
		"chunk with an extension":    {chunked("/read", "2;a=b\r\nhi\r\n0\r\na: trailer\r\n\r\n"), ok, "hi"},
		"form":                       {chunked("/form", chunks("a=b")), ok, "[{a b false}]"},
		"escape in a form":           {chunked("/form", chunks("a=%zz")), bad, ""},
	}
	amid := strings.TrimSuffix(chunks(part[:strings.Index(part, "hi")]), "0\r\n\r\n")
	for path, before := range map[string]string{"/read": "", "/stream": "", "/form": "", "/parts": amid} {
		for name, rest := range map[string]string{
			"size of no number": "zz\r\nhi\r\n0\r\n\r\n",
			"negative size":     "-2\r\nhi\r\n0\r\n\r\n",
			"no size":           "\r\nhi\r\n0\r\n\r\n",
			"size beyond 64":    "10000000000000002\r\nhi\r\n0\r\n\r\n",
			"size too small":    "1\r\nhi\r\n0\r\n\r\n",
			"second":            "2\r\nhi\r\nzz\r\n",
			"trailer":           "2\r\nhi\r\n0\r\nno trailer\r\n\r\n",
		} {
			tests["chunk, "+name+" "+path] = struct{ request, status, body string }{chunked(path, before+rest), bad, ""}
		}
	}
	var l logs
	addr := serve(t, protocol.Options{Logger: l.logger(), Dispatch: dispatch(reading)})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, addr, tt.request)
			line, _, _ := strings.Cut(got, "\r\n")
			assert.Equal(t, "HTTP/1.1 "+tt.status, line)
			assert.Equal(t, 1, strings.Count(got, "HTTP/1.1 "), "one answer: %q", got)
			if tt.status == ok {
				_, body, _ := strings.Cut(got, "\r\n\r\n")
				assert.Equal(t, tt.body, body)
			}
			response, body := get(t, "http://"+addr+"/query?a=b")
			assert.Equal(t, 200, response.StatusCode, "another client")
			assert.Equal(t, "[{a b false}]", string(body))
		})
	}
	assert.Empty(t, l.String(), "none of it is the server's failure")
}
