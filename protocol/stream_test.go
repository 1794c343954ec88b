package protocol_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

const patience = 20 * time.Second

// peer is a client of one server in one version of HTTP.
type peer struct {
	*http.Client
	url, addr string
	http2     bool
}

// newPeer returns a client of the server at addr that ends with the test.
func newPeer(t *testing.T, addr string, http2 bool) *peer {
	var protocols http.Protocols
	protocols.SetHTTP1(!http2)
	protocols.SetUnencryptedHTTP2(http2)
	transport := &http.Transport{DisableCompression: true, Protocols: &protocols}
	t.Cleanup(transport.CloseIdleConnections)
	return &peer{&http.Client{Transport: transport, Timeout: patience}, "http://" + addr, addr, http2}
}

// each runs test over HTTP/1.1 and over HTTP/2 in clear text, each against a
// server of its own.
func each(t *testing.T, options func() protocol.Options, test func(t *testing.T, c *peer)) {
	t.Helper()
	for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
		t.Run(name, func(t *testing.T) { test(t, newPeer(t, serve(t, options()), http2)) })
	}
}

// do makes a request and returns the whole response; header is names and
// values in turns.
func (c *peer) do(t *testing.T, method string, body io.Reader, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, c.url+"/", body)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := c.Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, string(text)
}

// journal is a StreamHandler that notes what it sees and puts its mark on the
// way of what passes.
type journal struct {
	name string
	*journals
}

// journals is what several of them note, in order.
type journals struct {
	mu    sync.Mutex
	lines []string
	ended chan protocol.Reason // of the journal next to the client
}

func newJournals() *journals { return &journals{ended: make(chan protocol.Reason, 10)} }

func (j *journals) note(format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf(format, args...))
}

// take returns what was noted by the end of a request.
func (j *journals) take(t *testing.T) ([]string, protocol.Reason) {
	t.Helper()
	select {
	case reason := <-j.ended:
		j.mu.Lock()
		defer j.mu.Unlock()
		lines := j.lines
		j.lines = nil
		return lines, reason
	case <-time.After(patience):
		require.Fail(t, "no Terminate")
		return nil, protocol.Reason{}
	}
}

func (j journal) Init(x *protocol.Exchange, next protocol.Stream) protocol.Stream {
	j.note("%s init %s", j.name, x.HTTP().Method)
	return &journalStream{next, j, x}
}

func (j journal) EarlyError(e *protocol.EarlyError) {
	j.note("%s early %d %v", j.name, e.Status, e.Reason)
	e.Body = append(e.Body, j.name...)
}

type journalStream struct {
	protocol.Stream
	journal
	x *protocol.Exchange
}

func (j *journalStream) Read(p []byte) (int, error) {
	n, err := j.Stream.Read(p)
	if n > 0 {
		j.note("%s read %s", j.name, p[:n])
	}
	return n, err
}

func (j *journalStream) Inform(status int, h http.Header) {
	j.note("%s inform %d %s", j.name, status, h.Get("Link"))
	j.Stream.Inform(status, h)
}

func (j *journalStream) Headers(status int, h http.Header) {
	j.note("%s headers %d", j.name, status)
	h.Add("Way", j.name)
	j.Stream.Headers(status, h)
}

func (j *journalStream) Write(p []byte) (int, error) {
	j.note("%s write %s", j.name, p)
	_, err := j.Stream.Write([]byte(strings.ToUpper(string(p))))
	return len(p), err
}

func (j *journalStream) Flush() error {
	j.note("%s flush", j.name)
	return j.Stream.Flush()
}

func (j *journalStream) End(trailers http.Header) {
	j.note("%s end %s", j.name, trailers.Get("Sum"))
	if trailers != nil {
		trailers.Set("Sum", trailers.Get("Sum")+j.name)
	}
	j.Stream.End(trailers)
}

func (j *journalStream) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	j.note("%s hijack", j.name)
	return j.Stream.Hijack()
}

func (j *journalStream) Terminate(reason protocol.Reason) {
	j.note("%s terminate %v", j.name, reason)
	j.Stream.Terminate(reason)
	if j.name == "a" {
		j.ended <- reason
	}
}

