package frame

// Error is a fault in what the peer sent. It ends the connection, with its
// Code in the close frame that answers it.
type Error struct {
	Code CloseCode // ProtocolError, InvalidPayload or MessageTooBig
	Text string    // the rule that was broken and where it stands
}

// Error returns the text, with the package's prefix.
func (e *Error) Error() string { return "websocket: " + e.Text }

// The faults that a [Parser] finds. Each names the section of RFC 6455 that
// it breaks.
var (
	ErrUnmasked          = &Error{ProtocolError, "a client frame is not masked (RFC 6455, section 5.1)"}
	ErrReservedBits      = &Error{ProtocolError, "a reserved bit is set that no extension defines (RFC 6455, section 5.2)"}
	ErrReservedOpcode    = &Error{ProtocolError, "a reserved opcode (RFC 6455, section 5.2)"}
	ErrLengthNotMinimal  = &Error{ProtocolError, "a payload length is not in its shortest form (RFC 6455, section 5.2)"}
	ErrLengthTooLarge    = &Error{ProtocolError, "a payload length has its most significant bit set (RFC 6455, section 5.2)"}
	ErrFragmentedControl = &Error{ProtocolError, "a control frame is fragmented (RFC 6455, section 5.5)"}
	ErrControlTooLong    = &Error{ProtocolError, "a control frame is longer than 125 bytes (RFC 6455, section 5.5)"}
	ErrStrayContinuation = &Error{ProtocolError, "a continuation frame without a message to continue (RFC 6455, section 5.4)"}
	ErrInterleaved       = &Error{ProtocolError, "a new message before the end of the one under way (RFC 6455, section 5.4)"}
	ErrCloseTooShort     = &Error{ProtocolError, "a close frame with a payload of one byte (RFC 6455, section 5.5.1)"}
	ErrCloseCode         = &Error{ProtocolError, "a close code that must not be sent (RFC 6455, section 7.4)"}
	ErrDeflate           = &Error{ProtocolError, "a compressed payload that cannot be inflated (RFC 7692, section 7.2.2)"}
	ErrUTF8              = &Error{InvalidPayload, "text that is not UTF-8 (RFC 6455, section 8.1)"}
	ErrTooBig            = &Error{MessageTooBig, "a message larger than the limit (RFC 6455, section 10.4)"}
)
