package protocol_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// seen replies with what the handler sees of a request. /early doesn't read
// the body.
func seen(req *handler.Request) (*handler.Upgrade, error) {
	var body []byte
	if req.Path() != "/early" {
		var err error
		if body, _, err = req.ReadBody(handler.BodyOptions{}); err != nil {
			return nil, err
		}
	}
	return nil, req.ReplyText(200, fmt.Sprintf("%s %s %s", req.Method(), req.URI(), append(body, strings.Join(req.HTTP().Header["A"], "|")...)))
}

// difference is a request that net/http reads otherwise than Cowboy, or that
// Cowhand refuses although net/http doesn't.
type difference struct {
	request string
	status  string // the status line, without the version; "" if there is no answer
	second  string // the status line of the next response; "" if the reply closes the connection
	body    string // of a 200
}

const (
	ok200  = "200 OK"
	bad400 = "400 Bad Request"
	no501  = "501 Not Implemented"
	no505  = "505 HTTP Version Not Supported"
)

// inGET is a request with a target, inHost one with a Host, and so on.
func inGET(target string) string      { return "GET " + target + " HTTP/1.1\r\nHost: x\r\n\r\n" }
func inHost(host string) string       { return "GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n" }
func inVersion(version string) string { return "GET / " + version + "\r\nHost: x\r\n\r\n" }
func inHeaders(lines string) string   { return "GET / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n" }
func inBody(headers, body string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body
}
func inChunks(body string) string { return inBody("Transfer-Encoding: chunked\r\n", body) }
func inEarly(headers, body string) string {
	return "POST /early HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body
}