// TestStreamHandlers follows a request and its response through a chain of
// two.
func TestStreamHandlers(t *testing.T) {
	j := newJournals()
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{journal{"a", j}, journal{"b", j}},
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				body, _, err := req.ReadBody(handler.BodyOptions{})
				if err != nil {
					return nil, err
				}
				if err := req.Inform(103, handler.Headers{"Link": "</x>"}); err != nil {
					return nil, err
				}
				s, err := req.StreamReply(200, nil)
				if err != nil {
					return nil, err
				}
				if err := s.Body(body); err != nil {
					return nil, err
				}
				return nil, s.Trailers(handler.Headers{"Sum": "1"})
			}),
		}
	}, func(t *testing.T, c *peer) {
		response, body := c.do(t, "POST", strings.NewReader("hi"), "TE", "trailers")
		lines, reason := j.take(t)
		assert.Equal(t, []string{
			"a init POST", "b init POST",
			"a read hi", "b read hi",
			"b inform 103 </x>", "a inform 103 </x>",
			"b headers 200", "a headers 200", "b flush", "a flush",
			"b write hi", "a write HI", "b flush", "a flush",
			"b end 1", "a end 1b",
			"b terminate normal", "a terminate normal",
		}, lines)
		assert.Equal(t, protocol.Reason{Kind: protocol.ReasonNormal}, reason)
		assert.Equal(t, []string{"b", "a"}, response.Header["Way"])
		assert.Equal(t, "HI", body)
		assert.Equal(t, "1ba", response.Trailer.Get("Sum"))
	})
}

func TestReasons(t *testing.T) {
	cause := errors.New("the cause")
	tests := map[string]struct {
		init   initFunc
		status int // 0: the response breaks off
		want   string
	}{
		"reply":                {say("hi"), 200, "normal"},
		"no reply":             {func(*handler.Request) (*handler.Upgrade, error) { return nil, nil }, 204, "normal"},
		"not found":            {func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(404, "nowhere") }, 404, "normal: nowhere"},
		"error":                {func(*handler.Request) (*handler.Upgrade, error) { return nil, cause }, 500, "error: the cause"},
		"panic":                {func(*handler.Request) (*handler.Upgrade, error) { panic(cause) }, 500, "crash: panic: the cause"},
		"abort":                {func(*handler.Request) (*handler.Upgrade, error) { panic(http.ErrAbortHandler) }, 0, "aborted: net/http: abort Handler"},
		"panic later":          {begun(func() error { panic(cause) }), 0, "crash: panic: the cause"},
		"error later":          {begun(func() error { return cause }), 0, "error: the cause"},
		"client's error later": {begun(func() error { return handler.Errorf(400, "malformed") }), 0, "error: malformed"},
		"panic after a reply":  {replied(func() error { panic(cause) }), 200, "crash: panic: the cause"},
		"error after a reply":  {replied(func() error { return cause }), 200, "error: the cause"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJournals()
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{journal{"a", j}},
					Dispatch:       dispatch(tt.init),
					Logger:         new(logs).logger(),
				}
			}, func(t *testing.T, c *peer) {
				if tt.status == 0 {
					response, err := c.Get(c.url)
					if err == nil {
						_, err = io.ReadAll(response.Body)
						_ = response.Body.Close()
					}
					assert.Error(t, err)
				} else {
					response, _ := c.do(t, "GET", nil)
					assert.Equal(t, tt.status, response.StatusCode)
				}
				_, reason := j.take(t)
				assert.Equal(t, tt.want, reason.String())
			})
		})
	}
}

// replied fails after the whole response.
func replied(fail func() error) initFunc {
	return func(req *handler.Request) (*handler.Upgrade, error) {
		if err := req.ReplyText(200, "all"); err != nil {
			return nil, err
		}
		return nil, fail()
	}
}

// begun fails after some of the response was sent.
func begun(fail func() error) initFunc {
	return func(req *handler.Request) (*handler.Upgrade, error) {
		s, err := req.StreamReply(200, nil)
		if err != nil {
			return nil, err
		}
		if err := s.Body([]byte("some")); err != nil {
			return nil, err
		}
		return nil, fail()
	}
}

// TestReasonOfAResponseThatIsComplete has a client that leaves once it has
// all of the response, which is a good end.
func TestReasonOfAResponseThatIsComplete(t *testing.T) {
	j := newJournals()
	left := make(chan struct{})
	addr := serve(t, protocol.Options{
		StreamHandlers: []protocol.StreamHandler{journal{"a", j}},
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			_ = req.ReplyText(200, "hi")
			_ = http.NewResponseController(req.Writer()).Flush()
			<-req.Context().Done()
			close(left)
			return nil, nil
		}),
	})
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.NoError(t, conn.Close())
	<-left
	_, reason := j.take(t)
	assert.Equal(t, protocol.ReasonNormal, reason.Kind)
}

