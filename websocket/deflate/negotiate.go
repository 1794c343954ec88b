package deflate

import (
	"cmp"
	"fmt"

	"github.com/cowhand/cowhand/internal/httpgrammar"
)

// Negotiate chooses from the values of a request's Sec-WebSocket-Extensions
// headers. It takes the first acceptable offer and returns the agreement and
// the value of the response's header.
//
// If no offer is acceptable, the agreement is nil and so is the error: send
// no such header and go on without compression. The error is a *HeaderError
// if a header is malformed, even if it has acceptable offers as well, or the
// error of Options.Validate.
func Negotiate(offers []string, o Options) (agreement *Agreement, response string, err error) {
	if err := o.Validate(); err != nil {
		return nil, "", err
	}
	all, err := parseHeader(offers)
	if err != nil {
		return nil, "", err
	}
	for _, e := range all {
		var a *Agreement
		switch e.Name {
		case PerMessage.String():
			a, response = acceptPerMessage(e.Params, o)
		case PerFrame.String():
			a, response = acceptPerFrame(e.Params, o)
		}
		if a != nil {
			a.level, a.minSize = o.level(), o.minCompressSize()
			return a, response, nil
		}
	}
	return nil, "", nil
}

// acceptPerMessage answers an offer of permessage-deflate (RFC 7692, section
// 7.1), or declines it with nil: "A server MUST decline an extension
// negotiation offer [...] if the negotiation offer contains an extension
// parameter not defined for use in an offer [...] with an invalid value [...]
// [or] multiple extension parameters with the same name".
func acceptPerMessage(params []httpgrammar.Param, o Options) (*Agreement, string) {
	var noContext flags
	var serverBits, clientBits bitsParam
	for _, p := range params {
		var ok bool
		switch p.Name {
		case "server_no_context_takeover":
			ok = noContext.set(serverSide, p)
		case "client_no_context_takeover":
			ok = noContext.set(clientSide, p)
		case "server_max_window_bits":
			ok = p.HasValue && serverBits.set(p)
		case "client_max_window_bits":
			ok = clientBits.set(p)
		}
		if !ok {
			return nil, ""
		}
	}
	a := &Agreement{
		Kind:                    PerMessage,
		ServerNoContextTakeover: noContext[serverSide] || o.ServerNoContextTakeover,
		ClientNoContextTakeover: noContext[clientSide] || o.ClientNoContextTakeover,
		ClientMaxWindowBits:     maxWindowBits,
	}
	a.ServerMaxWindowBits = serverBits.limit(o.ServerMaxWindowBits, a.ServerNoContextTakeover)
	switch {
	case clientBits.offered:
		a.ClientMaxWindowBits = clientBits.limit(o.ClientMaxWindowBits, a.ClientNoContextTakeover)
	case !o.keepsFullClientWindow():
		// The server may not limit the client's window (section 7.1.2.2),
		// but may forbid context takeover (section 7.1.1.2): then it need
		// not keep 32 KB per connection.
		a.ClientNoContextTakeover = true
	}
	announced := serverBits.offered || o.ServerMaxWindowBits != 0 && o.ServerMaxWindowBits < maxWindowBits
	return a, perMessageResponse(a, announced, clientBits.offered)
}

func perMessageResponse(a *Agreement, serverBits, clientBits bool) string {
	s := PerMessage.String()
	if a.ServerNoContextTakeover {
		s += "; server_no_context_takeover"
	}
	if a.ClientNoContextTakeover {
		s += "; client_no_context_takeover"
	}
	if serverBits {
		s += fmt.Sprintf("; server_max_window_bits=%d", a.ServerMaxWindowBits)
	}
	if clientBits {
		s += fmt.Sprintf("; client_max_window_bits=%d", a.ClientMaxWindowBits)
	}
	return s
}

// acceptPerFrame answers an offer of x-webkit-deflate-frame, or declines it
// with nil. Each side's parameters limit what the other side sends, so the
// offer's are for our compressor, and the response's are for the client's.
//
// The response may always limit the client, and limits it to the default
// window too: WebKit and Chrome accepted both parameters for as long as they
// had the extension, and would otherwise use 15 bits.
func acceptPerFrame(params []httpgrammar.Param, o Options) (*Agreement, string) {
	var noContext flags
	var bits bitsParam
	for _, p := range params {
		var ok bool
		switch p.Name {
		case "no_context_takeover":
			ok = noContext.set(serverSide, p)
		case "max_window_bits":
			ok = p.HasValue && bits.set(p)
		}
		if !ok {
			return nil, ""
		}
	}
	a := &Agreement{
		Kind:                    PerFrame,
		ServerNoContextTakeover: noContext[serverSide] || o.ServerNoContextTakeover,
		ClientNoContextTakeover: o.ClientNoContextTakeover,
	}
	a.ServerMaxWindowBits = bits.limit(o.ServerMaxWindowBits, a.ServerNoContextTakeover)
	a.ClientMaxWindowBits = cmp.Or(o.ClientMaxWindowBits, defaultBits(a.ClientNoContextTakeover))
	response := PerFrame.String()
	if a.ClientMaxWindowBits < maxWindowBits {
		response += fmt.Sprintf("; max_window_bits=%d", a.ClientMaxWindowBits)
	}
	if a.ClientNoContextTakeover {
		response += "; no_context_takeover"
	}
	return a, response
}

// flags are the parameters without a value, one for each side.
type flags [2]bool

const (
	serverSide = iota
	clientSide
)

// set reports whether p is the first of its name and has no value.
func (f *flags) set(side int, p httpgrammar.Param) bool {
	ok := !f[side] && !p.HasValue
	f[side] = true
	return ok
}

// bitsParam is a parameter that limits a window.
type bitsParam struct {
	offered bool
	bits    int // 0 if it had no value
}

// set reports whether p is the first of its name and its value, if any, is
// "a decimal integer value without leading zeroes between 8 to 15,
// inclusive" (RFC 7692, section 7.1.2).
func (b *bitsParam) set(p httpgrammar.Param) bool {
	if b.offered {
		return false
	}
	b.offered = true
	if !p.HasValue {
		return true
	}
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		if p.Value == fmt.Sprint(bits) {
			b.bits = bits
		}
	}
	return b.bits != 0
}

// limit returns the smaller of the offered size and ours; 0 means the default.
func (b *bitsParam) limit(ours int, noContextTakeover bool) int {
	ours = cmp.Or(ours, defaultBits(noContextTakeover))
	return min(ours, cmp.Or(b.bits, ours))
}
