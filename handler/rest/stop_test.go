package rest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/handler/rest"
	"github.com/cowhand/cowhand/internal/servetest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// failing are resources whose callback of that name returns an error, and a
// request that reaches it.
var failing = []struct {
	name     string
	resource func(err error) any
	request  string
	headers  []string
	mustGo   bool // the callback may not stop or switch
}{
	{name: "ServiceAvailable", resource: func(err error) any { return serviceAvailable{answer(true, err)} }},
	{name: "KnownMethods", resource: func(err error) any { return knownMethods{answer([]string{"GET"}, err)} }},
	{name: "URITooLong", resource: func(err error) any { return uriTooLong{answer(false, err)} }},
	{name: "AllowedMethods", resource: func(err error) any { return allowedMethods{answer([]string{"GET"}, err)} }},
	{name: "MalformedRequest", resource: func(err error) any { return malformedRequest{answer(false, err)} }},
	{name: "IsAuthorized", resource: func(err error) any { return isAuthorized{answer2(true, "", err)} }},
	{name: "IsAuthorized refusing", resource: func(err error) any { return isAuthorized{answer2(false, "", err)} }},
	{name: "Forbidden", resource: func(err error) any { return forbidden{answer(false, err)} }},
	{name: "RateLimited", resource: func(err error) any { return rateLimited{answer(rest.RetryAfter(0), err)} }},
	{name: "ValidContentHeaders", resource: func(err error) any { return validContentHeaders{answer(true, err)} }},
	{name: "ValidEntityLength", resource: func(err error) any { return validEntityLength{answer(true, err)} }},
	{name: "Options", request: "OPTIONS", resource: func(err error) any { return options{func(*rest.Request) error { return err }} }},
	{name: "ContentTypesProvided", resource: func(err error) any {
		return contentTypesProvided{answer([]rest.Provide(nil), err)}
	}},
	{name: "LanguagesProvided", resource: func(err error) any { return languagesProvided{answer([]string{"en"}, err)} }},
	{name: "CharsetsProvided", resource: func(err error) any { return charsetsProvided{answer([]string{"utf-8"}, err)} }},
	{name: "CharsetsProvided for Accept", headers: []string{"Accept: text/html;charset=utf-8"},
		resource: func(err error) any { return charsetsProvided{answer([]string{"utf-8"}, err)} }},
	{name: "RangesProvided", resource: func(err error) any { return rangesProvided{answer([]rest.ProvideRange{}, err)} }},
	{name: "Variances", mustGo: true, resource: func(err error) any { return variances{answer([]string{"x"}, err)} }},
	{name: "ResourceExists", resource: func(err error) any { return resourceExists{answer(true, err)} }},
	{name: "GenerateETag", mustGo: true, resource: func(err error) any { return generateETag{answer(handler.ETag{Tag: "v"}, err)} }},
	{name: "GenerateETag for If-Match", mustGo: true, headers: []string{`If-Match: "v"`},
		resource: func(err error) any { return generateETag{answer(handler.ETag{Tag: "v"}, err)} }},
	{name: "GenerateETag for If-None-Match", mustGo: true, headers: []string{`If-None-Match: "v"`},
		resource: func(err error) any { return generateETag{answer(handler.ETag{Tag: "v"}, err)} }},
	{name: "GenerateETag for 304", mustGo: true, headers: []string{`If-None-Match: *`},
		resource: func(err error) any { return generateETag{answer(handler.ETag{Tag: "v"}, err)} }},
	{name: "LastModified", mustGo: true, resource: func(err error) any { return lastModified{answer(moment, err)} }},
	{name: "LastModified for If-Modified-Since", mustGo: true, headers: []string{"If-Modified-Since: " + httpMoment},
		resource: func(err error) any { return lastModified{answer(moment, err)} }},
	{name: "LastModified for If-Unmodified-Since", mustGo: true, headers: []string{"If-Unmodified-Since: " + httpMoment},
		resource: func(err error) any { return lastModified{answer(moment, err)} }},
	{name: "Expires", mustGo: true, resource: func(err error) any { return expires{answer(moment, err)} }},
	{name: "Expires for 304", mustGo: true, headers: []string{`If-None-Match: *`}, resource: func(err error) any { return expires{answer(moment, err)} }},
	{name: "MovedPermanently", resource: func(err error) any {
		return struct {
			resourceExists
			previouslyExisted
			movedPermanently
		}{missing, existed, movedPermanently{answer("/", err)}}
	}},
	{name: "PreviouslyExisted", resource: func(err error) any {
		return struct {
			resourceExists
			previouslyExisted
		}{missing, previouslyExisted{answer(true, err)}}
	}},
	{name: "MovedTemporarily", resource: func(err error) any {
		return struct {
			resourceExists
			previouslyExisted
			movedTemporarily
		}{missing, existed, movedTemporarily{answer("/", err)}}
	}},
	{name: "AllowMissingPost", request: "POST", resource: func(err error) any {
		return struct {
			resourceExists
			allowedMethods
			allowMissingPost
		}{missing, modes, allowMissingPost{answer(true, err)}}
	}},
	{name: "DeleteResource", request: "DELETE", resource: func(err error) any {
		return struct {
			allowedMethods
			deleteResource
		}{modes, deleteResource{answer(true, err)}}
	}},
	{name: "DeleteCompleted", request: "DELETE", resource: func(err error) any {
		return struct {
			allowedMethods
			deleteResource
			deleteCompleted
		}{modes, deleteResource{answer(true, nil)}, deleteCompleted{answer(true, err)}}
	}},
	{name: "IsConflict", request: "PUT", resource: func(err error) any {
		return struct {
			allowedMethods
			isConflict
		}{modes, isConflict{answer(false, err)}}
	}},
	{name: "ContentTypesAccepted", request: "PUT", resource: func(err error) any {
		return struct {
			allowedMethods
			contentTypesAccepted
		}{modes, contentTypesAccepted{answer([]rest.Accept{}, err)}}
	}},
	{name: "accept callback", request: "PUT", resource: func(err error) any {
		return struct {
			allowedMethods
			contentTypesAccepted
		}{modes, contentTypesAccepted{answer([]rest.Accept{{Type: "*", From: answer(rest.Done, err)}}, nil)}}
	}},
	{name: "provide callback", resource: func(err error) any { return toHTML{answer(rest.Text("x"), err)} }},
	{name: "provide callback for a range", headers: []string{"Range: bytes=0-1"}, resource: func(err error) any {
		return ranged{toHTML{answer(rest.Text("x"), err)}, anyBytes, tagged}
	}},
	{name: "RangeSatisfiable", headers: []string{"Range: bytes=0-1"}, resource: func(err error) any {
		return struct {
			ranged
			rangeSatisfiable
		}{ranged{digits, anyBytes, tagged}, rangeSatisfiable{answer2(true, "", err)}}
	}},
	{name: "range callback", headers: []string{"Range: bytes=0-1"}, resource: func(err error) any {
		return ranged{digits, rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes", From: answer([]rest.Part{{}}, err)}}, nil)}, tagged}
	}},
	{name: "MultipleChoices", resource: func(err error) any {
		return struct {
			toHTML
			multipleChoices
		}{page, multipleChoices{answer(false, err)}}
	}},
}

// Every callback may stop, switch and fail, where Cowboy's may.
func TestStopSwitchAndFail(t *testing.T) {
	elsewhere := handler.Upgrade{Protocol: protocolFunc(func(req *handler.Request, _ *handler.Env) error {
		return req.ReplyText(299, "elsewhere")
	})}
	for _, test := range failing {
		for _, end := range []struct {
			name   string
			err    error
			status int
			trace  string
		}{
			{"stop", rest.Stop, 204, "stopped"},
			{"switch", rest.Switch(&elsewhere), 299, "switched"},
			{"error", errors.New("out of order"), 500, "failed (out of order)"},
			{"status", handler.Errorf(418, "tea"), 418, "failed (tea)"},
		} {
			t.Run(test.name+" "+end.name, func(t *testing.T) {
				status := end.status
				switch {
				case test.mustGo && (end.name == "stop" || end.name == "switch"):
					status, end.trace = 500, "may not stop or switch"
				case test.mustGo:
					status = 500 // never the client's fault
				}
				var trace rest.Trace
				servetest.Each(t, upgrade(test.resource(end.err), rest.Options{Trace: func(t rest.Trace) { trace = t }}),
					func(t *testing.T, c *servetest.Client) {
						resp, text := c.Do(t, test.request, "/", "", test.headers...)
						assert.Equal(t, status, resp.StatusCode)
						assert.Contains(t, trace.String(), end.trace)
						if status == 299 {
							assert.Equal(t, "elsewhere", text)
							return
						}
						assert.Empty(t, text)
					})
			})
		}
	}
}

type protocolFunc func(*handler.Request, *handler.Env) error

func (f protocolFunc) Upgrade(req *handler.Request, env *handler.Env) error { return f(req, env) }

func TestStopAfterAReply(t *testing.T) {
	h := upgrade(resourceExists{func(r *rest.Request) (bool, error) {
		return false, errors.Join(r.ReplyText(402, "pay"), rest.Stop)
	}})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		resp, text := c.Do(t, "GET", "/", "")
		assert.Equal(t, 402, resp.StatusCode)
		assert.Equal(t, "pay", text)
	})
}

