package listener_test

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 20 * time.Second

// local is any free port.
var local = listener.Options{Addr: "127.0.0.1:0"}

type initFunc = func(*handler.Request) (*handler.Upgrade, error)

// to dispatches every request to one handler.
type to struct{ handler.Handler }

func (d to) Dispatch(*handler.Request) (handler.Handler, error) { return d.Handler, nil }

// with are protocol options with one handler, and without a log.
func with(init initFunc) protocol.Options {
	return protocol.Options{Dispatch: to{handler.Func(init)}, Logger: slog.New(slog.DiscardHandler)}
}

func say(text string) protocol.Options {
	return with(func(req *handler.Request) (*handler.Upgrade, error) { return nil, req.ReplyText(200, text) })
}

// startClear starts a listener that ends with the test.
func startClear(t *testing.T, options listener.Options, protocolOptions protocol.Options) *listener.Listener {
	t.Helper()
	l, err := listener.StartClear(t.Name(), options, protocolOptions)
	require.NoError(t, err)
	t.Cleanup(func() { _ = l.Stop(limited(t)) })
	return l
}

func limited(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits for a condition that must come true.
func eventually(t *testing.T, condition func() bool, message string) {
	t.Helper()
	require.Eventually(t, condition, patience, time.Millisecond, message)
}

// peer is a raw client connection.
type peer struct {
	net.Conn
	t      *testing.T
	reader *bufio.Reader
}

func dial(t *testing.T, l *listener.Listener) *peer {
	t.Helper()
	conn, err := net.Dial(l.Addr().Network(), l.Addr().String())
	require.NoError(t, err)
	return newPeer(t, conn)
}

func newPeer(t *testing.T, conn net.Conn) *peer {
	t.Helper()
	t.Cleanup(func() { _ = conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	return &peer{conn, t, bufio.NewReader(conn)}
}

func (p *peer) send(text string) {
	p.t.Helper()
	_, err := io.WriteString(p.Conn, text)
	require.NoError(p.t, err)
}

func (p *peer) request() { p.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n") }

// reply reads one reply and returns its status and body.
func (p *peer) reply() (status int, body string) {
	p.t.Helper()
	response, err := http.ReadResponse(p.reader, nil)
	require.NoError(p.t, err)
	content, err := io.ReadAll(response.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, response.Body.Close())
	return response.StatusCode, string(content)
}

// get makes a request and wants that body.
func (p *peer) get(want string) {
	p.t.Helper()
	p.request()
	status, body := p.reply()
	require.Equal(p.t, 200, status)
	require.Equal(p.t, want, body)
}

// line reads one line of a session.
func (p *peer) line() string {
	p.t.Helper()
	line, err := p.reader.ReadString('\n')
	require.NoError(p.t, err)
	return line
}

// closed wants that the server has closed the connection.
func (p *peer) closed() {
	p.t.Helper()
	_, err := p.reader.ReadByte()
	require.Error(p.t, err)
	var timeout net.Error
	if e, ok := err.(net.Error); ok {
		timeout = e
		require.False(p.t, timeout.Timeout(), "the connection is still open")
	}
}

// lines is a sub-protocol that takes the connection over and sends each line
// back.
type lines struct {
	stubborn bool // does not end when it is drained
	took     func(net.Conn)
}

func (s lines) options() protocol.Options {
	return with(func(*handler.Request) (*handler.Upgrade, error) { return &handler.Upgrade{Protocol: s}, nil })
}

func (s lines) Upgrade(req *handler.Request, env *handler.Env) error {
	session := &lineSession{lines: s}
	if !env.Sessions.Add(session) {
		return handler.Errorf(503, "shutting down")
	}
	conn, buffered, err := http.NewResponseController(req.Writer()).Hijack()
	if err != nil {
		env.Sessions.Remove(session)
		return err
	}
	if s.took != nil {
		s.took(conn)
	}
	session.start(conn)
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\n\r\n")
	go func() {
		defer env.Sessions.Remove(session)
		defer func() { _ = conn.Close() }()
		for {
			line, err := buffered.ReadString('\n')
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, line)
		}
	}()
	return nil
}

type lineSession struct {
	lines
	mu   sync.Mutex
	conn net.Conn
}

func (s *lineSession) start(conn net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
}

func (s *lineSession) Drain() {
	if s.stubborn {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.conn, "bye\n")
	_ = s.conn.Close()
}

func (s *lineSession) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.conn.Close()
}

// upgrade makes the connection a session.
func (p *peer) upgrade() {
	p.t.Helper()
	p.request()
	require.Contains(p.t, p.line(), "101")
	p.line()
}

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
