package interop

import (
	"bytes"
	"errors"
	"net"
	"net/http"
	"strings"

	"github.com/lxzan/gws"
)

var gwsLibrary = library{
	name: "gws",
	modes: []mode{
		uncompressed,
		{name: "takeover", on: true, server: true, client: true},
		{name: "takeover by the server", on: true, server: true},
		{name: "takeover by the client", on: true, client: true},
		{name: "no takeover", on: true},
		{name: "takeover, windows of 512 bytes", on: true, server: true, client: true, bits: 9},
		{name: "takeover, windows of 32 KiB", on: true, server: true, client: true, bits: 15},
	},
	open:       openGWS,
	checksText: true,
}

type gwsClient struct {
	gws.BuiltinEventHandler
	conn    *gws.Conn
	deliver func(event)
}

func openGWS(to *target) (client, error) {
	c := new(gwsClient)
	options := &gws.ClientOption{
		Addr:               to.url,
		NewDialer:          func() (gws.Dialer, error) { return gwsDialer(to.dial), nil },
		TlsConfig:          to.tls,
		HandshakeTimeout:   patience,
		ReadMaxPayloadSize: maxFrameSize,
		CheckUtf8Enabled:   true,
		RequestHeader:      http.Header{},
		PermessageDeflate: gws.PermessageDeflate{
			Enabled:               to.mode.on,
			ServerContextTakeover: to.mode.server,
			ClientContextTakeover: to.mode.client,
			ServerMaxWindowBits:   to.mode.bits,
			ClientMaxWindowBits:   to.mode.bits,
		},
	}
	if to.subprotocols != nil {
		options.RequestHeader.Set("Sec-WebSocket-Protocol", strings.Join(to.subprotocols, ", "))
	}
	var err error
	c.conn, _, err = gws.NewClient(c, options)
	return c, err
}

type gwsDialer func() (net.Conn, error)

func (d gwsDialer) Dial(string, string) (net.Conn, error) { return d() }

func (c *gwsClient) send(opcode byte, payload []byte) error {
	return c.conn.WriteMessage(gws.Opcode(opcode), payload)
}

// sendFragments takes frames of 128 KiB.
func (c *gwsClient) sendFragments(payload []byte) error {
	return c.conn.WriteFile(gws.OpcodeBinary, bytes.NewReader(payload))
}

func (c *gwsClient) ping(payload string) error { return c.conn.WritePing([]byte(payload)) }

func (c *gwsClient) close(code int, reason string) error {
	return c.conn.WriteClose(uint16(code), []byte(reason))
}

func (c *gwsClient) subprotocol() string { return c.conn.SubProtocol() }

func (c *gwsClient) cut() { _ = c.conn.NetConn().Close() }

func (c *gwsClient) pump(deliver func(event)) {
	c.deliver = deliver
	c.conn.ReadLoop()
}

func (c *gwsClient) OnMessage(_ *gws.Conn, message *gws.Message) {
	defer message.Close()
	c.deliver(event{opcode: byte(message.Opcode), payload: string(message.Bytes())})
}

func (c *gwsClient) OnPing(conn *gws.Conn, payload []byte) { _ = conn.WritePong(payload) }

func (c *gwsClient) OnPong(_ *gws.Conn, payload []byte) {
	c.deliver(event{opcode: pong, payload: string(payload)})
}

func (c *gwsClient) OnClose(_ *gws.Conn, err error) {
	if end, ok := errors.AsType[*gws.CloseError](err); ok {
		c.deliver(event{opcode: closing, code: int(end.Code), payload: string(end.Reason)})
		return
	}
	c.deliver(event{err: err})
}