// What fails beside Stop is not lost with it.
func TestStopBesideAnError(t *testing.T) {
	failed := errors.New("failed")
	for _, test := range []struct{ err, want error }{
		{rest.Stop, nil},
		{errors.Join(nil, rest.Stop), nil},
		{fmt.Errorf("enough: %w", rest.Stop), nil},
		{errors.Join(failed, rest.Stop), failed},
		{errors.Join(rest.Stop, errors.Join(failed, rest.Stop)), failed},
		{fmt.Errorf("%w, then %w", failed, rest.Stop), failed},
	} {
		var trace rest.Trace
		var ended error
		resource := struct {
			forbidden
			terminate
		}{forbidden{answer(false, test.err)}, terminate{func(_ *rest.Request, err error) { ended = err }}}
		err := runWith(t, resource, httptest.NewRecorder(), "", rest.Options{Trace: func(t rest.Trace) { trace = t }})
		assert.ErrorIs(t, err, test.want)
		assert.Equal(t, ended, err)
		assert.Equal(t, test.want == nil, err == nil)
		assert.Equal(t, test.want == nil, strings.Contains(trace.String(), "stopped by forbidden"), trace.String())
	}
}

// brittle is a client's connection that breaks after some bytes.
type brittle struct {
	*httptest.ResponseRecorder
	left int
}

