package interop

import (
	"errors"
	"io"
	"net"
	"time"

	"github.com/gorilla/websocket"
)

var gorillaLibrary = library{
	name:        "gorilla",
	modes:       []mode{uncompressed, {name: "no takeover", on: true}},
	open:        openGorilla,
	showsAnswer: true,
}

type gorilla struct{ conn *websocket.Conn }

func openGorilla(to *target) (client, error) {
	dialer := websocket.Dialer{
		NetDial:           func(string, string) (net.Conn, error) { return to.dial() },
		TLSClientConfig:   to.tls,
		HandshakeTimeout:  patience,
		WriteBufferSize:   512, // a larger message takes several frames
		EnableCompression: to.mode.on,
		Subprotocols:      to.subprotocols,
	}
	conn, _, err := dialer.Dial(to.url, nil)
	return gorilla{conn}, err
}

func (g gorilla) send(opcode byte, payload []byte) error {
	return g.conn.WriteMessage(int(opcode), payload)
}

func (g gorilla) sendFragments(payload []byte) error {
	w, err := g.conn.NextWriter(websocket.BinaryMessage)
	if err != nil {
		return err
	}
	for len(payload) > 0 && err == nil {
		n := min(len(payload), 3000)
		_, err = w.Write(payload[:n])
		payload = payload[n:]
	}
	return errors.Join(err, w.Close())
}

func (g gorilla) ping(payload string) error {
	return g.conn.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(patience))
}

func (g gorilla) close(code int, reason string) error {
	return g.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience))
}

func (g gorilla) subprotocol() string { return g.conn.Subprotocol() }

func (g gorilla) cut() { _ = g.conn.Close() }

// pump leaves pings to the library, which answers them.
func (g gorilla) pump(deliver func(event)) {
	defer g.cut() // the library leaves the end of the connection to its user
	g.conn.SetPongHandler(func(payload string) error {
		deliver(event{opcode: pong, payload: payload})
		return nil
	})
	for {
		opcode, r, err := g.conn.NextReader()
		var payload []byte
		if err == nil {
			payload, err = io.ReadAll(r)
		}
		if end, ok := errors.AsType[*websocket.CloseError](err); ok {
			deliver(event{opcode: closing, code: end.Code, payload: end.Text})
			return
		}
		if err != nil {
			deliver(event{err: err})
			return
		}
		deliver(event{opcode: byte(opcode), payload: string(payload)})
	}
}
