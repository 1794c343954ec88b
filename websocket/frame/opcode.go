package frame

import "fmt"

// Opcode says what a frame is (RFC 6455, section 5.2).
type Opcode byte

// The opcodes of RFC 6455, section 11.8; the others are reserved.
const (
	Continuation Opcode = 0x0
	Text         Opcode = 0x1
	Binary       Opcode = 0x2
	Close        Opcode = 0x8
	Ping         Opcode = 0x9
	Pong         Opcode = 0xA
)

// IsControl reports whether o is a control opcode: close, ping, pong, or one
// reserved for control frames.
func (o Opcode) IsControl() bool { return o&0x8 != 0 }

// IsData reports whether o begins a message: text or binary.
func (o Opcode) IsData() bool { return o == Text || o == Binary }

// known reports whether RFC 6455 defines o.
func (o Opcode) known() bool { return o <= Binary || o >= Close && o <= Pong }

// String returns the opcode's name in RFC 6455, in lower case.
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
