package protocol_test

import (
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

// The tests of this file hold Cowhand against plain net/http: the same bytes,
// the same end of the connection, and no later.

// hidden is a request that must not be served: it follows a body whose end
// cannot be told.
const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"

// second is a request that is to be served if the connection stays open.
const second = "GET /second HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"

// plainHandlers answer uploads in all ways that matter to a connection.
var plainHandlers = map[string]http.HandlerFunc{
	"ignores": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusUnauthorized) },
	"ignores, at length": func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, strings.Repeat("no ", 5000), http.StatusUnauthorized)
	},
	"ignores, flushes": func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_ = http.NewResponseController(w).Flush()
		_, _ = io.WriteString(w, "no")
	},
	"ignores, closes": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusNoContent)
	},
	"reads some": func(w http.ResponseWriter, r *http.Request) {
		n, err := io.ReadFull(r.Body, make([]byte, 2))
		answerRead(w, n, err)
	},
	"reads all": func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		answerRead(w, len(body), err)
		_, _ = fmt.Fprint(w, r.Trailer)
	},
	"reads after its header": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusAccepted)
		body, err := io.ReadAll(r.Body)
		_, _ = fmt.Fprintln(w, len(body), err)
	},
	"reads too late": func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		body, _ := io.ReadAll(r.Body)
		_, _ = fmt.Fprintln(w, len(body))
	},
}

func answerRead(w http.ResponseWriter, n int, err error) {
	if err != nil {
		http.Error(w, "bad body", http.StatusBadRequest)
		return
	}
	_, _ = fmt.Fprintln(w, n)
}

// cowhandHandlers are what takes the place of a plain handler by Cowhand's own
// means.
var cowhandHandlers = map[string]map[string]initFunc{
	"reads all": {
		"ReadBody": func(req *handler.Request) (*handler.Upgrade, error) {
			body, _, err := req.ReadBody(handler.BodyOptions{})
			answerRead(req.Writer(), len(body), err)
			_, _ = fmt.Fprint(req.Writer(), req.HTTP().Trailer)
			return nil, nil
		},
		"Body": func(req *handler.Request) (*handler.Upgrade, error) {
			body, err := io.ReadAll(req.Body())
			answerRead(req.Writer(), len(body), err)
			_, _ = fmt.Fprint(req.Writer(), req.HTTP().Trailer)
			return nil, nil
		},
		"ReadURLEncodedBody": func(req *handler.Request) (*handler.Upgrade, error) {
			form, err := req.ReadURLEncodedBody(handler.BodyOptions{Length: 1 << 20})
			answerRead(req.Writer(), len(strings.Join(keys(form), "")), err)
			_, _ = fmt.Fprint(req.Writer(), req.HTTP().Trailer)
			return nil, nil
		},
	},
	"ignores": {
		"Reply": func(req *handler.Request) (*handler.Upgrade, error) {
			_ = req.SetRespHeader("X-Content-Type-Options", "nosniff")
			return nil, req.ReplyText(http.StatusUnauthorized, "no\n")
		},
	},
}

func keys(form handler.Pairs) (names []string) {
	for _, p := range form {
		names = append(names, p.Name)
	}
	return names
}

// chains are the options under which requests must go the same way.
func chains() map[string]protocol.Options {
	stream := func(s ...protocol.StreamHandler) protocol.Options { return protocol.Options{StreamHandlers: s} }
	return map[string]protocol.Options{
		"none":       {},
		"no timeout": {IdleTimeout: protocol.Infinity},
		"Compress":   {Compress: true},
		"Decompress": stream(protocol.Decompress{}),
		"Metrics":    stream(protocol.Metrics{Callback: func(*protocol.Record) {}}),
		"AccessLog":  stream(protocol.AccessLog{}),
		"Tracer":     stream(protocol.Tracer{Trace: func(protocol.TraceEvent) {}}),
		"all":        stream(protocol.AccessLog{}, protocol.Tracer{Trace: func(protocol.TraceEvent) {}}, protocol.Compress{}, protocol.Decompress{}),
	}
}

