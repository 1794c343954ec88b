package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/websocket"
)

// handedOver is a ResponseWriter whose connection is taken over by a function.
type handedOver struct {
	*httptest.ResponseRecorder
	hijack func() (net.Conn, *bufio.ReadWriter, error)
}

func (w handedOver) Hijack() (net.Conn, *bufio.ReadWriter, error) { return w.hijack() }

// fragile is a connection whose methods fail as a test says.
type fragile struct {
	net.Conn
	write  func([]byte) (int, error)
	remote func() net.Addr
	closes atomic.Int32
}

func (c *fragile) RemoteAddr() net.Addr {
	if c.remote != nil {
		return c.remote()
	}
	return c.Conn.RemoteAddr()
}

func (c *fragile) Write(b []byte) (int, error) { return c.write(b) }

func (c *fragile) Close() error {
	c.closes.Add(1)
	return c.Conn.Close()
}

// opening is the request of a handshake, for a handler without a server.
func opening(t *testing.T) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(request{}.bytes())))
	require.NoError(t, err)
	return r
}

// TestFailedHandshakeLeavesNothing: wherever it fails, no session stays
// registered and no connection open.
func TestFailedHandshakeLeavesNothing(t *testing.T) {
	type hijack = func(c *fragile, buffered *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error)
	took := func(c *fragile, buffered *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
		return c, buffered, nil
	}
	for _, test := range []struct {
		name   string
		hijack hijack
		broken *fragile // nil: none
		filter func(*handler.Request) websocket.RequestInfo
		closes int32
	}{
		{name: "Hijack fails", hijack: func(*fragile, *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
			return nil, nil, http.ErrNotSupported
		}},
		{name: "Hijack fails and returns a connection", closes: 1, hijack: func(c *fragile, _ *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
			return c, nil, http.ErrNotSupported
		}},
		{name: "Hijack panics", hijack: func(*fragile, *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) { panic("oops") }},
		{name: "Hijack ends its goroutine", hijack: func(*fragile, *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
			runtime.Goexit()
			return nil, nil, nil
		}},
		{name: "Hijack returns no reader", closes: 1, hijack: func(c *fragile, _ *bufio.ReadWriter) (net.Conn, *bufio.ReadWriter, error) {
			return c, nil, nil
		}},
		{name: "RemoteAddr panics", hijack: took, closes: 1, broken: &fragile{remote: func() net.Addr { panic("oops") }}},
		{name: "the write fails", hijack: took, closes: 1, broken: &fragile{write: func([]byte) (int, error) { return 0, io.ErrShortWrite }}},
		{name: "the write panics", hijack: took, closes: 1, broken: &fragile{write: func([]byte) (int, error) { panic("oops") }}},
		{name: "the write ends its goroutine", hijack: took, closes: 1, broken: &fragile{write: func([]byte) (int, error) {
			runtime.Goexit()
			return 0, nil
		}}},
		{name: "RequestFilter panics", hijack: took, filter: func(*handler.Request) websocket.RequestInfo { panic("oops") }},
		{name: "RequestFilter ends its goroutine", hijack: took, filter: func(*handler.Request) websocket.RequestInfo {
			runtime.Goexit()
			return websocket.RequestInfo{}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ours, theirs := net.Pipe()
			defer theirs.Close()
			c := test.broken
			if c == nil {
				c = new(fragile)
			}
			c.Conn = ours
			defer ours.Close()
			buffered := bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c))
			w := handedOver{ResponseRecorder: httptest.NewRecorder(), hijack: func() (net.Conn, *bufio.ReadWriter, error) { return test.hijack(c, buffered) }}
			sessions := new(handler.Sessions)
			req := handler.NewRequest(w, opening(t), handler.Env{Sessions: sessions})
			h := &callbacks{}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() { _ = recover() }()
				_ = websocket.Upgrade(h, websocket.Options{RequestFilter: test.filter}).Protocol.Upgrade(req, req.Env())
			}()
			<-done
			assert.Zero(t, sessions.Len(), "sessions")
			assert.Equal(t, test.closes, c.closes.Load(), "calls of Close")
			assert.Nil(t, h.conn, "Init was called")
			assert.Empty(t, h.ended())
		})
	}
}

// bomb is a stream handler that panics when the connection is taken over.
type bomb struct{ protocol.Stream }

func (bomb) Init(_ *protocol.Exchange, next protocol.Stream) protocol.Stream { return bomb{next} }

func (bomb) Hijack() (net.Conn, *bufio.ReadWriter, error) { panic("oops") }

// TestStreamHandlerThatPanicsInHijack is answered with 500, and the listener
// stops as if nothing had been.
func TestStreamHandlerThatPanicsInHijack(t *testing.T) {
	h := &callbacks{}
	server := setup{protocol: protocol.Options{StreamHandlers: []protocol.StreamHandler{bomb{}}}}.serve(t, h)
	c := server.dialRaw(t)
	c.handshake(request{})
	assert.Equal(t, 500, c.response.StatusCode)
	info := server.Info()
	assert.Equal(t, info.ActiveConnections, info.AllConnections, "no session is left")
	require.NoError(t, server.stop(patience))
}

// TestCutDuringTheHandshake ends the write of the response, which may block.
func TestCutDuringTheHandshake(t *testing.T) {
	ours, theirs := net.Pipe() // a write waits for a read
	defer theirs.Close()
	writing := make(chan struct{})
	c := &fragile{Conn: ours, write: func(b []byte) (int, error) {
		close(writing)
		return ours.Write(b)
	}}
	w := handedOver{ResponseRecorder: httptest.NewRecorder(), hijack: func() (net.Conn, *bufio.ReadWriter, error) {
		return c, bufio.NewReadWriter(bufio.NewReader(c), bufio.NewWriter(c)), nil
	}}
	sessions := new(handler.Sessions)
	req := handler.NewRequest(w, opening(t), handler.Env{Sessions: sessions})
	h := &callbacks{}
	done := make(chan error, 1)
	go func() {
		done <- websocket.Upgrade(h, websocket.Options{WriteTimeout: time.Hour}).Protocol.Upgrade(req, req.Env())
	}()
	<-writing
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	assert.ErrorIs(t, sessions.Shutdown(ctx), context.Canceled)
	select {
	case err := <-done:
		assert.NoError(t, err, "the peer left, as far as the request can tell")
	case <-time.After(patience):
		assert.Fail(t, "the handshake goes on")
		_ = theirs.Close()
		<-done
	}
	assert.Zero(t, sessions.Len())
	assert.Nil(t, h.conn, "Init was called")
}
