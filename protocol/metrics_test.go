package protocol_test

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// records is a Metrics and where its records go.
func records() (protocol.Metrics, chan *protocol.Record) {
	c := make(chan *protocol.Record, 10)
	return protocol.Metrics{Callback: func(r *protocol.Record) { c <- r }}, c
}

func take(t *testing.T, from chan *protocol.Record) *protocol.Record {
	t.Helper()
	select {
	case r := <-from:
		return r
	case <-time.After(patience):
		require.Fail(t, "no record")
		return nil
	}
}

func TestMetrics(t *testing.T) {
	metrics, seen := records()
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{metrics},
			Dispatch: dispatch(func(req *handler.Request) (*handler.Upgrade, error) {
				body, _, err := req.ReadBody(handler.BodyOptions{})
				if err != nil {
					return nil, err
				}
				_ = req.Inform(103, nil)
				return nil, req.Reply(201, handler.Headers{"X": "y"}, append(body, body...))
			}),
		}
	}, func(t *testing.T, c *peer) {
		before := time.Now()
		c.do(t, "POST", strings.NewReader("hello"))
		r := take(t, seen)
		assert.Equal(t, "POST", r.Exchange.HTTP().Method)
		assert.Equal(t, protocol.ReasonNormal, r.Reason.Kind)
		assert.Equal(t, 201, r.Status)
		assert.Equal(t, "y", r.Header.Get("X"))
		assert.EqualValues(t, 5, r.RequestBytes)
		assert.EqualValues(t, 10, r.ResponseBytes)
		require.Len(t, r.Informational, 1)
		assert.Equal(t, 103, r.Informational[0].Status)
		last := before
		for _, next := range []time.Time{r.Start, r.BodyStart, r.BodyEnd, r.Informational[0].Time, r.RespStart, r.RespEnd, r.End} {
			assert.False(t, next.Before(last), "%v is before %v", next, last)
			last = next
		}
	})
}

// TestMetricsOfNoBody has neither a request body nor a response.
func TestMetricsOfNoBody(t *testing.T) {
	metrics, seen := records()
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{metrics},
			Dispatch:       dispatch(func(*handler.Request) (*handler.Upgrade, error) { panic(http.ErrAbortHandler) }),
		}
	}, func(t *testing.T, c *peer) {
		if response, err := c.Get(c.url); err == nil {
			_ = response.Body.Close()
		}
		r := take(t, seen)
		assert.Equal(t, protocol.ReasonAborted, r.Reason.Kind)
		assert.Zero(t, r.Status)
		assert.True(t, r.BodyStart.IsZero() && r.BodyEnd.IsZero() && r.RespStart.IsZero() && r.RespEnd.IsZero())
	})
}

// TestMetricsAroundCompress measures what is sent, and what the handler wrote.
func TestMetricsAroundCompress(t *testing.T) {
	outer, sent := records()
	inner, wrote := records()
	each(t, func() protocol.Options {
		return protocol.Options{
			StreamHandlers: []protocol.StreamHandler{outer, protocol.Compress{}, inner},
			Compress:       true, // is there already
			Dispatch:       dispatch(say(strings.Repeat("a", 1000))),
		}
	}, func(t *testing.T, c *peer) {
		_, body := c.do(t, "GET", nil, "Accept-Encoding", "gzip")
		assert.EqualValues(t, len(body), take(t, sent).ResponseBytes)
		assert.EqualValues(t, 1000, take(t, wrote).ResponseBytes)
		assert.Less(t, len(body), 100)
	})
}

func TestMetricsOfARefusedRequest(t *testing.T) {
	metrics, seen := records()
	each(t, func() protocol.Options {
		return protocol.Options{StreamHandlers: []protocol.StreamHandler{metrics}, Dispatch: dispatch(say("hi")), MaxHeaders: 1}
	}, func(t *testing.T, c *peer) {
		c.do(t, "GET", nil, "A", "b")
		r := take(t, seen)
		assert.Equal(t, protocol.ReasonRefused, r.Reason.Kind)
		assert.ErrorContains(t, r.Reason.Err, "MaxHeaders")
		assert.Equal(t, 431, r.Status)
		assert.Zero(t, r.ResponseBytes)
	})
}

type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	return websocket.Reply(f)
}

// TestWebSocketThroughTheChain upgrades through every built-in handler, and
// their records say so.
func TestWebSocketThroughTheChain(t *testing.T) {
	metrics, seen := records()
	var l logs
	p := mustNew(t, protocol.Options{
		Logger: l.logger(),
		StreamHandlers: []protocol.StreamHandler{
			metrics, protocol.AccessLog{}, protocol.Tracer{Trace: func(protocol.TraceEvent) {}},
			protocol.ErrorPages{Page: func(*protocol.Exchange, int, http.Header) []byte { return []byte("page") }},
			protocol.Decompress{}, protocol.Compress{},
		},
		Dispatch: dispatch(func(*handler.Request) (*handler.Upgrade, error) { return websocket.Upgrade(echo{}), nil }),
	})
	server := p.Server()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(socket) }()
	defer func() {
		_ = server.Close()
		<-done
	}()

	conn, err := net.Dial("tcp", socket.Addr().String())
	require.NoError(t, err)
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"+
		"\x81\x82\x00\x00\x00\x00hi\x88\x80\x00\x00\x00\x00")
	require.NoError(t, err)
	got, err := io.ReadAll(conn)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
	assert.True(t, strings.HasPrefix(string(got), "HTTP/1.1 101 "), "%q", got)
	assert.Contains(t, string(got), "\x81\x02hi\x88")

	r := take(t, seen)
	assert.Equal(t, protocol.ReasonSwitched, r.Reason.Kind)
	assert.Equal(t, 101, r.Status)
	require.Eventually(t, func() bool { return strings.Contains(l.String(), "reason=switched") }, patience, time.Millisecond)
	assert.Contains(t, l.String(), "status=101")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(t, p.Shutdown(ctx))
}

