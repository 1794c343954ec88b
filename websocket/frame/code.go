package frame

import "strconv"

// CloseCode is the status code of a close frame (RFC 6455, section 7.4).
type CloseCode uint16

// The close codes of RFC 6455, section 7.4.1, and of the IANA registry.
// NoStatus, Abnormal and TLSHandshake must not be sent.
const (
	NormalClosure      CloseCode = 1000
	GoingAway          CloseCode = 1001
	ProtocolError      CloseCode = 1002
	UnsupportedData    CloseCode = 1003
	NoStatus           CloseCode = 1005
	Abnormal           CloseCode = 1006
	InvalidPayload     CloseCode = 1007
	PolicyViolation    CloseCode = 1008
	MessageTooBig      CloseCode = 1009
	MandatoryExtension CloseCode = 1010
	InternalError      CloseCode = 1011
	ServiceRestart     CloseCode = 1012
	TryAgainLater      CloseCode = 1013
	BadGateway         CloseCode = 1014
	TLSHandshake       CloseCode = 1015
)

// Valid reports whether a close frame may contain c: 1000 to 1003, 1007 to
// 1014, and 3000 to 4999, the range for libraries and applications (RFC 6455,
// section 7.4.2).
func (c CloseCode) Valid() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014:
		return true
	default:
		return c >= 3000 && c <= 4999
	}
}

// String returns c as a number.
func (c CloseCode) String() string { return strconv.Itoa(int(c)) }
