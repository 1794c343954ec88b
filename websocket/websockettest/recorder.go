package websockettest

import (
	"github.com/cowhand/cowhand/websocket"
)

// recorder is the handler, and a record of what it returns.
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

// plain is a frame as Text, Binary and the like make it, with a payload of
// its own, so that tests can compare it.
func plain(f websocket.Frame) websocket.Frame {
	return websocket.Frame{Opcode: f.Opcode, Code: f.Code, Payload: append([]byte{}, f.Payload...)}
}
