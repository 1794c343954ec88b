package websocket

import "github.com/cowhand/cowhand/websocket/frame"

// Opcode is the type of a frame (RFC 6455, section 5.2).
type Opcode = frame.Opcode

// The opcodes of a [Frame].
const (
	OpcodeText   = frame.Text
	OpcodeBinary = frame.Binary
	OpcodeClose  = frame.Close
	OpcodePing   = frame.Ping
	OpcodePong   = frame.Pong
)

// CloseCode is the status code of a close frame (RFC 6455, section 7.4).
// Applications may use 4000 to 4999 as they like.
type CloseCode = frame.CloseCode

// The close codes of RFC 6455, section 7.4.1, and of the IANA registry. A
// client that closes without a code has 0 in [Reason].Code.
const (
	CloseNormalClosure      = frame.NormalClosure      // 1000: done
	CloseGoingAway          = frame.GoingAway          // 1001: the page is left, or the server stops
	CloseProtocolError      = frame.ProtocolError      // 1002
	CloseUnsupportedData    = frame.UnsupportedData    // 1003: such as binary where text is expected
	CloseInvalidPayload     = frame.InvalidPayload     // 1007: such as text that is not UTF-8, or not JSON
	ClosePolicyViolation    = frame.PolicyViolation    // 1008: for anything that has no code of its own
	CloseMessageTooBig      = frame.MessageTooBig      // 1009
	CloseMandatoryExtension = frame.MandatoryExtension // 1010: from clients only
	CloseInternalError      = frame.InternalError      // 1011: the server's fault
	CloseServiceRestart     = frame.ServiceRestart     // 1012
	CloseTryAgainLater      = frame.TryAgainLater      // 1013: overloaded
	CloseBadGateway         = frame.BadGateway         // 1014
)
