package main

import (
	"io"
	"net"
	"net/http"
	"sync"

	coderws "github.com/coder/websocket"
	gobwasws "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorillaws "github.com/gorilla/websocket"
	"github.com/julienschmidt/httprouter"
	"github.com/lxzan/gws"

	"github.com/cowhand/cowhand/benchmarks/internal/debugport"
)

// on serves a handler at /echo, one at /broadcast, and one that takes messages
// and counts them at /sink.
func on(echo, broadcast, sink http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", echo)
	mux.HandleFunc("/broadcast", broadcast)
	mux.HandleFunc("/sink", sink)
	return mux
}

// subscribers are the connections at /broadcast.
type subscribers[C comparable] struct {
	mu  sync.RWMutex
	all map[C]struct{}
}

func (s *subscribers[C]) join(c C) (leave func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all == nil {
		s.all = make(map[C]struct{})
	}
	s.all[c] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.all, c)
	}
}

func (s *subscribers[C]) each(send func(C)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for c := range s.all {
		send(c)
	}
}

func coder() http.Handler {
	mode := map[string]coderws.CompressionMode{
		"takeover":   coderws.CompressionContextTakeover,
		"notakeover": coderws.CompressionNoContextTakeover,
		"off":        coderws.CompressionDisabled,
	}[*deflating]
	accept := func(w http.ResponseWriter, r *http.Request) (*coderws.Conn, error) {
		c, err := coderws.Accept(w, r, &coderws.AcceptOptions{CompressionMode: mode})
		if err == nil {
			c.SetReadLimit(int64(*limit))
		}
		return c, err
	}
	var all subscribers[*coderws.Conn]
	return on(func(w http.ResponseWriter, r *http.Request) {
		c, err := accept(w, r)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		c, err := accept(w, r)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		defer all.join(c)()
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil {
				return
			}
			all.each(func(c *coderws.Conn) { _ = c.Write(r.Context(), kind, message) })
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		c, err := accept(w, r)
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		for {
			if _, _, err := c.Read(r.Context()); err != nil {
				return
			}
			debugport.Taken.Add(1)
		}
	})
}

// gorillaConn has the lock that writers of several goroutines need.
type gorillaConn struct {
	*gorillaws.Conn
	mu sync.Mutex
}

func (c *gorillaConn) send(m *gorillaws.PreparedMessage) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.WritePreparedMessage(m)
}

func gorilla() http.Handler {
	upgrader := gorillaws.Upgrader{EnableCompression: *deflating != "off"} // it has no context takeover
	var all subscribers[*gorillaConn]
	return on(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(int64(*limit))
		for {
			kind, message, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, message) != nil {
				return
			}
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer conn.Close()
		c := &gorillaConn{Conn: conn}
		defer all.join(c)()
		for {
			kind, message, err := c.ReadMessage()
			if err != nil {
				return
			}
			prepared, err := gorillaws.NewPreparedMessage(kind, message)
			if err != nil {
				return
			}
			all.each(func(c *gorillaConn) { c.send(prepared) })
		}
	}, func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.SetReadLimit(int64(*limit))
		for {
			if _, _, err := c.ReadMessage(); err != nil {
				return
			}
			debugport.Taken.Add(1)
		}
	})
}

type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

type gwsSink struct{ gws.BuiltinEventHandler }

func (gwsSink) OnMessage(_ *gws.Conn, m *gws.Message) {
	debugport.Taken.Add(1)
	_ = m.Close()
}

type gwsBroadcast struct {
	gws.BuiltinEventHandler
	all *subscribers[*gws.Conn]
}

func (h gwsBroadcast) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	b := gws.NewBroadcaster(m.Opcode, m.Bytes())
	defer b.Close()
	h.all.each(func(c *gws.Conn) { _ = b.Broadcast(c) })
}

func gwsMux() http.Handler {
	takeover := *deflating == "takeover"
	options := gws.ServerOption{
		ReadMaxPayloadSize: *limit,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled:               *deflating != "off",
			ServerContextTakeover: takeover,
			ClientContextTakeover: takeover,
		},
	}
	serve := func(h gws.Event) http.HandlerFunc {
		own := options
		upgrader := gws.NewUpgrader(h, &own)
		return func(w http.ResponseWriter, r *http.Request) {
			if c, err := upgrader.Upgrade(w, r); err == nil {
				go c.ReadLoop() // in a goroutine of its own, which lets go of the request
			}
		}
	}
	var all subscribers[*gws.Conn]
	broadcast := gws.NewUpgrader(gwsBroadcast{all: &all}, &options)
	return on(serve(gwsEcho{}), func(w http.ResponseWriter, r *http.Request) {
		c, err := broadcast.Upgrade(w, r)
		if err != nil {
			return
		}
		leave := all.join(c)
		go func() {
			defer leave()
			c.ReadLoop()
		}()
	}, serve(gwsSink{}))
}

// gobwasConn has the lock that writers of several goroutines need.
type gobwasConn struct {
	net.Conn
	mu sync.Mutex
}

func (c *gobwasConn) send(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, _ = c.Write(b)
}

var gobwasAll subscribers[*gobwasConn]

// gobwas is the first example of its documentation, with a second path.
func gobwas(c net.Conn) {
	broadcast := false
	upgrader := gobwasws.Upgrader{OnRequest: func(uri []byte) error {
		broadcast = string(uri) == "/broadcast"
		return nil
	}}
	if _, err := upgrader.Upgrade(c); err != nil {
		return
	}
	if broadcast {
		gobwasBroadcast(c)
		return
	}
	for {
		message, opcode, err := wsutil.ReadClientData(c)
		if err != nil || wsutil.WriteServerMessage(c, opcode, message) != nil {
			return
		}
	}
}

func gobwasBroadcast(conn net.Conn) {
	c := &gobwasConn{Conn: conn}
	defer gobwasAll.join(c)()
	for {
		message, opcode, err := wsutil.ReadClientData(c)
		if err != nil {
			return
		}
		compiled, err := gobwasws.CompileFrame(gobwasws.NewFrame(opcode, true, message))
		if err != nil {
			return
		}
		gobwasAll.each(func(c *gobwasConn) { c.send(compiled) })
	}
}

func router() http.Handler {
	r := httprouter.New()
	r.GET("/hello", func(w http.ResponseWriter, _ *http.Request, _ httprouter.Params) {
		_, _ = io.WriteString(w, "Hello, World!")
	})
	r.GET("/users/:id", func(w http.ResponseWriter, _ *http.Request, p httprouter.Params) {
		_, _ = io.WriteString(w, p.ByName("id"))
	})
	return r
}
