package protocol_test

import (
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/julienschmidt/httprouter"

	"github.com/cowhand/cowhand/handler"
	"github.com/cowhand/cowhand/protocol"
	"github.com/cowhand/cowhand/router"
)

// BenchmarkServer is the whole of a small request but for the system calls:
// net/http's server and the chain, on a connection that is not one.
func BenchmarkServer(b *testing.B) {
	p, err := protocol.New(protocol.Options{
		MaxKeepalive: b.N + 1<<30,
		Logger:       slog.New(slog.DiscardHandler),
		Dispatch: router.MustCompile(router.Host("_",
			router.Path("/hello", handler.Func(say("Hello, World!"))),
			router.Path("/users/:id", handler.Func(func(req *handler.Request) (*handler.Upgrade, error) {
				return nil, req.ReplyText(200, req.Binding("id"))
			})))),
	})
	if err != nil {
		b.Fatal(err)
	}
	bare := httprouter.New()
	bare.GET("/hello", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		_, _ = w.Write([]byte("Hello, World!"))
	})
	bare.GET("/users/:id", func(w http.ResponseWriter, _ *http.Request, params httprouter.Params) {
		_, _ = w.Write([]byte(params.ByName("id")))
	})
	for _, path := range []string{"/hello", "/users/42"} {
		b.Run("cowhand"+path, func(b *testing.B) { benchmarkServer(b, p.Server(), path) })
		b.Run("httprouter"+path, func(b *testing.B) { benchmarkServer(b, &http.Server{Handler: bare}, path) })
	}
}

func benchmarkServer(b *testing.B, server *http.Server, path string) {
	b.ReportAllocs()
	c := &scripted{
		request: []byte("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"),
		left:    b.N,
		ready:   make(chan struct{}, 1),
		late:    make(chan struct{}, 1),
		closed:  make(chan struct{}),
	}
	c.ready <- struct{}{}
	conns := make(chan net.Conn, 1)
	conns <- c
	b.ResetTimer()
	go func() { _ = server.Serve(scriptedListener{conns, c.closed}) }()
	<-c.closed
	b.StopTimer()
	_ = server.Close()
}

// scripted is a connection on which a request comes as the one before is
// answered.
type scripted struct {
	net.Conn
	request, rest       []byte
	left                int
	past                bool // the deadline is
	ready, late, closed chan struct{}
}

func (c *scripted) Read(p []byte) (int, error) {
	if len(c.rest) == 0 {
		if c.left == 0 {
			return 0, io.EOF
		}
		select {
		case <-c.late:
			return 0, os.ErrDeadlineExceeded
		case <-c.ready:
		}
		c.left--
		c.rest = c.request
	}
	n := copy(p, c.rest)
	c.rest = c.rest[n:]
	return n, nil
}

func (c *scripted) Write(p []byte) (int, error) {
	if c.left > 0 {
		c.ready <- struct{}{}
	}
	return len(p), nil
}

func (c *scripted) Close() error {
	close(c.closed)
	return nil
}

func (c *scripted) SetReadDeadline(t time.Time) error {
	if past := !t.IsZero() && t.Unix() <= 1; past != c.past {
		if c.past = past; past {
			c.late <- struct{}{}
		} else if len(c.late) > 0 {
			<-c.late
		}
	}
	return nil
}

func (*scripted) SetWriteDeadline(time.Time) error { return nil }
func (*scripted) SetDeadline(time.Time) error      { return nil }
func (*scripted) LocalAddr() net.Addr              { return &net.TCPAddr{} }
func (*scripted) RemoteAddr() net.Addr             { return &net.TCPAddr{} }

type scriptedListener struct {
	conns  chan net.Conn
	closed chan struct{}
}

func (l scriptedListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (scriptedListener) Close() error   { return nil }
func (scriptedListener) Addr() net.Addr { return &net.TCPAddr{} }
