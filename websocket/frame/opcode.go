package frame

import "fmt"

// Opcode is the type of a frame (RFC 6455, section 5.2).
type Opcode byte

// The opcodes that RFC 6455, section 11.8, defines; the others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether o is close, ping, pong, or reserved for control
// frames.
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsData reports whether o is text or binary; such a frame begins a message.
func (o Opcode) IsData() bool { return o == Text || o == Binary }

func (o Opcode) defined() bool { return o <= Binary || o >= Close && o <= Pong }

// String returns the name of o in RFC 6455, in lower case.
func (o Opcode) String() string {
	switch o {
	case Continuation:
		return "continuation"
	case Text:
		return "text"
	case Binary:
		return "binary"
	case Close:
		return "close"
	case Ping:
		return "ping"
	case Pong:
		return "pong"
	}
	return fmt.Sprintf("reserved opcode %d", byte(o))
}