var errBroken = errors.New("broken")

func (w *brittle) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errBroken
	}
	return w.ResponseRecorder.Write(p)
}

// A reply that breaks off says so to Terminate and to the protocol, which
// then does not end it as if it were whole.
func TestReplyThatBreaksOff(t *testing.T) {
	short := rest.File(handler.File{FS: shortening{fstest.MapFS{"a": {Data: []byte("0123456789")}}}, Path: "a", Length: 10})
	parts := func(bodies ...rest.Body) any {
		var list []rest.Part
		for _, body := range bodies {
			list = append(list, rest.Part{Last: 9, Total: 10, Body: body})
		}
		return ranged{digits, rangesProvided{answer([]rest.ProvideRange{{Unit: "bytes", From: answer(list, nil)}}, nil)}, tagged}
	}
	file := rest.File(digitsFile)
	for _, test := range []struct {
		name     string
		resource any
		wire     int // bytes that the connection takes
		want     string
	}{
		{"body", digits, 5, "broken"},
		{"file", toHTML{answer(file, nil)}, 5, "broken"},
		{"file that is too short", toHTML{answer(short, nil)}, 999, "handler: file a ended 5 bytes early"},
		{"range", ranged{digits, anyBytes, tagged}, 5, "broken"},
		{"range of a file", ranged{toHTML{answer(file, nil)}, anyBytes, tagged}, 5, "broken"},
		{"parts of bytes", parts(rest.Text("x"), rest.Text("y")), 50, "broken"},
		{"head of the first part", parts(file, file), 50, "broken"},
		{"first part", parts(file, file), 90, "broken"},
		{"head of the second part", parts(file, file), 150, "broken"},
		{"second part", parts(file, rest.Text("x")), 182, "broken"},
		{"part that is too short", parts(file, short), 999, "handler: file a ended 5 bytes early"},
		{"part that is not there", parts(file, rest.File(handler.File{FS: fstest.MapFS{}, Path: "a"})), 999, "open a: file does not exist"},
		{"end of the last part", parts(file, file), 200, "broken"},
		{"stream", toHTML{func(req *rest.Request) (rest.Body, error) {
			stream, err := req.StreamReply(200, nil)
			for err == nil {
				err = stream.Body([]byte("0123456789"))
			}
			return rest.Body{}, err
		}}, 25, "broken"},
		{"stream that stops", toHTML{func(req *rest.Request) (rest.Body, error) {
			stream, err := req.StreamReply(200, nil)
			require.NoError(t, err)
			return rest.Body{}, errors.Join(stream.Body([]byte("0123456789")), rest.Stop)
		}}, 5, "broken"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var ended error
			resource := struct {
				toHTML
				rangesProvided
				terminate
			}{}
			switch r := test.resource.(type) {
			case toHTML:
				resource.toHTML, resource.rangesProvided = r, rangesProvided{answer[[]rest.ProvideRange](nil, nil)}
			case ranged:
				resource.toHTML, resource.rangesProvided = r.toHTML, r.rangesProvided
			}
			resource.terminate.f = func(_ *rest.Request, err error) { ended = err }
			w := &brittle{httptest.NewRecorder(), test.wire}
			err := runWith(t, resource, w, "bytes=0-9")
			assert.EqualError(t, err, test.want)
			assert.Equal(t, err, ended)
			assert.NotZero(t, w.Code, "the reply had begun")
		})
	}
}

