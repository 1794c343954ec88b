package listener_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

// running runs a server and returns its URL, what ends it, and its result.
func running(t *testing.T, options listener.Options, protocolOptions protocol.Options) (string, context.CancelFunc, <-chan error) {
	t.Helper()
	out := new(logs)
	protocolOptions.Logger = out.logger()
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- listener.Run(ctx, options, protocolOptions) }()
	eventually(t, func() bool { return strings.Contains(out.String(), "url=") }, "the URL is logged")
	_, url, _ := strings.Cut(out.String(), "msg=listening url=")
	return strings.TrimSpace(url), cancel, result
}

func dialURL(t *testing.T, url string) *peer {
	t.Helper()
	conn, err := net.Dial("tcp", strings.Trim(strings.TrimPrefix(url, "http:"), "/"))
	require.NoError(t, err)
	return newPeer(t, conn)
}

func TestRunUntilItsContextIsDone(t *testing.T) {
	w := newWaiting()
	url, cancel, result := running(t, local, w.options())
	busy := dialURL(t, url)
	busy.request()
	<-w.began
	cancel()
	busyEnds(busy, w)
	assert.NoError(t, <-result)
}

// busyEnds wants that the request that runs is answered.
func busyEnds(busy *peer, w waiting) {
	busy.t.Helper()
	close(w.goOn)
	_, body := busy.reply()
	assert.Equal(busy.t, "done", body)
	busy.closed()
}

func TestRunServesTLS(t *testing.T) {
	options := local
	options.TLS, _ = certificate(t)
	url, cancel, result := running(t, options, say("hi"))
	assert.Regexp(t, `^https://127\.0\.0\.1:\d+/$`, url)
	cancel()
	assert.NoError(t, <-result)
}

func TestRunReturnsWhatPreventsTheStart(t *testing.T) {
	err := listener.Run(t.Context(), listener.Options{}, say("hi"))
	assert.ErrorContains(t, err, "Addr is empty")
}

func TestWaitEndsWithItsListeners(t *testing.T) {
	first, second := startClear(t, local, say("hi")), mustStart(t, say("hi"))
	result := make(chan error, 1)
	go func() { result <- listener.Wait(context.Background(), first, second) }()
	require.NoError(t, first.Stop(limited(t)))
	dial(t, second).get("hi")
	require.NoError(t, second.Stop(limited(t)))
	assert.NoError(t, <-result)
}

func mustStart(t *testing.T, options protocol.Options) *listener.Listener {
	t.Helper()
	l, err := listener.StartClear("", local, options)
	require.NoError(t, err)
	return l
}

func TestWaitTellsWhatWasCut(t *testing.T) {
	began := make(chan struct{}, 1)
	options := local
	options.Shutdown = 1
	l := startClear(t, options, untilCut(began))
	dial(t, l).request()
	<-began
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := listener.Wait(ctx, l, mustStart(t, say("hi")))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.False(t, errors.Is(err, context.Canceled), "the grace period doesn't end with the context")
	assert.ErrorContains(t, err, t.Name())
}

func TestQuiet(t *testing.T) {
	out := new(logs)
	protocolOptions := say("hi")
	protocolOptions.Logger = out.logger()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.NoError(t, listener.Run(ctx, local, protocolOptions))
	assert.Contains(t, out.String(), "url=http://127.0.0.1:")
	out.text.Reset()

	options := local
	options.Quiet = true
	require.NoError(t, listener.Run(ctx, options, protocolOptions))
	assert.Empty(t, out.String())
}

func TestURL(t *testing.T) {
	inherited, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "s")
	tests := []struct {
		options listener.Options
		want    string // %d is the port
	}{
		{listener.Options{Addr: ":0"}, "http://localhost:%d/"},
		{listener.Options{Addr: "0.0.0.0:0"}, "http://localhost:%d/"},
		{listener.Options{Addr: "[::]:0"}, "http://localhost:%d/"},
		{listener.Options{Addr: "localhost:0"}, "http://localhost:%d/"},
		{listener.Options{Addr: "127.0.0.1:0"}, "http://127.0.0.1:%d/"},
		{listener.Options{Listener: inherited}, "http://127.0.0.1:%d/"},
		{listener.Options{Addr: "unix:" + path}, "unix:" + path},
		{listener.Options{Listener: usual{}}, "http://[::1]/"},
	}
	for _, test := range tests {
		l, err := listener.StartClear("", test.options, with(func(*handler.Request) (*handler.Upgrade, error) { return nil, nil }))
		require.NoError(t, err)
		want := test.want
		if strings.Contains(want, "%d") {
			want = fmt.Sprintf(want, l.Port())
		}
		assert.Equal(t, want, l.URL())
		require.NoError(t, l.Stop(limited(t)))
	}
}

// usual is a listener at the port of http, which accepts nothing.
type usual struct{}

func (usual) Accept() (net.Conn, error) { return nil, net.ErrClosed }
func (usual) Close() error              { return nil }
func (usual) Addr() net.Addr            { return &net.TCPAddr{IP: net.IPv6loopback, Port: 80} }
