package protocol_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// to dispatches every request to one handler.
type to struct{ handler.Handler }

func (d to) Dispatch(*handler.Request) (handler.Handler, error) { return d.Handler, nil }

type initFunc = func(*handler.Request) (*handler.Upgrade, error)

func dispatch(init initFunc) handler.Dispatcher { return to{handler.Func(init)} }

// logs keeps what is logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *logs) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func mustNew(t *testing.T, options protocol.Options) *protocol.Protocol {
	t.Helper()
	p, err := protocol.New(options)
	require.NoError(t, err)
	return p
}

// mount serves options in a server that knows nothing of Cowhand.
func mount(t *testing.T, options protocol.Options) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(mustNew(t, options))
	t.Cleanup(server.Close)
	return server
}

// serve serves options by the protocol's own server and returns the address.
func serve(t *testing.T, options protocol.Options) string {
	t.Helper()
	server := mustNew(t, options).Server()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- server.Serve(socket) }()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return socket.Addr().String()
}

// client makes one connection for each request and decodes nothing.
func client(t *testing.T) *http.Client {
	transport := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func get(t *testing.T, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	return do(t, http.MethodGet, url, header...)
}

func do(t *testing.T, method, url string, header ...string) (*http.Response, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, url, nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := client(t).Do(r)
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response, body
}