// shortening is a file system whose files are cut to half once they are open.
type shortening struct{ fs.FS }

func (f shortening) Open(name string) (fs.File, error) {
	file, err := f.FS.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	return cutFile{file, io.LimitReader(file, info.Size()/2)}, err
}

type cutFile struct {
	fs.File
	io.Reader
}

func (f cutFile) Read(p []byte) (int, error) { return f.Reader.Read(p) }

// Terminate is called once, whatever ended the request, but for a switch.
func TestTerminate(t *testing.T) {
	failed := errors.New("failed")
	for name, test := range map[string]struct {
		err   error
		calls int
		check func(*testing.T, error)
	}{
		"reply":  {nil, 1, func(t *testing.T, err error) { assert.NoError(t, err) }},
		"stop":   {rest.Stop, 1, func(t *testing.T, err error) { assert.NoError(t, err) }},
		"error":  {failed, 1, func(t *testing.T, err error) { assert.ErrorIs(t, err, failed) }},
		"switch": {rest.Switch(&handler.Upgrade{Protocol: protocolFunc(func(*handler.Request, *handler.Env) error { return nil })}), 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			var ended []error
			run(t, struct {
				toHTML
				terminate
			}{toHTML{answer(rest.Text("x"), test.err)}, terminate{func(_ *rest.Request, err error) { ended = append(ended, err) }}}, handler.Env{})
			require.Len(t, ended, test.calls)
			if test.calls == 1 {
				test.check(t, ended[0])
			}
		})
	}
}

func TestSwitchToNowhere(t *testing.T) {
	for _, to := range []*handler.Upgrade{nil, {}} {
		assert.ErrorContains(t, run(t, forbidden{answer(false, rest.Switch(to))}, handler.Env{}),
			"rest: rest_test.forbidden switched to an Upgrade that leads nowhere")
	}
}

