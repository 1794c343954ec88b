package interop

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// library is a WebSocket client that somebody else wrote.
type library struct {
	name  string
	modes []mode // the ways to compress that it can offer; the first is none
	open  func(*target) (client, error)

	showsAnswer bool // the answer to its close frame is an event; coder checks it, gws does not wait for it
	checksText  bool // it refuses to send text that is not UTF-8
	hidesWindow bool // it doesn't offer client_max_window_bits
}

var libraries = []library{coderLibrary, gorillaLibrary, gwsLibrary}

// twoModes are no compression, and the last way to compress.
func (l library) twoModes() []mode { return []mode{l.modes[0], l.modes[len(l.modes)-1]} }

// mode is a way to compress, as the client offers it.
type mode struct {
	name           string
	on             bool
	server, client bool // that side's context is taken over
	bits           int  // of both windows; 0: the library's default
}

var uncompressed = mode{name: "uncompressed"}

// agreement is what is agreed with a server that compresses.
func (m mode) agreement() string {
	if !m.on {
		return "none"
	}
	return fmt.Sprintf("server takeover %t, client takeover %t", m.server, m.client)
}

// agreementWith is what is agreed with a client of that library. One that
// doesn't let the server limit its window is told not to take its context over.
func (m mode) agreementWith(l library) string {
	if l.hidesWindow {
		m.client = false
	}
	return m.agreement()
}

// target is what a client is to connect to, and how.
type target struct {
	url          string
	dial         func() (net.Conn, error)
	tls          *tls.Config
	mode         mode
	subprotocols []string
}

// client is a connection of a library's.
type client interface {
	send(opcode byte, payload []byte) error
	sendFragments(payload []byte) error // a binary message in several frames
	ping(payload string) error
	close(code int, reason string) error
	subprotocol() string
	pump(deliver func(event)) // delivers what is received, until the end
	cut()                     // ends the connection at once
}

// The opcodes of RFC 6455, section 11.8.
const (
	text    = 1
	binary  = 2
	closing = 8
	pong    = 10
)

// event is something that a client received. The last one is the close frame,
// or, where none came, an error.
type event struct {
	opcode  byte
	payload string // of a close frame: the reason
	code    int    // of a close frame
	err     error
}

// session is a client under test.
type session struct {
	client
	t      *testing.T
	wire   *wire
	events chan event
}

// connect opens a connection that ends with the test. Changes to the target
// may be given.
func connect(t *testing.T, l library, s *server, path string, m mode, changes ...func(*target, *wire)) *session {
	t.Helper()
	wire := new(wire)
	to := &target{url: s.url(path), tls: s.tls, mode: m, dial: func() (net.Conn, error) {
		conn, err := s.dial()
		wire.Conn = conn
		return wire, err
	}}
	for _, change := range changes {
		change(to, wire)
	}
	c, err := l.open(to)
	require.NoError(t, err)
	events, ended := make(chan event, 4096), make(chan struct{})
	go func() {
		defer close(ended)
		c.pump(func(e event) { events <- e })
	}()
	t.Cleanup(func() {
		c.cut()
		<-ended
	})
	return &session{c, t, wire, events}
}

// next waits for the next event.
func (s *session) next() event {
	s.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(patience):
		require.FailNow(s.t, "the client received nothing")
		panic("not reached")
	}
}

// ask sends a question and returns the answer.
func (s *session) ask(question string) string {
	s.t.Helper()
	require.NoError(s.t, s.send(text, []byte(question)))
	e := s.next()
	require.NoError(s.t, e.err)
	require.EqualValues(s.t, text, e.opcode)
	return e.payload
}

// wire is what a client writes to and reads from. It counts bytes, and can
// make the client speak another version: the libraries know one only.
type wire struct {
	net.Conn
	version   string // instead of 13
	sent, got atomic.Int64
}

func (w *wire) Write(b []byte) (int, error) {
	if w.version != "" {
		b = w.rewrite(b)
	}
	n, err := w.Conn.Write(b)
	w.sent.Add(int64(n))
	return n, err
}

// rewrite changes the version in a request; it keeps its length.
func (w *wire) rewrite(b []byte) []byte {
	const header = "sec-websocket-version: "
	at := bytes.Index(bytes.ToLower(b), []byte(header+"13\r\n"))
	if at < 0 {
		return b
	}
	b = bytes.Clone(b)
	copy(b[at+len(header):], fmt.Sprintf("%-2s", w.version))
	w.version = ""
	return b
}

func (w *wire) Read(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.got.Add(int64(n))
	return n, err
}
