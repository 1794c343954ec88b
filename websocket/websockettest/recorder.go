package websockettest

import (
	"github.com/cowhand/cowhand/websocket"
)

// recorder runs a handler and records its commands and its reason.
type recorder struct {
	handler websocket.Handler
	client  *Client
}

func (r recorder) Init(c *websocket.Conn) websocket.Commands {
	return r.record(r.handler.Init(c))
}

func (r recorder) HandleFrame(c *websocket.Conn, f websocket.Frame) websocket.Commands {
	return r.record(r.handler.HandleFrame(c, f))
}

func (r recorder) HandleInfo(c *websocket.Conn, info any) websocket.Commands {
	return r.record(r.handler.HandleInfo(c, info))
}

func (r recorder) Terminate(c *websocket.Conn, reason websocket.Reason) {
	r.client.reason = reason
	r.handler.Terminate(c, reason)
}

func (r recorder) record(commands websocket.Commands) websocket.Commands {
	for _, command := range commands.List() {
		if f, ok := command.(websocket.Frame); ok {
			command = plain(f)
		}
		r.client.commands = append(r.client.commands, command)
	}
	return commands
}

// plain returns a copy of f that is equal to the result of websocket.Text,
// Binary and so on, so that tests can compare them. The copy stays valid if
// payloads are lent.
func plain(f websocket.Frame) websocket.Frame {
	return websocket.Frame{Opcode: f.Opcode, Code: f.Code, Payload: append([]byte{}, f.Payload...)}
}
