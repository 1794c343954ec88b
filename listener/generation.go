package listener

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/cowhand/cowhand/protocol"
)

// generation is the protocol with one set of options, and the connections
// that were accepted while it was the listener's current one.
type generation struct {
	listener *Listener
	protocol *protocol.Protocol
	server   *http.Server
	tls      *tls.Config // nil for clear text
	handoff  handoff
	conns    sync.Map // net.Conn to *phase, of those that the server has
	stopping atomic.Bool

	// Guarded by Listener.mu.
	open    int // connections, handshakes included
	retired bool
}

// phase tells a connection that has begun a request from one that has not.
// It leaves fresh once, for one of the others.
type phase struct {
	atomic.Int32
	proxy *protocol.ProxyHeader // that the connection began with, or nil
}

const (
	fresh int32 = iota
	used
	dropped
)

func newGeneration(l *Listener, options protocol.Options) (*generation, error) {
	options.Listener = l.name
	if options.Sessions == nil {
		options.Sessions = l.sessions
	}
	p, err := protocol.New(options)
	if err != nil {
		return nil, err
	}
	if err := checkProtocols(p.Options().Protocols, l.tls != nil); err != nil {
		return nil, err
	}
	g := &generation{listener: l, protocol: p, server: p.Server()}
	g.handoff = handoff{conns: make(chan net.Conn), done: make(chan struct{}), addr: l.Addr}
	g.tls = alpn(l.tls, p.Options().Protocols)
	g.server.ConnState = g.track
	if l.options.ProxyHeader {
		g.server.ConnContext = g.withProxyHeader(g.server.ConnContext)
	}
	g.server.BaseContext = func(net.Listener) context.Context { return l.ctx }
	if t := l.options.Socket.SendTimeout; t != Infinity {
		g.server.HTTP2.WriteByteTimeout = t
	}
	return g, nil
}

// checkProtocols refuses a choice that leaves nothing to speak.
func checkProtocols(protocols http.Protocols, overTLS bool) error {
	switch {
	case protocols.HTTP1():
	case overTLS && !protocols.HTTP2():
		return fmt.Errorf("listener: Protocols is %v; over TLS HTTP1 or HTTP2 must be in it", protocols)
	case !overTLS && !protocols.UnencryptedHTTP2():
		return fmt.Errorf("listener: Protocols is %v; in clear text HTTP1 or UnencryptedHTTP2 must be in it", protocols)
	}
	return nil
}

// serve runs the server until the generation is closed or stopped.
func (g *generation) serve() { _ = g.server.Serve(&g.handoff) }

// prepare does what comes before HTTP on a connection, and gives it to the
// server.
func (g *generation) prepare(c net.Conn) {
	var h *protocol.ProxyHeader
	if g.listener.options.ProxyHeader {
		var ok bool
		if h, ok = g.expectProxy(c); !ok {
			return
		}
	}
	if g.tls == nil {
		g.hand(c, h)
		return
	}
	g.handshake(c, h)
}

// hand gives a connection to the server.
func (g *generation) hand(c net.Conn, h *protocol.ProxyHeader) {
	g.conns.Store(c, &phase{proxy: h})
	if g.stopping.Load() || !g.handoff.offer(c) {
		_ = c.Close()
		g.forget(c)
	}
}

// track is the server's ConnState.
func (g *generation) track(c net.Conn, state http.ConnState) {
	switch state {
	case http.StateActive:
		if p, ok := g.conns.Load(c); ok {
			p.(*phase).CompareAndSwap(fresh, used)
		}
	case http.StateHijacked, http.StateClosed:
		g.forget(c)
	}
}

// forget counts a connection out that the server had.
func (g *generation) forget(c net.Conn) {
	if _, ok := g.conns.LoadAndDelete(c); ok {
		g.listener.release(g)
	}
}

// dropFresh closes the connections that have not begun a request, and lets
// in no others.
func (g *generation) dropFresh() {
	g.stopping.Store(true)
	g.conns.Range(func(c, p any) bool {
		if p.(*phase).CompareAndSwap(fresh, dropped) {
			_ = rawConn(c.(net.Conn)).Close()
		}
		return true
	})
}

// stop finishes the running requests, or cuts them when ctx is done, and
// returns ctx's error then.
func (g *generation) stop(ctx context.Context) error {
	g.dropFresh()
	err := g.server.Shutdown(ctx)
	if err != nil {
		g.cut()
	}
	return err
}

// cut closes all connections, and what is under TLS first: closing TLS may
// wait for a peer that takes nothing.
func (g *generation) cut() {
	g.conns.Range(func(c, _ any) bool {
		_ = rawConn(c.(net.Conn)).Close()
		return true
	})
	_ = g.server.Close()
}

// handoff is the [net.Listener] by which connections reach a server that were
// accepted elsewhere.
type handoff struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
	addr  func() net.Addr
}

// offer waits for the server to take c; false once it does not any more.
func (h *handoff) offer(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.done:
		return false
	}
}

// Accept waits for the next connection.
func (h *handoff) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and offer.
func (h *handoff) Close() error {
	h.once.Do(func() { close(h.done) })
	return nil
}

// Addr returns the address of the listener.
func (h *handoff) Addr() net.Addr { return h.addr() }
