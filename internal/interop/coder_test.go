package interop

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/coder/websocket"
)

var coderLibrary = library{
	name:        "coder",
	hidesWindow: true,
	modes: []mode{
		uncompressed,
		{name: "takeover", on: true, server: true, client: true},
		{name: "no takeover", on: true},
	},
	open: openCoder,
}

type coder struct {
	conn  *websocket.Conn
	pongs chan string
	ctx   context.Context
	stop  context.CancelFunc
}

func openCoder(to *target) (client, error) {
	c := &coder{pongs: make(chan string, 16)}
	c.ctx, c.stop = context.WithTimeout(context.Background(), patience)
	options := &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: &http.Transport{
			DialContext:     func(context.Context, string, string) (net.Conn, error) { return to.dial() },
			TLSClientConfig: to.tls,
		}},
		Subprotocols:   to.subprotocols,
		OnPongReceived: func(_ context.Context, payload []byte) { c.pongs <- string(payload) },
	}
	switch {
	case to.mode.on && to.mode.server:
		options.CompressionMode = websocket.CompressionContextTakeover
	case to.mode.on:
		options.CompressionMode = websocket.CompressionNoContextTakeover
	}
	conn, _, err := websocket.Dial(c.ctx, to.url, options)
	if err != nil {
		c.stop()
		return nil, err
	}
	conn.SetReadLimit(-1)
	c.conn = conn
	return c, nil
}

func (c *coder) send(opcode byte, payload []byte) error {
	return c.conn.Write(c.ctx, websocket.MessageType(opcode), payload)
}

func (c *coder) sendFragments(payload []byte) error {
	w, err := c.conn.Writer(c.ctx, websocket.MessageBinary)
	if err != nil {
		return err
	}
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{bytes.NewReader(payload)}, make([]byte, 3000))
	return errors.Join(err, w.Close())
}

// ping has a payload of the library's choice, which waits for the pong.
func (c *coder) ping(string) error { return c.conn.Ping(c.ctx) }

func (c *coder) close(code int, reason string) error {
	return c.conn.Close(websocket.StatusCode(code), reason)
}

func (c *coder) subprotocol() string { return c.conn.Subprotocol() }

func (c *coder) cut() {
	_ = c.conn.CloseNow()
	c.stop()
}

// pump leaves pings to the library, which answers them, and delivers a pong
// before the message that it read after it.
func (c *coder) pump(deliver func(event)) {
	for {
		kind, payload, err := c.conn.Read(c.ctx)
		for len(c.pongs) > 0 {
			deliver(event{opcode: pong, payload: <-c.pongs})
		}
		if end, ok := errors.AsType[websocket.CloseError](err); ok {
			deliver(event{opcode: closing, code: int(end.Code), payload: end.Reason})
			return
		}
		if err != nil {
			deliver(event{err: err})
			return
		}
		deliver(event{opcode: byte(kind), payload: string(payload)})
	}
}