// script is what a client sends: texts, and pauses between them.
type script []any

// uploads are requests with bodies, good and bad.
var uploads = map[string]script{
	"body":                     {post("Content-Length: 2"), "hi", second},
	"chunks":                   {post("Transfer-Encoding: chunked"), "2\r\nhi\r\n0\r\n\r\n", second},
	"chunks with a trailer":    {post("Transfer-Encoding: chunked"), "2\r\nhi\r\n0\r\nA: b\r\n\r\n", second},
	"announced trailer":        {post("Transfer-Encoding: chunked\r\nTrailer: A"), "2\r\nhi\r\n0\r\nA: b\r\n\r\n", second},
	"body that is on its way":  {post("Content-Length: 2"), 50 * time.Millisecond, "hi", 10 * time.Millisecond, second},
	"malformed trailer":        {post("Transfer-Encoding: chunked"), "2\r\nhi\r\n0\r\nbad line\r\n" + hidden},
	"trailer that is too long": {post("Transfer-Encoding: chunked"), "2\r\nhi\r\n0\r\nA: " + strings.Repeat("a", 5000) + "\r\n\r\n" + hidden},
	"chunk of no size":         {post("Transfer-Encoding: chunked"), "2\r\nhi\r\nzz\r\n\r\n" + hidden},
	"chunk without an end":     {post("Transfer-Encoding: chunked"), "2\r\nhi!!0\r\n\r\n" + hidden},
	"Expect, body":             {post("Content-Length: 2\r\nExpect: 100-continue"), "hi", second},
	"Expect, close":            {post("Content-Length: 2\r\nConnection: close\r\nExpect: 100-continue"), "hi"},
	"close, no body":           {post("Content-Length: 9\r\nConnection: close"), "hi"},
	"large body":               {post("Content-Length: 300000"), strings.Repeat("a", 300_000), second},
	"HTTP/1.0":                 {"POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n", "hi"},
	"HTTP/1.0 kept":            {"POST / HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n", "hi", second},

	// Clients that never send what they announce.
	"Expect, no body":       {post("Content-Length: 9\r\nExpect: 100-continue")},
	"Expect, no large body": {post("Content-Length: 900000\r\nExpect: 100-continue")},
	"Expect, no chunks":     {post("Transfer-Encoding: chunked\r\nExpect: 100-continue")},
	"empty Expect, no body": {post("Content-Length: 9\r\nExpect:")},
	"HTTP/1.0 with Expect":  {"POST / HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"},
	"half a body":           {post("Content-Length: 9"), "hi"},
	"half a large body":     {post("Content-Length: 900000"), "hi"},
	"chunks without an end": {post("Transfer-Encoding: chunked"), "2\r\nhi\r\n"},
}

func post(headers string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n" + headers + "\r\n\r\n"
}

// transcript is what a client saw.
type transcript struct {
	text   string
	first  time.Duration // of the final response's first byte
	closed time.Duration // 0 if the connection stayed open
}

const (
	waiting = 5 * time.Minute // what a client has time for
)

// play sends a script and returns what came back.
func play(t *testing.T, conn net.Conn, s script) (got transcript) {
	t.Helper()
	start := time.Now()
	var sending sync.WaitGroup
	sending.Go(func() { send(conn, s) })
	require.NoError(t, conn.SetReadDeadline(start.Add(waiting)))
	var all bytes.Buffer
	for buffer := make([]byte, 4096); ; {
		n, err := conn.Read(buffer)
		all.Write(buffer[:n])
		if got.first == 0 && regexp.MustCompile(`HTTP/1\.[01] [2-5]`).Match(all.Bytes()) {
			got.first = max(1, time.Since(start))
		}
		if err == io.EOF {
			got.closed = max(1, time.Since(start))
		}
		if err != nil {
			break
		}
	}
	_ = conn.Close()
	sending.Wait()
	time.Sleep(time.Second) // of the bubble's clock, in which the server ends
	got.text = changing.ReplaceAllString(all.String(), "")
	return got
}