// differences are grouped as in the table of docs/listeners.md.
var differences = map[string]map[string]difference{
	"length and chunks": {
		"both":               {inBody("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/ hi"},
		"the other order":    {inBody("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "2\r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/ hi"},
		"length of a letter": {inBody("Transfer-Encoding: chunked\r\nContent-Length: x\r\n", "2\r\nhi\r\n0\r\n\r\n"), bad400, "", ""},
		"chunks in HTTP/1.0": {"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n", ok200, bad400, "POST http://x/ "},
		"both in HTTP/1.0":   {"POST / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", ok200, ok200, "POST http://x/ 0\r\n\r\n"},
	},
	"length twice": {
		"in two lines":      {inBody("Content-Length: 2\r\nContent-Length: 2\r\n", "hi"), ok200, ok200, "POST http://x/ hi"},
		"in one line":       {inBody("Content-Length: 2, 2\r\n", "hi"), bad400, "", ""},
		"that is different": {inBody("Content-Length: 2\r\nContent-Length: 3\r\n", "hi"), bad400, "", ""},
	},
	"unknown coding": {
		"gzip":               {inBody("Transfer-Encoding: gzip\r\n", "hi"), no501, "", ""},
		"identity":           {inBody("Transfer-Encoding: identity\r\n", "hi"), no501, "", ""},
		"gzip, then chunked": {inBody("Transfer-Encoding: gzip, chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"), no501, "", ""},
	},
	"bare LF": {
		"everywhere":           {"GET / HTTP/1.1\nHost: x\nA: b\n\n", ok200, ok200, "GET http://x/ b"},
		"after a header":       {inHeaders("A: b\nB: c\r\n"), ok200, ok200, "GET http://x/ b"},
		"after a trailer":      {inChunks("2\r\nhi\r\n0\r\nA: b\n\r\n"), ok200, ok200, "POST http://x/ hi"},
		"after a chunk's size": {inChunks("2\nhi\r\n0\r\n\r\n"), bad400, "", ""},
		"after a chunk":        {inChunks("2\r\nhi\n0\r\n\r\n"), bad400, "", ""},
		"after the last chunk": {inChunks("2\r\nhi\r\n0\n\r\n"), bad400, "", ""},
	},
	"folding": {
		"a space":          {inHeaders("A: b\r\n  c\r\n"), ok200, ok200, "GET http://x/ b c"},
		"a tab":            {inHeaders("A: b\r\n\tc\r\n"), ok200, ok200, "GET http://x/ b c"},
		"a length":         {inBody("Content-Length:\r\n 2\r\n", "hi"), ok200, ok200, "POST http://x/ hi"},
		"the first header": {"GET / HTTP/1.1\r\n A: b\r\nHost: x\r\n\r\n", bad400, "", ""},
	},
	"chunk extensions": {
		"without a space":   {inChunks("2;a=b\r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/ hi"},
		"after a space":     {inChunks("2 ;a=b\r\nhi\r\n0\r\n\r\n"), bad400, "", ""},
		"only a space":      {inChunks("2 \r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/ hi"},
		"a space in front":  {inChunks(" 2\r\nhi\r\n0\r\n\r\n"), bad400, "", ""},
		"128 bytes or more": {inChunks("2;" + strings.Repeat("a", 200) + "\r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/ hi"},
	},
	"Host": {
		"port":                {inHost("x:8080"), ok200, ok200, "GET http://x:8080/ "},
		"highest port":        {inHost("x:65535"), ok200, ok200, "GET http://x:65535/ "},
		"port too high":       {inHost("x:65536"), bad400, "", ""},
		"port 0":              {inHost("x:0"), bad400, "", ""},
		"port with a sign":    {inHost("x:+80"), bad400, "", ""},
		"port of letters":     {inHost("x:http"), bad400, "", ""},
		"two ports":           {inHost("x:80:80"), bad400, "", ""},
		"no port":             {inHost("x:"), ok200, ok200, "GET http://x/ "},
		"nothing":             {inHost(""), ok200, ok200, "GET http:/// "},
		"IPv6":                {inHost("[::1]:8080"), ok200, ok200, "GET http://[::1]:8080/ "},
		"IPv6 alone":          {inHost("[::1]"), ok200, ok200, "GET http://[::1]/ "},
		"IPv6 without an end": {inHost("[::1"), bad400, "", ""},
		"IPv6, no brackets":   {inHost("::1"), bad400, "", ""},
		"IPv4 in brackets":    {inHost("[127.0.0.1]"), bad400, "", ""},
		"name in brackets":    {inHost("[x]:80"), bad400, "", ""},
		"user":                {inHost("u@x"), bad400 + ": malformed Host header", "", ""},
		"slash":               {inHost("x/y"), bad400 + ": malformed Host header", "", ""},
		"space":               {inHost("x y"), bad400 + ": malformed Host header", "", ""},
		"none":                {"GET / HTTP/1.1\r\n\r\n", bad400 + ": missing required Host header", "", ""},
	},
	"absolute form": {
		"another host":    {inGET("http://y/a"), ok200, ok200, "GET http://y/a "},
		"no path":         {inGET("http://y"), ok200, ok200, "GET http://y "},
		"https":           {inGET("HTTPS://y/a"), ok200, ok200, "GET http://y/a "},
		"port too high":   {inGET("http://y:65536/a"), bad400, "", ""},
		"port of letters": {inGET("http://y:http/a"), bad400, "", ""},
		"user":            {inGET("http://u:p@y/a"), bad400, "", ""},
		"empty host":      {inGET("http:///a"), bad400, "", ""},
		"only a port":     {inGET("http://:80/a"), bad400, "", ""},
		"no host":         {inGET("http:/a"), bad400, "", ""},
		"another scheme":  {inGET("ftp://y/a"), bad400, "", ""},
		"no hierarchy":    {inGET("mailto:y"), bad400, "", ""},
		"a word":          {inGET("y"), bad400, "", ""},
		"two slashes":     {inGET("//y/a"), ok200, ok200, "GET http://x//y/a "},
		"an asterisk":     {inGET("*"), bad400, "", ""},
		"OPTIONS *":       {"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", ok200, ok200, "OPTIONS http://x "},
	},
	"fragment": {
		"of a path":       {inGET("/a#b"), bad400, "", ""},
		"empty":           {inGET("/a#"), bad400, "", ""},
		"of a query":      {inGET("/a?b#c"), bad400, "", ""},
		"of the absolute": {inGET("http://y/#b"), bad400, "", ""},
	},
	"version": {
		"1.2":          {inVersion("HTTP/1.2"), no505, "", ""},
		"1.9":          {inVersion("HTTP/1.9"), no505, "", ""},
		"2.0":          {inVersion("HTTP/2.0"), no505 + ": unsupported protocol version", "", ""},
		"0.9":          {inVersion("HTTP/0.9"), no505 + ": unsupported protocol version", "", ""},
		"PRI":          {"PRI * HTTP/2.0\r\nHost: x\r\n\r\n", no505, "", ""},
		"1.x":          {inVersion("HTTP/1.x"), bad400, "", ""},
		"1.10":         {inVersion("HTTP/1.10"), bad400, "", ""},
		"lower case":   {inVersion("http/1.1"), bad400, "", ""},
		"no minor":     {inVersion("HTTP/1"), bad400, "", ""},
		"none":         {"GET /\r\nHost: x\r\n\r\n", bad400, "", ""},
		"space behind": {inVersion("HTTP/1.1 "), bad400, "", ""},
	},
	"HTTP/1.0": {
		"not kept":     {"GET / HTTP/1.0\r\nHost: x\r\n\r\n", ok200, "", "GET http://x/ "},
		"kept":         {"GET / HTTP/1.0\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", ok200, ok200, "GET http://x/ "},
		"without Host": {"GET / HTTP/1.0\r\n\r\n", ok200, "", "GET http:/// "},
	},
	"empty lines": {
		"first":         {"\r\n" + inGET("/"), bad400, "", ""},
		"after a body":  {inBody("Content-Length: 2\r\n", "hi\r\n"), ok200, ok200, "POST http://x/ hi"},
		"after no body": {inGET("/") + "\r\n", ok200, bad400, "GET http://x/ "},
	},
	"expectation": {
		"unknown": {inBody("Content-Length: 2\r\nExpect: tea\r\n", "hi"), "417 Expectation Failed", "", ""},
	},
	"malformed body": {
		"no trailer": {inChunks("2\r\nhi\r\n0\r\nbad line\r\n"), bad400, "", ""},
		"no size":    {inChunks("2\r\nhi\r\nzz\r\n"), bad400, "", ""},
		"wrong size": {inChunks("1\r\nhi\r\n0\r\n\r\n"), bad400, "", ""},
	},
	"early reply": {
		"body that is there":  {inEarly("Content-Length: 2\r\n", "hi"), ok200, ok200, "POST http://x/early "},
		"chunks that are":     {inEarly("Transfer-Encoding: chunked\r\n", "2\r\nhi\r\n0\r\n\r\n"), ok200, ok200, "POST http://x/early "},
		"256 KiB and more":    {inEarly("Content-Length: 300000\r\n", strings.Repeat("a", 300_000)), ok200, "", "POST http://x/early "},
		"body that never is":  {inEarly("Content-Length: 300000\r\n", ""), ok200, "", "POST http://x/early "},
		"part of a body":      {inEarly("Content-Length: 300\r\n", "hi"), ok200, "", "14\r\nPOST http://x/early \r\n0\r\n\r\n"},
		"body to ask for":     {inEarly("Content-Length: 2\r\nExpect: 100-continue\r\n", ""), ok200, "", "POST http://x/early "},
		"chunks that are bad": {inEarly("Transfer-Encoding: chunked\r\n", "zz\r\n"), ok200, "", "POST http://x/early "},
	},
}

// TestDifferences sends each request, and another behind it. A change of
// net/http that matters for docs/listeners.md fails here.
func TestDifferences(t *testing.T) {
	const second = "GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	for group, all := range differences {
		for name, tt := range all {
			t.Run(group+"/"+name, func(t *testing.T) {
				replies := converse(t, tt.request+second)
				assert.Equal(t, tt.status, status(replies[0]))
				if tt.status == ok200 {
					_, body, _ := strings.Cut(replies[0], "\r\n\r\n")
					assert.Equal(t, tt.body, body)
				}
				closes := strings.Contains(replies[0], "Connection: close\r\n")
				assert.Equal(t, tt.second == "", closes, "%q", replies)
				if closes {
					assert.Len(t, replies, 1)
					return
				}
				require.Len(t, replies, 2)
				assert.Equal(t, tt.second, status(replies[1]))
				assert.Equal(t, tt.second == ok200, strings.HasSuffix(replies[1], "GET http://x/second "))
			})
		}
	}
}

// TestStalledRequests has clients that send a part of a request and wait.
// Cowboy answers 408 within the headers.
func TestStalledRequests(t *testing.T) {
	for request, want := range map[string]string{
		"":                                  "",
		"GET / HTTP/1.1\r\n":                "",
		"GET / HTTP/1.1\r\nHost: x\r\n":     "",
		"GET / HTTP/1.1\r\nHost: x\r\nA: b": "",
		"GET / HTTP/1.1\r\nHost: x\r\nA":    bad400,
		"GET / HTTP":                        bad400,
	} {
		t.Run(request, func(t *testing.T) {
			replies := converse(t, request)
			require.Len(t, replies, 1)
			assert.Equal(t, want, status(replies[0]))
		})
	}
}

// status returns the status line of a response, without the version.
func status(response string) string {
	line, _, _ := strings.Cut(response, "\r\n")
	_, status, _ := strings.Cut(line, " ")
	return status
}

// converse sends text over a connection and returns what comes until the
// server closes, cut into responses.
func converse(t *testing.T, text string) (responses []string) {
	synctest.Test(t, func(t *testing.T) {
		dial := servePipes(t, protocol.Options{Logger: new(logs).logger(), Dispatch: dispatch(seen)})
		conn := dial()
		var sending sync.WaitGroup
		sending.Go(func() { _, _ = io.WriteString(conn, text) })
		got, err := io.ReadAll(conn)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
		sending.Wait()
		responses = strings.Split(strings.TrimPrefix(string(got), "HTTP/1."), "HTTP/1.")
	})
	return responses
}