func TestHijackPassesTheChain(t *testing.T) {
	j := newJournals()
	addr := serve(t, protocol.Options{
		Compress:       true,
		StreamHandlers: []protocol.StreamHandler{journal{"a", j}, journal{"b", j}},
		Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
			control := http.NewResponseController(req.Writer())
			if err := errors.Join(control.SetReadDeadline(time.Now().Add(patience)), control.SetWriteDeadline(time.Now().Add(patience)),
				control.EnableFullDuplex()); err != nil {
				return nil, err
			}
			conn, _, err := control.Hijack()
			if err != nil {
				return nil, err
			}
			defer func() { _ = conn.Close() }()
			if _, err := req.Writer().Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
				return nil, fmt.Errorf("a write after Hijack: %w", err)
			}
			if _, ok := conn.(*net.TCPConn); !ok {
				return nil, errors.New("not the bare connection")
			}
			_, err = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\nbytes")
			return nil, err
		}),
	})
	got := exchange(t, addr, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	assert.Equal(t, "HTTP/1.1 101 Switching Protocols\r\n\r\nbytes", got)
	lines, reason := j.take(t)
	assert.Equal(t, []string{"a init GET", "b init GET", "b hijack", "a hijack", "b terminate switched", "a terminate switched"}, lines)
	assert.Equal(t, protocol.Reason{Kind: protocol.ReasonSwitched}, reason)
}

func TestEarlyErrorsPassTheChain(t *testing.T) {
	j := newJournals()
	each(t, func() protocol.Options {
		return protocol.Options{
			MaxMethodLength: 3,
			StreamHandlers:  []protocol.StreamHandler{journal{"a", j}, protocol.Decompress{}, journal{"b", j}},
			Dispatch:        dispatch(say("hi")),
		}
	}, func(t *testing.T, c *peer) {
		response, body := c.do(t, "LONG", nil)
		assert.Equal(t, 501, response.StatusCode)
		assert.Equal(t, "ba", body)
		const why = "501 protocol: the method is longer than MaxMethodLength"
		assert.Equal(t, []string{"b early " + why, "a early " + why}, j.lines)
		j.lines = nil
	})
}

// TestExchange shows what a stream handler finds out about a request.
func TestExchange(t *testing.T) {
	var l logs
	logger := l.logger()
	seen := make(chan *protocol.Exchange, 1)
	hidden := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrapper{w}, r) })
	}
	options := protocol.Options{
		Listener: "name",
		Logger:   logger,
		Wrap:     []func(http.Handler) http.Handler{hidden},
		StreamHandlers: []protocol.StreamHandler{protocol.Tracer{Trace: func(e protocol.TraceEvent) {
			switch e.Name {
			case "init":
				assert.Nil(t, e.Exchange.Request())
			case "terminate":
				seen <- e.Exchange
			}
		}}},
		Dispatch: dispatch(func(*handler.Request) (*handler.Upgrade, error) { return nil, handler.Errorf(409, "no") }),
	}
	each(t, func() protocol.Options { return options }, func(t *testing.T, c *peer) {
		c.do(t, "GET", nil)
		x := <-seen
		assert.Equal(t, "name", x.Listener())
		assert.Same(t, logger, x.Logger())
		assert.ErrorContains(t, x.Err(), "no")
		assert.IsType(t, handler.Func(nil), x.Request().Env().Handler)
	})
}

type wrapper struct{ http.ResponseWriter }

func (w wrapper) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// nothing is a StreamHandler that wants to see nothing.
type nothing struct{}

func (nothing) Init(*protocol.Exchange, protocol.Stream) protocol.Stream { return nil }

// TestFilesThroughTheChain sends a file where all links can pass it on, and
// where they cannot.
func TestFilesThroughTheChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	text := strings.Repeat("line\n", 50_000)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	for name, h := range map[string]protocol.StreamHandler{
		"nothing": nothing{},
		"metrics": protocol.Metrics{Callback: func(r *protocol.Record) { assert.EqualValues(t, len(text), r.ResponseBytes) }},
		"tracer":  protocol.Tracer{Trace: func(protocol.TraceEvent) {}},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{h, protocol.Compress{}},
					Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
						return nil, req.ReplyFile(200, nil, handler.File{Path: path})
					}),
				}
			}, func(t *testing.T, c *peer) {
				_, body := c.do(t, "GET", nil)
				assert.Equal(t, text, body)
			})
		})
	}
}

func TestReasonStrings(t *testing.T) {
	for kind, want := range map[protocol.ReasonKind]string{
		0: "none", protocol.ReasonNormal: "normal", protocol.ReasonSwitched: "switched", protocol.ReasonClosed: "closed",
		protocol.ReasonError: "error", protocol.ReasonCrash: "crash", protocol.ReasonAborted: "aborted",
		protocol.ReasonRefused: "refused", 99: "reason 99",
	} {
		assert.Equal(t, want, kind.String())
	}
}

