package frame

// Error reports invalid input. Close the connection with its Code.
type Error struct {
	Code CloseCode // ProtocolError, InvalidPayload or MessageTooBig
	Text string    // the cause, with the section of the RFC
}

// Error returns the text with the prefix "websocket: ".
func (e *Error) Error() string { return "websocket: " + e.Text }

// The errors of [Parser.Next], [ParseHeader] and [ParseClose].
var (
	ErrUnmasked          = &Error{ProtocolError, "unmasked client frame (RFC 6455, section 5.1)"}
	ErrReservedBits      = &Error{ProtocolError, "reserved bit set without an extension that defines it (RFC 6455, section 5.2)"}
	ErrReservedOpcode    = &Error{ProtocolError, "reserved opcode (RFC 6455, section 5.2)"}
	ErrLengthNotMinimal  = &Error{ProtocolError, "payload length not in its shortest form (RFC 6455, section 5.2)"}
	ErrLengthTooLarge    = &Error{ProtocolError, "payload length with its most significant bit set (RFC 6455, section 5.2)"}
	ErrFragmentedControl = &Error{ProtocolError, "fragmented control frame (RFC 6455, section 5.5)"}
	ErrControlTooLong    = &Error{ProtocolError, "control frame payload longer than 125 bytes (RFC 6455, section 5.5)"}
	ErrStrayContinuation = &Error{ProtocolError, "continuation frame outside a message (RFC 6455, section 5.4)"}
	ErrInterleaved       = &Error{ProtocolError, "new message before the end of the current one (RFC 6455, section 5.4)"}
	ErrCloseTooShort     = &Error{ProtocolError, "close frame with a payload of one byte (RFC 6455, section 5.5.1)"}
	ErrCloseCode         = &Error{ProtocolError, "close code that must not be sent (RFC 6455, section 7.4)"}
	ErrDeflate           = &Error{ProtocolError, "invalid compressed payload (RFC 7692, section 7.2.2)"}
	ErrUTF8              = &Error{InvalidPayload, "invalid UTF-8 in text (RFC 6455, section 8.1)"}
	ErrTooBig            = &Error{MessageTooBig, "message larger than the limit (RFC 6455, section 10.4)"}
)