// A client that goes away midway ends the request, and Terminate is told why.
func TestTerminateWhenTheClientIsGone(t *testing.T) {
	ended := make(chan error, 1)
	h := upgrade(struct {
		toHTML
		terminate
	}{toHTML{func(req *rest.Request) (rest.Body, error) {
		stream, err := req.StreamReply(200, nil)
		for err == nil {
			err = stream.Body(make([]byte, 1000))
		}
		return rest.Body{}, err
	}}, terminate{func(_ *rest.Request, err error) { ended <- err }}})
	servetest.Each(t, h, func(t *testing.T, c *servetest.Client) {
		ctx, cancel := context.WithCancel(t.Context())
		r, err := http.NewRequestWithContext(ctx, "GET", c.URL, nil)
		require.NoError(t, err)
		resp, err := c.Client.Do(r)
		require.NoError(t, err)
		cancel()
		_ = resp.Body.Close()
		select {
		case err := <-ended:
			assert.Error(t, err)
		case <-time.After(5 * time.Second):
			t.Fatal("Terminate was not called")
		}
	})
}

func TestPanicOfACallback(t *testing.T) {
	var ended error
	resource := struct {
		forbidden
		terminate
	}{forbidden{func(*rest.Request) (bool, error) { panic("oh") }}, terminate{func(_ *rest.Request, err error) { ended = err }}}
	err := run(t, resource, handler.Env{})
	var crash *handler.PanicError
	require.ErrorAs(t, err, &crash)
	assert.Equal(t, "oh", crash.Value)
	assert.Contains(t, string(crash.Stack), "TestPanicOfACallback")
	assert.Equal(t, err, ended)
	assert.PanicsWithValue(t, http.ErrAbortHandler, func() {
		_ = run(t, forbidden{func(*rest.Request) (bool, error) { panic(http.ErrAbortHandler) }}, handler.Env{})
	})
}

// Terminate is called once for what is no ordinary panic, too.
func TestTerminateAfterAbortAndGoexit(t *testing.T) {
	for name, test := range map[string]struct {
		end   func()
		check func(*testing.T, error)
	}{
		"abort": {func() { panic(http.ErrAbortHandler) }, func(t *testing.T, err error) {
			assert.ErrorIs(t, err, http.ErrAbortHandler)
			var crash *handler.PanicError
			assert.ErrorAs(t, err, &crash)
		}},
		"Goexit": {runtime.Goexit, func(t *testing.T, err error) {
			assert.EqualError(t, err, "rest: a callback ended its goroutine by runtime.Goexit")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			var ended, traced []error
			resource := struct {
				forbidden
				terminate
			}{forbidden{func(*rest.Request) (bool, error) { test.end(); return false, nil }},
				terminate{func(_ *rest.Request, err error) { ended = append(ended, err) }}}
			upgrade := rest.Upgrade(resource, rest.Options{Trace: func(trace rest.Trace) { traced = append(traced, trace.Err) }})
			req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), handler.Env{})
			var panicked any
			gone := make(chan struct{})
			go func() {
				defer close(gone)
				defer func() { panicked = recover() }()
				_ = upgrade.Protocol.Upgrade(req, req.Env())
			}()
			<-gone
			assert.Equal(t, name == "abort", panicked == http.ErrAbortHandler)
			require.Len(t, ended, 1)
			test.check(t, ended[0])
			assert.Equal(t, ended, traced)
		})
	}
}

// What panics after the reply does not lose it, and is logged.
func TestPanicAfterTheReply(t *testing.T) {
	var log bytes.Buffer
	env := handler.Env{Logger: slog.New(slog.NewTextHandler(&log, nil))}
	terminated := 0
	resource := struct {
		toHTML
		terminate
	}{page, terminate{func(*rest.Request, error) { terminated++; panic("oh, Terminate") }}}
	w := httptest.NewRecorder()
	req := handler.NewRequest(w, httptest.NewRequest("GET", "/", nil), env)
	upgrade := rest.Upgrade(resource, rest.Options{Trace: func(rest.Trace) { panic("oh, Trace") }})
	require.NoError(t, upgrade.Protocol.Upgrade(req, req.Env()))
	assert.Equal(t, 1, terminated)
	assert.Equal(t, "200 text/html||", fmt.Sprint(w.Code, " ", w.Body))
	for _, name := range []string{"Terminate", "Trace"} {
		assert.Contains(t, log.String(), `msg="rest: `+name+` crashed" path=/ error="panic: oh, `+name+`" stack=`)
	}
	assert.Contains(t, log.String(), "TestPanicAfterTheReply", "where it was")
}