// changing are the headers in which servers may differ.
var changing = regexp.MustCompile(`(Date: [^\r]*|Vary: accept-encoding|Accept-Encoding: gzip)\r\n`)

func send(conn net.Conn, s script) {
	for _, step := range s {
		switch step := step.(type) {
		case time.Duration:
			time.Sleep(step) // of the bubble's clock
		case string:
			if _, err := io.WriteString(conn, step); err != nil {
				return
			}
		}
	}
}

// TestUploadsAsInPlainHTTP plays each script to each handler under each chain.
func TestUploadsAsInPlainHTTP(t *testing.T) {
	for name, h := range plainHandlers {
		inits := map[string]initFunc{"HTTP": handler.FromHTTP(h).Init}
		for own, init := range cowhandHandlers[name] {
			inits[own] = init
		}
		for upload, s := range uploads {
			if name == "reads too late" && upload == "HTTP/1.0 kept" {
				continue // net/http does not skip the body, as it closes the connection
			}
			plain := playPlain(t, routed(h), s)
			for own, init := range inits {
				for chain, options := range chains() {
					if own == "Reply" && (options.StreamHandlers != nil || options.Compress) {
						continue // has the same headers in another order
					}
					t.Run(name+"/"+upload+"/"+own+"/"+chain, func(t *testing.T) {
						compare(t, plain, playCowhand(t, options, init, s), options)
					})
				}
			}
		}
	}
}

// compare holds what Cowhand did against what net/http did.
func compare(t *testing.T, plain, got transcript, options protocol.Options) {
	t.Helper()
	assert.NotContains(t, got.text, "hidden", "a request in a body")
	if plain.closed == 0 { // net/http waits for the body forever: with the reply, or after it
		assert.True(t, strings.HasPrefix(got.text, plain.text), "%q begins with %q", got.text, plain.text)
		if options.IdleTimeout != protocol.Infinity {
			assert.NotZero(t, got.closed)
		}
		if strings.Contains(t.Name(), "ignores") {
			assert.LessOrEqual(t, got.first, 100*time.Millisecond)
			assert.LessOrEqual(t, got.closed, 2*time.Second)
		}
		return
	}
	for _, seen := range []*string{&plain.text, &got.text} {
		if strings.HasPrefix(*seen, "HTTP/1.0") { // where Cowhand says that it closes, and net/http does not
			*seen = strings.ReplaceAll(*seen, "Connection: close\r\n", "")
		}
	}
	assert.Equal(t, plain.text, got.text)
	assert.LessOrEqual(t, got.first, plain.first)
	assert.LessOrEqual(t, got.closed, plain.closed)
}

// routed is a server's handler.
func routed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/":
			h.ServeHTTP(w, r)
		default:
			_, _ = io.WriteString(w, r.URL.Path)
		}
	})
}

func playPlain(t *testing.T, h http.Handler, s script) (got transcript) {
	synctest.Test(t, func(t *testing.T) {
		server := &http.Server{Handler: h, ErrorLog: log.New(io.Discard, "", 0), ReadHeaderTimeout: 5 * time.Second}
		got = play(t, startPipes(t, server)(), s)
	})
	return got
}

func playCowhand(t *testing.T, options protocol.Options, init initFunc, s script) (got transcript) {
	synctest.Test(t, func(t *testing.T) {
		options.Logger = new(logs).logger()
		second := handler.FromHTTP(routed(nil))
		options.Dispatch = dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			if req.Path() == "/" {
				return init(req)
			}
			return second.Init(req)
		})
		got = play(t, servePipes(t, options)(), s)
	})
	return got
}
