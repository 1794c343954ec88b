package deflate

import "fmt"

// Kind tells the two extensions apart.
type Kind uint8

// The extensions that Negotiate knows.
const (
	// PerMessage is permessage-deflate (RFC 7692): a message is compressed
	// as a whole, and RSV1 is set on its first frame only.
	PerMessage Kind = iota + 1

	// PerFrame is x-webkit-deflate-frame
	// (draft-tyoshino-hybi-websocket-perframe-deflate): each frame is
	// compressed by itself, and RSV1 may be set on any data frame.
	PerFrame
)

// String is the extension's name on the wire.
func (k Kind) String() string {
	switch k {
	case PerMessage:
		return "permessage-deflate"
	case PerFrame:
		return "x-webkit-deflate-frame"
	}
	return fmt.Sprintf("deflate.Kind(%d)", uint8(k))
}

// An Agreement is what a client and the server negotiated. It is not to be
// changed, and so is safe for concurrent use.
type Agreement struct {
	// Kind is the extension.
	Kind Kind

	// ServerNoContextTakeover and ClientNoContextTakeover tell that
	// messages of that side do not refer to earlier ones.
	ServerNoContextTakeover, ClientNoContextTakeover bool

	// ServerMaxWindowBits and ClientMaxWindowBits are the sizes of the
	// windows, 8 to 15. The server's may be smaller than what was announced.
	ServerMaxWindowBits, ClientMaxWindowBits int

	level, minSize int
}

// String lists everything, in the notation of the header.
func (a *Agreement) String() string {
	s := a.Kind.String()
	if a.ServerNoContextTakeover {
		s += "; server_no_context_takeover"
	}
	if a.ClientNoContextTakeover {
		s += "; client_no_context_takeover"
	}
	return s + fmt.Sprintf("; server_max_window_bits=%d; client_max_window_bits=%d", a.ServerMaxWindowBits, a.ClientMaxWindowBits)
}
