package main

import (
	"io"
	"net"
	"net/http"

	coderws "github.com/coder/websocket"
	gobwasws "github.com/gobwas/ws"
	"github.com/gobwas/ws/wsutil"
	gorillaws "github.com/gorilla/websocket"
	"github.com/julienschmidt/httprouter"
	"github.com/lxzan/gws"
)

// limit is the largest message in bytes that is echoed.
const limit = 64 << 20

// on serves a handler at /echo.
func on(h http.HandlerFunc) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/echo", h)
	return mux
}

func coder() http.Handler {
	mode := map[string]coderws.CompressionMode{
		"takeover":   coderws.CompressionContextTakeover,
		"notakeover": coderws.CompressionNoContextTakeover,
		"off":        coderws.CompressionDisabled,
	}[*deflating]
	return on(func(w http.ResponseWriter, r *http.Request) {
		c, err := coderws.Accept(w, r, &coderws.AcceptOptions{CompressionMode: mode})
		if err != nil {
			return
		}
		defer func() { _ = c.CloseNow() }()
		c.SetReadLimit(limit)
		for {
			kind, message, err := c.Read(r.Context())
			if err != nil || c.Write(r.Context(), kind, message) != nil {
				return
			}
		}
	})
}

func gorilla() http.Handler {
	upgrader := gorillaws.Upgrader{EnableCompression: *deflating != "off"} // it has no context takeover
	return on(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, message, err := c.ReadMessage()
			if err != nil || c.WriteMessage(kind, message) != nil {
				return
			}
		}
	})
}

type gwsEcho struct{ gws.BuiltinEventHandler }

func (gwsEcho) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	_ = c.WriteMessage(m.Opcode, m.Bytes())
}

func gwsMux() http.Handler {
	takeover := *deflating == "takeover"
	upgrader := gws.NewUpgrader(gwsEcho{}, &gws.ServerOption{
		ReadMaxPayloadSize: limit,
		PermessageDeflate: gws.PermessageDeflate{
			Enabled:               *deflating != "off",
			ServerContextTakeover: takeover,
			ClientContextTakeover: takeover,
		},
	})
	return on(func(w http.ResponseWriter, r *http.Request) {
		if c, err := upgrader.Upgrade(w, r); err == nil {
			go c.ReadLoop() // in a goroutine of its own, which lets go of the request
		}
	})
}

// gobwas is the first example of its documentation.
func gobwas(c net.Conn) {
	if _, err := gobwasws.Upgrade(c); err != nil {
		return
	}
	for {
		message, opcode, err := wsutil.ReadClientData(c)
		if err != nil || wsutil.WriteServerMessage(c, opcode, message) != nil {
			return
		}
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