// run upgrades a GET of "/" to a resource, without a socket.
func run(t *testing.T, resource any, env handler.Env) error {
	t.Helper()
	req := handler.NewRequest(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil), env)
	return rest.Upgrade(resource).Protocol.Upgrade(req, req.Env())
}

// runWith upgrades a GET of "/" with a Range to a resource, and replies to w.
func runWith(t *testing.T, resource any, w http.ResponseWriter, ranges string, options ...rest.Options) error {
	t.Helper()
	r := httptest.NewRequest("GET", "/", nil)
	if ranges != "" {
		r.Header.Set("Range", ranges)
	}
	req := handler.NewRequest(w, r, handler.Env{})
	return rest.Upgrade(resource, options...).Protocol.Upgrade(req, req.Env())
}

type misfit struct{ toHTML }

func (*misfit) ResourceExists() bool { return true }

type fit struct{ toHTML }

func (*fit) ResourceExists(*rest.Request) (bool, error) { return true, nil }
func (*fit) Unrelated(int) string                       { return "" }

type misspelt struct{ toHTML }

func (misspelt) GenerateEtag(*rest.Request) (handler.ETag, error) { return handler.ETag{}, nil }

func TestCallbackOfAnotherSignature(t *testing.T) {
	const want = "rest: the callback ResourceExists of *rest_test.misfit is a func() bool, not a func(*rest.Request) (bool, error)"
	for range 2 {
		assert.EqualError(t, run(t, &misfit{page}, handler.Env{}), want)
	}
	assert.NoError(t, run(t, &fit{page}, handler.Env{}))
	assert.EqualError(t, run(t, fit{page}, handler.Env{}),
		"rest: the callback ResourceExists is one of *rest_test.fit: use a pointer as the resource, not a value")
	assert.EqualError(t, run(t, misspelt{}, handler.Env{}),
		"rest: the method GenerateEtag of rest_test.misspelt is not a callback: it is spelt GenerateETag")
	assert.EqualError(t, run(t, &struct {
		*fit
		resourceExists
		toHTML
	}{}, handler.Env{}), "rest: *struct { *rest_test.fit; rest_test.resourceExists; rest_test.toHTML } embeds the callback ResourceExists several times,"+
		" in fit and resourceExists, so it has none: give it a method of its own")
	assert.EqualError(t, run(t, nil, handler.Env{}), "rest: the resource is nil")
}

func TestTraceGoesToTheLogger(t *testing.T) {
	var log bytes.Buffer
	for level, logged := range map[slog.Level]bool{slog.LevelDebug: true, slog.LevelInfo: false} {
		log.Reset()
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))
		require.NoError(t, run(t, forbidden{answer(true, nil)}, handler.Env{Logger: logger}))
		assert.Equal(t, logged, bytes.Contains(log.Bytes(), []byte("GET /: 403 by forbidden, after service_available, known_methods,")), log.String())
	}
}

// Each callback of a cached value is called once for a request.
func TestCallbacksAreCalledOnce(t *testing.T) {
	calls := map[string]int{}
	resource := struct {
		toHTML
		generateETag
		lastModified
		charsetsProvided
	}{
		page,
		generateETag{func(*rest.Request) (handler.ETag, error) { calls["etag"]++; return handler.ETag{}, nil }},
		lastModified{func(*rest.Request) (time.Time, error) { calls["modified"]++; return time.Time{}, nil }},
		charsetsProvided{func(*rest.Request) ([]string, error) { calls["charsets"]++; return nil, nil }},
	}
	servetest.Each(t, upgrade(resource), func(t *testing.T, c *servetest.Client) {
		clear(calls)
		resp, _ := c.Do(t, "GET", "/", "", "Accept: text/html;charset=x", "If-Modified-Since: "+httpBefore)
		assert.Equal(t, 200, resp.StatusCode)
		assert.Equal(t, map[string]int{"etag": 1, "modified": 1, "charsets": 1}, calls)
	})
}
