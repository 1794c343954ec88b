package websocket

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
)

// writes keeps what was written, call by call.
type writes struct {
	net.Conn
	calls [][]byte
}

func (w *writes) SetWriteDeadline(time.Time) error { return nil }

func (w *writes) Write(b []byte) (int, error) {
	w.calls = append(w.calls, bytes.Clone(b))
	return len(b), nil
}

// writeOn writes as a connection with that WriteTimeout does.
func writeOn(t *testing.T, s *stream, timeout time.Duration, pieces ...[]byte) error {
	t.Helper()
	o := Options{WriteTimeout: timeout}
	o.fill()
	env := &handler.Env{Sessions: new(handler.Sessions), Logger: slog.New(slog.DiscardHandler)}
	c := newConn(nil, &o, &handshake{}, env, systemClock{})
	var p patience
	p.begin(c)
	_, err := s.writeAll(pieces, &p)
	return err
}

// TestRecords: over TLS each write is a record, or more, so small pieces are
// written together with what follows them.
func TestRecords(t *testing.T) {
	for _, test := range []struct {
		pieces, records []int
	}{
		{[]int{}, nil},
		{[]int{5}, []int{5}},
		{[]int{4, 9000}, []int{9004}},
		{[]int{4, 9000, 4, 9000}, []int{16384, 1624}},
		{[]int{4, 16380}, []int{16384}},
		{[]int{4, 16384}, []int{16384, 4}},
		{[]int{10, 100_000, 7}, []int{16384, 16384, 16384, 16384, 16384, 16384, 1713}},
		{[]int{20_000}, []int{16384, 3616}},
	} {
		var pieces [][]byte
		var all []byte
		for _, n := range test.pieces {
			piece := bytes.Repeat([]byte{byte(len(pieces) + 1)}, n)
			pieces, all = append(pieces, piece), append(all, piece...)
		}
		w := new(writes)
		require.NoError(t, writeOn(t, newStream(w), time.Second, pieces...))
		var records []int
		for _, call := range w.calls {
			records = append(records, len(call))
		}
		assert.Equal(t, test.records, records, "pieces of %d", test.pieces)
		assert.True(t, bytes.Equal(all, bytes.Join(w.calls, nil)), "pieces of %d", test.pieces)
	}
}

// overTLS runs a test with both ends of a connection without a buffer, in a
// bubble whose clock stands still while anything goes on.
func overTLS(t *testing.T, test func(t *testing.T, server *stream, client net.Conn)) {
	of := httptest.NewUnstartedServer(nil)
	of.StartTLS()
	defer of.Close()
	config := &tls.Config{Certificates: of.TLS.Certificates}
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		client := tls.Client(far, &tls.Config{InsecureSkipVerify: true})
		defer far.Close()
		done := make(chan error)
		go func() { done <- client.Handshake() }()
		server := tls.Server(near, config)
		require.NoError(t, server.Handshake())
		require.NoError(t, <-done)
		test(t, newStream(server), client)
	})
}

// TestSlowReaderIsNotCut: what it takes to read all is not what WriteTimeout
// bounds, as long as something is read.
func TestSlowReaderIsNotCut(t *testing.T) {
	overTLS(t, func(t *testing.T, server *stream, client net.Conn) {
		const timeout, size = 30 * time.Second, 1 << 20
		written := make(chan error, 1)
		began := time.Now()
		go func() { written <- writeOn(t, server, timeout, make([]byte, 10), make([]byte, size)) }()
		for left := size + 10; left > 0; {
			time.Sleep(timeout - time.Second)
			n, err := io.ReadFull(client, make([]byte, min(left, maxRecord)))
			require.NoError(t, err)
			left -= n
		}
		require.NoError(t, <-written)
		assert.Greater(t, time.Since(began), 10*timeout, "the test's own slowness, by its own clock")
	})
}

// TestReaderThatStopsIsCut once it takes nothing for WriteTimeout.
func TestReaderThatStopsIsCut(t *testing.T) {
	overTLS(t, func(t *testing.T, server *stream, client net.Conn) {
		const timeout = 30 * time.Second
		written := make(chan error, 1)
		go func() { written <- writeOn(t, server, timeout, make([]byte, 1<<20)) }()
		_, err := io.ReadFull(client, make([]byte, 4*maxRecord))
		require.NoError(t, err)
		stopped := time.Now()
		require.ErrorIs(t, <-written, os.ErrDeadlineExceeded)
		assert.Equal(t, timeout, time.Since(stopped))
	})
}
