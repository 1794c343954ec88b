package frame

import "strconv"

// CloseCode is the status code of a close frame (RFC 6455, section 7.4).
type CloseCode uint16

// The close codes of RFC 6455, section 7.4.1, and those registered with IANA
// since. NoStatus, Abnormal and TLSHandshake never stand in a frame.
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

// Valid reports whether c may stand in a close frame: 1000 to 1014 without
// 1004 to 1006, and the ranges for libraries and applications, 3000 to 4999
// (RFC 6455, section 7.4.2).
func (c CloseCode) Valid() bool {
	switch {
	case c >= 1000 && c <= 1003, c >= 1007 && c <= 1014:
		return true
	default:
		return c >= 3000 && c <= 4999
	}
}

// String returns the code as a number.
func (c CloseCode) String() string { return strconv.Itoa(int(c)) }
