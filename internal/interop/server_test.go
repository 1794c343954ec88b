package interop

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/listener"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
	"github.com/cowhand/cowhand/websocket"
)

// kind is one way to run a server.
type kind struct {
	name     string
	network  string             // tcp, unix or tls
	compress bool               // the protocol option
	route    websocket.Compress // the route's option
}

// compresses reports whether the server agrees to compress.
func (k kind) compresses() bool {
	return k.route == websocket.CompressOn || k.compress && k.route == websocket.CompressDefault
}

var kinds = []kind{
	{name: "clear", network: "tcp"},
	{name: "clear, compress by protocol", network: "tcp", compress: true},
	{name: "clear, compress by route", network: "tcp", route: websocket.CompressOn},
	{name: "clear, compress, but not this route", network: "tcp", compress: true, route: websocket.CompressOff},
	{name: "TLS, compress", network: "tls", compress: true},
	{name: "Unix socket, compress", network: "unix", compress: true},
}

// compressing is the plainest server that compresses.
var compressing = kinds[1]

// server is a Cowhand listener. At /echo it sends messages back, and at /ask
// it does what it is told.
type server struct {
	*listener.Listener
	tls     *tls.Config           // for clients; nil: clear text
	reasons chan websocket.Reason // of the connections that ended
}

// maxFrameSize is the largest message that the servers take.
const maxFrameSize = 2 << 20

func start(t *testing.T, k kind) *server {
	t.Helper()
	s := &server{reasons: make(chan websocket.Reason, 16)}
	options := websocket.Options{
		Compress:     k.route,
		MaxFrameSize: maxFrameSize,
		Subprotocols: []string{"v2.chat", "v1.chat"},
	}
	upgrade := func(h websocket.Handler) handler.Handler {
		return handler.Func(func(*handler.Request) (*handler.Upgrade, error) {
			return websocket.Upgrade(h, options), nil
		})
	}
	protocolOptions := protocol.Options{
		Dispatch: router.MustCompile(router.Host("_",
			router.Path("/echo", upgrade(echo{})),
			router.Path("/ask", upgrade(ask{reasons: s.reasons})),
		)),
		Compress: k.compress,
		Logger:   slog.New(slog.DiscardHandler),
	}
	s.listen(t, k.network, protocolOptions)
	t.Cleanup(func() { _ = s.stop() })
	return s
}

func (s *server) listen(t *testing.T, network string, protocolOptions protocol.Options) {
	t.Helper()
	options := listener.Options{Addr: "127.0.0.1:0"}
	var err error
	switch network {
	case "tls":
		options.TLSConfig, s.tls = certificate()
		s.Listener, err = listener.StartTLS(t.Name(), options, protocolOptions)
	case "unix":
		options.Addr = "unix:" + filepath.Join(t.TempDir(), "socket")
		fallthrough
	default:
		s.Listener, err = listener.StartClear(t.Name(), options, protocolOptions)
	}
	require.NoError(t, err)
}

func (s *server) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return s.Stop(ctx)
}

// certificate returns the configurations of both sides; the certificate is
// net/http/httptest's.
func certificate() (server, client *tls.Config) {
	test := httptest.NewUnstartedServer(nil)
	test.StartTLS()
	defer test.Close()
	roots := x509.NewCertPool()
	roots.AddCert(test.Certificate())
	return &tls.Config{Certificates: test.TLS.Certificates}, &tls.Config{RootCAs: roots, ServerName: "example.com"}
}

func (s *server) dial() (net.Conn, error) {
	return net.DialTimeout(s.Addr().Network(), s.Addr().String(), patience)
}

// url is where clients are told to connect, by a dial function of ours.
func (s *server) url(path string) string {
	if s.tls != nil {
		return "wss://example.com" + path
	}
	return "ws://example.com" + path
}

// echo sends each message back.
type echo struct{ websocket.Base }

func (echo) HandleFrame(_ *websocket.Conn, f websocket.Frame) websocket.Commands {
	if f.IsData() {
		return websocket.Reply(f)
	}
	return websocket.None
}

// ask answers questions about its connection, and tells what it heard.
type ask struct {
	websocket.Base
	reasons chan<- websocket.Reason
}

func (ask) HandleFrame(conn *websocket.Conn, f websocket.Frame) websocket.Commands {
	if !f.IsData() {
		return websocket.Reply(websocket.Text(fmt.Sprintf("heard %v %s", f.Opcode, f.Payload)))
	}
	var verb, text string
	var code websocket.CloseCode
	fmt.Sscanf(string(f.Payload), "%s %s", &verb, &text)
	switch verb {
	case "version":
		return websocket.Reply(websocket.Text(fmt.Sprint(conn.Version())))
	case "subprotocol":
		return websocket.Reply(websocket.Text(conn.Subprotocol()))
	case "agreement":
		return websocket.Reply(websocket.Text(agreement(conn)))
	case "ping":
		return websocket.Reply(websocket.Ping(text))
	case "close":
		fmt.Sscanf(string(f.Payload), "close %d %s", &code, &text)
		return websocket.Reply(websocket.Close(code, text))
	}
	return websocket.Reply(websocket.Text("what?"))
}

func (a ask) Terminate(_ *websocket.Conn, reason websocket.Reason) { a.reasons <- reason }

// agreement is what the two sides agreed on compression.
func agreement(conn *websocket.Conn) string {
	agreed := conn.Compression()
	if agreed == nil {
		return "none"
	}
	return fmt.Sprintf("server takeover %t, client takeover %t", !agreed.ServerNoContextTakeover, !agreed.ClientNoContextTakeover)
}
