package deflate

import "fmt"

// A Kind is one of the two compression extensions.
type Kind uint8

// Extensions that Negotiate accepts.
const (
	// PerMessage is permessage-deflate (RFC 7692). It compresses whole
	// messages, and sets RSV1 on the first frame only.
	PerMessage Kind = iota + 1

	// PerFrame is x-webkit-deflate-frame
	// (draft-tyoshino-hybi-websocket-perframe-deflate). It compresses each
	// frame on its own, so any data frame may have RSV1.
	PerFrame
)

// String returns the extension's name on the wire.
func (k Kind) String() string {
	switch k {
	case PerMessage:
		return "permessage-deflate"
	case PerFrame:
		return "x-webkit-deflate-frame"
	}
	return fmt.Sprintf("deflate.Kind(%d)", uint8(k))
}

// An Agreement has the parameters that a client and the server negotiated.
// Don't change it. It is safe for concurrent use.
type Agreement struct {
	Kind Kind

	// ServerNoContextTakeover and ClientNoContextTakeover report that the
	// messages of that side don't refer to earlier ones.
	ServerNoContextTakeover, ClientNoContextTakeover bool

	// ServerMaxWindowBits and ClientMaxWindowBits are the window sizes, 8 to
	// 15. The server's may be smaller than the one it announced.
	ServerMaxWindowBits, ClientMaxWindowBits int

	level, minSize int
}

// String lists all parameters in the notation of the header, for logs.
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
