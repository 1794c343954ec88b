package protocol_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/cowhand/cowhand/protocol"
)

// TestWhatNetHTTPReads has the rows of the table in docs/listeners.md: what
// Cowboy reads otherwise than net/http.
func TestWhatNetHTTPReads(t *testing.T) {
	addr := serve(t, protocol.Options{Dispatch: dispatch(reading), Logger: new(logs).logger()})
	const closing = "Connection: close\r\n"
	post := func(headers, body string) string {
		return "POST /read HTTP/1.1\r\nHost: x\r\n" + closing + headers + "\r\n" + body
	}
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\n" + headers + closing + "\r\n"
	}
	for name, tt := range map[string]struct{ request, status, body string }{
		"length and coding":          {post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), "200 OK", "abc"},
		"bare LF in the head":        {"POST /read HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 2\n\nhi", "200 OK", "hi"},
		"bare LF after a chunk size": {post("Transfer-Encoding: chunked\r\n", "2\nhi\r\n0\r\n\r\n"), "400 Bad Request", ""},
		"bare LF after a chunk":      {post("Transfer-Encoding: chunked\r\n", "2\r\nhi\n0\r\n\r\n"), "400 Bad Request", ""},
		"folding":                    {get("/nothing", "Host: x\r\nA: a\r\n b\r\n"), "200 OK", ""},
		"space before an extension":  {post("Transfer-Encoding: chunked\r\n", "2 ;a=b\r\nhi\r\n0\r\n\r\n"), "400 Bad Request", ""},
		"same length twice":          {post("Content-Length: 2\r\nContent-Length: 2\r\n", "hi"), "200 OK", "hi"},
		"same length in a list":      {post("Content-Length: 2, 2\r\n", "hi"), "400 Bad Request", ""},
		"port beyond 65535":          {get("/nothing", "Host: x:65536\r\n"), "400 Bad Request", ""},
		"host of a bad character":    {get("/nothing", "Host: x y\r\n"), "400 Bad Request: malformed Host header", ""},
		"host of a slash":            {get("/nothing", "Host: x/y\r\n"), "400 Bad Request: malformed Host header", ""},
		"host of userinfo":           {get("/nothing", "Host: a@x\r\n"), "400 Bad Request: malformed Host header", ""},
		"empty host":                 {get("/nothing", "Host: \r\n"), "200 OK", ""},
		"foreign absolute form":      {get("http://y/nothing", "Host: x\r\n"), "200 OK", ""},
		"foreign scheme":             {get("ftp://y/nothing", "Host: x\r\n"), "400 Bad Request", ""},
		"absolute form without host": {get("http:///nothing", "Host: x\r\n"), "400 Bad Request", ""},
		"relative form":              {get("nothing", "Host: x\r\n"), "400 Bad Request", ""},
		"fragment":                   {get("/nothing#a", "Host: x\r\n"), "400 Bad Request", ""},
		"HTTP/1.2":                   {"GET /nothing HTTP/1.2\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported", ""},
		"HTTP/0.9":                   {"GET /nothing HTTP/0.9\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version", ""},
		"HTTP/2.0":                   {"GET /nothing HTTP/2.0\r\nHost: x\r\n\r\n", "505 HTTP Version Not Supported: unsupported protocol version", ""},
		"version that is none":       {"GET /nothing HTTP/1.x\r\nHost: x\r\n\r\n", "400 Bad Request", ""},
		"unknown coding":             {post("Transfer-Encoding: gzip, chunked\r\n", ""), "501 Not Implemented", ""},
		"coding of HTTP/1.0":         {"POST /read HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "200 OK", ""},
		"unknown expectation":        {post("Expect: tea\r\nContent-Length: 2\r\n", "hi"), "417 Expectation Failed", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := exchange(t, addr, tt.request)
			line, rest, _ := strings.Cut(got, "\r\n")
			_, body, _ := strings.Cut(rest, "\r\n\r\n")
			assert.Equal(t, tt.status, strings.TrimPrefix(strings.TrimPrefix(line, "HTTP/1.1 "), "HTTP/1.0 "))
			assert.Equal(t, 1, strings.Count(got, "HTTP/1."), "one answer: %q", got)
			if tt.status == "200 OK" {
				assert.Equal(t, tt.body, body)
			}
		})
	}
}