func TestAccessLog(t *testing.T) {
	var l, own logs
	options := protocol.Options{
		Listener: "name",
		Logger:   l.logger(),
		StreamHandlers: []protocol.StreamHandler{
			protocol.AccessLog{},
			protocol.AccessLog{Logger: own.logger(), Level: slog.LevelWarn},
			protocol.AccessLog{Level: slog.LevelDebug}, // not enabled
		},
		MaxHeaders: 90,
		Dispatch:   dispatch(say("hello")),
	}
	each(t, func() protocol.Options { return options }, func(t *testing.T, c *peer) {
		response, err := c.Get(c.url + "/a%20b?secret=1")
		require.NoError(t, err)
		_, err = io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Eventually(t, func() bool {
			return strings.Contains(l.String(), response.Proto) && strings.Contains(own.String(), response.Proto)
		}, patience, time.Millisecond)
		assert.Contains(t, l.String(), "level=INFO msg=request method=GET path=/a%20b proto="+response.Proto+" status=200 in=0 out=5 took=")
		assert.Contains(t, l.String(), "listener=name")
		assert.Contains(t, own.String(), "level=WARN msg=request method=GET")
		for _, text := range []string{"secret", "level=DEBUG", "reason="} {
			assert.NotContains(t, l.String(), text)
		}
	})
	each(t, func() protocol.Options { return options }, func(t *testing.T, c *peer) {
		r, err := http.NewRequest("GET", c.url, nil)
		require.NoError(t, err)
		for range 100 {
			r.Header.Add("A", "b")
		}
		response, err := c.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Eventually(t, func() bool { return strings.Contains(l.String(), "proto="+response.Proto+" status=431") }, patience, time.Millisecond)
		assert.Contains(t, l.String(), `reason="refused: protocol: there are more headers than MaxHeaders"`)
	})
}

// TestRouteOfARequest asks for a label that doesn't grow with what clients
// send.
func TestRouteOfARequest(t *testing.T) {
	metrics, seen := records()
	var l logs
	options := protocol.Options{
		Logger:         l.logger(),
		StreamHandlers: []protocol.StreamHandler{metrics, protocol.AccessLog{}},
		Dispatch: router.MustCompile(
			router.Host("named.org", router.Path("/[...]", handler.Func(say("hi")))),
			router.Host("_", router.Path("/users/:id", handler.Func(say("hi")))),
		),
	}
	tests := []struct{ host, path, pattern, hostPattern, line string }{
		{"x.org", "/users/1", "/users/:id", "_", " route=/users/:id\n"},
		{"x.org", "/users/2", "/users/:id", "_", " route=/users/:id\n"},
		{"x.org", "/nowhere", "", "", `error="router: no route for the path \"/nowhere\""` + "\n"},
		{"named.org", "/a/b", "/[...]", "named.org", " route=/[...] route_host=named.org\n"},
	}
	p, err := protocol.New(options)
	require.NoError(t, err)
	for _, test := range tests {
		before := len(l.String())
		p.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "http://"+test.host+test.path, nil))
		r := take(t, seen)
		assert.Equal(t, test.pattern, r.Pattern, test.path)
		assert.Equal(t, test.hostPattern, r.HostPattern, test.path)
		assert.True(t, strings.HasSuffix(l.String()[before:], test.line), l.String()[before:])
	}
}

func TestTracer(t *testing.T) {
	var events []string
	ended := make(chan struct{}, 1)
	tracer := protocol.Tracer{
		Match: func(r *http.Request) bool { return r.Header.Get("Trace") != "" },
		Trace: func(e protocol.TraceEvent) {
			events = append(events, e.Name)
			if e.Name == "terminate" {
				ended <- struct{}{}
			}
		},
	}
	each(t, func() protocol.Options {
		return protocol.Options{StreamHandlers: []protocol.StreamHandler{tracer}, Dispatch: dispatch(say("hi"))}
	}, func(t *testing.T, c *peer) {
		c.do(t, "GET", nil)
		c.do(t, "GET", nil, "Trace", "1")
		<-ended
		assert.Equal(t, []string{"init", "headers", "write", "end", "terminate"}, events)
		events = nil
	})
}

func TestBadStreamHandlers(t *testing.T) {
	for message, h := range map[string]protocol.StreamHandler{
		"StreamHandlers[1] is nil":                                  nil,
		"StreamHandlers[1]: Metrics.Callback is nil":                protocol.Metrics{},
		"StreamHandlers[1]: Tracer.Trace is nil":                    protocol.Tracer{},
		"StreamHandlers[1]: ErrorPages.Page is nil":                 protocol.ErrorPages{},
		"StreamHandlers[1]: Decompress.RatioLimit is -1":            protocol.Decompress{RatioLimit: -1},
		"StreamHandlers[1]: Compress.Threshold is -1; 0 for 300, o": protocol.Compress{Threshold: -1},
	} {
		_, err := protocol.New(protocol.Options{
			Dispatch:       dispatch(say("")),
			StreamHandlers: []protocol.StreamHandler{protocol.AccessLog{}, h},
		})
		assert.ErrorContains(t, err, message)
	}
}