// A client that leaves midway ends the handler, whose Terminate is told, and
// the chain, whose reason says so.
func TestClientLeaves(t *testing.T) {
	tests := map[string]struct {
		handle func(*handler.Request) error
		body   io.Reader // as it is before the client leaves
	}{
		"upload": {func(req *handler.Request) error {
			_, err := io.Copy(io.Discard, req.Body())
			return err
		}, strings.NewReader("some")},
		"download": {func(req *handler.Request) error {
			stream, err := req.StreamReply(200, nil)
			for err == nil {
				err = stream.Body(make([]byte, 1000))
			}
			return err
		}, nil},
		"wait": {func(req *handler.Request) error {
			<-req.Context().Done()
			return context.Cause(req.Context())
		}, nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			j := newJournals()
			begun, ends := make(chan struct{}, 1), make(chan error, 1)
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{journal{"a", j}},
					Logger:         new(logs).logger(),
					Dispatch: to{leaving{ends, func(req *handler.Request) (*handler.Upgrade, error) {
						begun <- struct{}{}
						return nil, tt.handle(req)
					}}},
				}
			}, func(t *testing.T, c *peer) {
				ctx, leave := context.WithCancel(t.Context())
				defer leave()
				body, sending := io.Pipe()
				request, err := http.NewRequestWithContext(ctx, "POST", c.url, body)
				require.NoError(t, err)
				if tt.body == nil {
					request.Body = nil
				}
				go func() {
					<-begun
					if tt.body != nil {
						_, _ = io.Copy(sending, tt.body)
					}
					leave()
					_ = sending.CloseWithError(io.ErrClosedPipe)
				}()
				response, err := c.Do(request)
				if err == nil {
					_, err = io.Copy(io.Discard, response.Body)
					_ = response.Body.Close()
				}
				require.Error(t, err)
				_, reason := j.take(t)
				assert.Equal(t, protocol.ReasonClosed, reason.Kind, "%v", reason)
				assert.Error(t, <-ends)
			})
		})
	}
}

// leaving is a Terminator that tells how its requests end.
type leaving struct {
	ends chan error
	init initFunc
}

func (l leaving) Init(req *handler.Request) (*handler.Upgrade, error) { return l.init(req) }

func (l leaving) Terminate(_ *handler.Request, err error) { l.ends <- err }

// brokenStream panics in one of its methods.
type brokenStream struct {
	protocol.Stream
	in string
}

func (b brokenStream) Init(_ *protocol.Exchange, next protocol.Stream) protocol.Stream {
	b.Stream = next
	return b.check("Init")
}

func (b brokenStream) check(method string) brokenStream {
	if b.in == method {
		panic("broken in " + method)
	}
	return b
}

func (b brokenStream) Read(p []byte) (int, error) { return b.check("Read").Stream.Read(p) }
func (b brokenStream) Terminate(reason protocol.Reason) {
	b.Stream.Terminate(reason)
	b.check("Terminate")
}
func (b brokenStream) Headers(status int, h http.Header) {
	b.check("Headers").Stream.Headers(status, h)
}
func (b brokenStream) Write(p []byte) (int, error) { return b.check("Write").Stream.Write(p) }
func (b brokenStream) End(h http.Header)           { b.check("End").Stream.End(h) }

// A stream handler that panics costs its request, and the others of the chain
// are told.
func TestStreamHandlerPanics(t *testing.T) {
	readAndReply := func(req *handler.Request) (*handler.Upgrade, error) {
		if _, _, err := req.ReadBody(handler.BodyOptions{}); err != nil {
			return nil, err
		}
		return nil, req.ReplyText(200, "hi")
	}
	for method, status := range map[string]int{"Init": 500, "Read": 500, "Headers": 0, "Write": 0, "End": 0, "Terminate": 200} {
		t.Run(method, func(t *testing.T) {
			j, l := newJournals(), new(logs)
			each(t, func() protocol.Options {
				return protocol.Options{
					StreamHandlers: []protocol.StreamHandler{journal{"a", j}, brokenStream{in: method}},
					Dispatch:       dispatch(readAndReply),
					Logger:         l.logger(),
				}
			}, func(t *testing.T, c *peer) {
				response, err := c.Post(c.url, "text/plain", strings.NewReader("hello"))
				if err == nil {
					assert.Equal(t, status, response.StatusCode)
					_ = response.Body.Close()
				} else {
					assert.Zero(t, status, "%v", err)
				}
				_, reason := j.take(t)
				if method == "Terminate" {
					assert.Equal(t, "normal", reason.String())
				} else {
					assert.Equal(t, "crash: panic: broken in "+method, reason.String())
				}
				assert.Eventually(t, func() bool { return strings.Contains(l.String(), "broken in "+method) },
					patience, time.Millisecond)
			})
		})
	}
}
