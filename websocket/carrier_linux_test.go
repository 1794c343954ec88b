package websocket_test

import (
	"bytes"
	"crypto/tls"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// carrier is what is under a WebSocket connection: a socket or something else,
// with TLS or without.
type carrier struct {
	setup
	name    string
	secure  bool   // the client speaks TLS
	version uint16 // of TLS, at most
}

// carriers are all that a connection can come in by.
func carriers() []carrier {
	return []carrier{
		{name: "tcp", setup: setup{tcp: true}},
		{name: "unix", setup: setup{unix: true}},
		{name: "tls", setup: setup{tls: true}, secure: true},
		{name: "tls over unix", setup: setup{tls: true, unix: true}, secure: true},
		{name: "opaque", setup: setup{opaque: true}},
		{name: "foreign tls", setup: setup{wrap: foreignTLS}, secure: true},
	}
}

// foreignTLS is TLS of a server that isn't the listener's own.
func foreignTLS(l net.Listener) net.Listener {
	own, _ := certificate()
	return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{own}})
}

// eachCarrier runs a test over each carrier.
func eachCarrier(t *testing.T, test func(t *testing.T, by carrier)) {
	for _, by := range carriers() {
		t.Run(by.name, func(t *testing.T) { test(t, by) })
	}
}

// together is eachCarrier for tests that mostly wait.
func together(t *testing.T, test func(t *testing.T, by carrier)) {
	eachCarrier(t, func(t *testing.T, by carrier) {
		t.Parallel()
		test(t, by)
	})
}

// smallReceiver is a client's socket that shows the server what the client
// takes. The kernel announces room only by the segment, and not before half of
// the receive buffer is free. On the loopback a segment is 64 KiB. So no server
// could tell a client that reads a little from one that doesn't read. Here the
// segments are as on an Ethernet, and the buffer is small. Both must be set
// before the client connects.
func smallReceiver(network, _ string, raw syscall.RawConn) (err error) {
	if network == "unix" {
		return nil
	}
	controlled := raw.Control(func(fd uintptr) {
		if err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10); err == nil {
			err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_MAXSEG, 1460)
		}
	})
	if controlled != nil {
		return controlled
	}
	return err
}

// dial connects from a small receiver, without a handshake. raw is the socket,
// under TLS.
func (by carrier) dial(t *testing.T, s *server) (c *client, raw *throttle) {
	t.Helper()
	dialer := net.Dialer{Timeout: patience, Control: smallReceiver}
	socket, err := dialer.Dial(s.Addr().Network(), s.Addr().String())
	require.NoError(t, err)
	raw = &throttle{Conn: socket}
	c = newClient(t, by.over(raw))
	if over, ok := c.conn.(*tls.Conn); ok {
		require.NoError(t, over.Handshake())
	}
	return c, raw
}

// connect opens a WebSocket connection from a small receiver.
func (by carrier) connect(t *testing.T, s *server, headers ...string) (c *client, raw *throttle) {
	t.Helper()
	c, raw = by.dial(t, s)
	c.handshake(request{headers: headers})
	require.Equal(t, 101, c.response.StatusCode)
	return c, raw
}

// over is the client's end of the carrier over a socket.
func (by carrier) over(socket net.Conn) net.Conn {
	if !by.secure {
		return socket
	}
	return tls.Client(socket, &tls.Config{InsecureSkipVerify: true, MaxVersion: by.version})
}

// throttle is a socket from which little is read at a time, while pace is set.
type throttle struct {
	net.Conn
	corked  *bytes.Buffer // what is to be written together; nil: nothing is
	tape    *bytes.Buffer // what was read; nil: it isn't kept
	pace    atomic.Pointer[pace]
	first   time.Time     // when bytes were first read at that pace
	last    time.Time     // and when they were last
	reads   time.Duration // how many such reads there were
	longest time.Duration // between two of them
}

type pace struct {
	most  int           // bytes at a time
	every time.Duration // between two reads
}

func (s *throttle) Read(b []byte) (int, error) {
	p := s.pace.Load()
	if p != nil {
		time.Sleep(p.every)
		b = b[:min(len(b), p.most)]
	}
	n, err := s.Conn.Read(b)
	if s.tape != nil {
		s.tape.Write(b[:n])
	}
	if p != nil {
		s.keepTime()
	}
	return n, err
}

func (s *throttle) keepTime() {
	present := time.Now()
	if s.reads++; s.reads == 1 {
		s.first, s.last = present, present
	}
	s.longest = max(s.longest, present.Sub(s.last))
	s.last = present
}

// kept reports whether the reads kept to a pace, without a long break.
func (s *throttle) kept(p *pace, longest time.Duration) bool {
	onTime := s.first.Add(s.reads * (p.every + p.every/2 + 5*time.Millisecond))
	return s.longest <= longest && s.last.Before(onTime)
}

// cork keeps back what is written until uncork sends it in one segment.
func (s *throttle) cork() { s.corked = new(bytes.Buffer) }

func (s *throttle) uncork(t *testing.T) {
	t.Helper()
	together := s.corked.Bytes()
	s.corked = nil
	_, err := s.Conn.Write(together)
	require.NoError(t, err)
}

func (s *throttle) Write(b []byte) (int, error) {
	if s.corked != nil {
		return s.corked.Write(b)
	}
	return s.Conn.Write(b)
}
