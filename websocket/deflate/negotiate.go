package deflate

import "fmt"

// Negotiate answers the values of a request's Sec-WebSocket-Extensions
// headers. The first offer that is acceptable wins; the others are passed
// over. It returns the agreement and the value of the response's header.
//
// A nil agreement without an error means that nothing on offer was
// acceptable: the connection goes on uncompressed, without the header. The
// error is a *HeaderError if a header is malformed, whatever else it offers,
// or that of Options.Validate.
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
		switch e.name {
		case PerMessage.String():
			a, response = acceptPerMessage(e.params, o)
		case PerFrame.String():
			a, response = acceptPerFrame(e.params, o)
		}
		if a != nil {
			a.level, a.minSize = o.level(), o.minCompressSize()
			return a, response, nil
		}
	}
	return nil, "", nil
}

// acceptPerMessage answers one offer of permessage-deflate (RFC 7692,
// section 7.1), or returns nil to decline it. "A server MUST decline an
// extension negotiation offer [...] if the negotiation offer contains an
// extension parameter not defined for use in an offer [...] with an invalid
// value [...] [or] multiple extension parameters with the same name".
func acceptPerMessage(params []param, o Options) (*Agreement, string) {
	var noContext flags
	var serverBits, clientBits bitsParam
	for _, p := range params {
		var ok bool
		switch p.name {
		case "server_no_context_takeover":
			ok = noContext.set(serverSide, p)
		case "client_no_context_takeover":
			ok = noContext.set(clientSide, p)
		case "server_max_window_bits":
			ok = p.hasValue && serverBits.set(p)
		case "client_max_window_bits":
			ok = clientBits.set(p)
		}
		if !ok {
			return nil, ""
		}
	}
	// "[The parameter] MUST NOT be included by the server in a response to
	// an offer that does not include [it]" (section 7.1.2.2), and without it
	// the client may use any window.
	if o.ClientMaxWindowBits != 0 && o.ClientMaxWindowBits < maxWindowBits && !clientBits.offered {
		return nil, ""
	}
	a := &Agreement{
		Kind:                    PerMessage,
		ServerNoContextTakeover: noContext[serverSide] || o.ServerNoContextTakeover,
		ClientNoContextTakeover: noContext[clientSide] || o.ClientNoContextTakeover,
		ClientMaxWindowBits:     maxWindowBits,
	}
	a.ServerMaxWindowBits = serverBits.limit(o.ServerMaxWindowBits, a.ServerNoContextTakeover)
	if clientBits.offered {
		a.ClientMaxWindowBits = clientBits.limit(o.ClientMaxWindowBits, a.ClientNoContextTakeover)
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

// acceptPerFrame answers one offer of x-webkit-deflate-frame, or returns nil
// to decline it. Either side's parameters limit what the other one sends:
// the client's are for our compressor, those of our response for the
// client's. We send them only if the options demand it, for that is what
// browsers of that time were used to.
func acceptPerFrame(params []param, o Options) (*Agreement, string) {
	var noContext flags
	var bits bitsParam
	for _, p := range params {
		var ok bool
		switch p.name {
		case "no_context_takeover":
			ok = noContext.set(serverSide, p)
		case "max_window_bits":
			ok = p.hasValue && bits.set(p)
		}
		if !ok {
			return nil, ""
		}
	}
	a := &Agreement{
		Kind:                    PerFrame,
		ServerNoContextTakeover: noContext[serverSide] || o.ServerNoContextTakeover,
		ClientNoContextTakeover: o.ClientNoContextTakeover,
		ClientMaxWindowBits:     maxWindowBits,
	}
	a.ServerMaxWindowBits = bits.limit(o.ServerMaxWindowBits, a.ServerNoContextTakeover)
	response := PerFrame.String()
	if o.ClientMaxWindowBits != 0 && o.ClientMaxWindowBits < maxWindowBits {
		a.ClientMaxWindowBits = o.ClientMaxWindowBits
		response += fmt.Sprintf("; max_window_bits=%d", a.ClientMaxWindowBits)
	}
	if a.ClientNoContextTakeover {
		response += "; no_context_takeover"
	}
	return a, response
}

// flags are the parameters that have no value, one for each side.
type flags [2]bool

const (
	serverSide = iota
	clientSide
)

// set reports whether p is the first of its name and has no value.
func (f *flags) set(side int, p param) bool {
	ok := !f[side] && !p.hasValue
	f[side] = true
	return ok
}

// bitsParam is a parameter that gives a window size.
type bitsParam struct {
	offered bool
	bits    int // 0: without a value
}

// set reports whether p is the first of its name and its value, if any, is
// "a decimal integer value without leading zeroes between 8 to 15,
// inclusive" (RFC 7692, section 7.1.2).
func (b *bitsParam) set(p param) bool {
	if b.offered {
		return false
	}
	b.offered = true
	if !p.hasValue {
		return true
	}
	for bits := minWindowBits; bits <= maxWindowBits; bits++ {
		if p.value == fmt.Sprint(bits) {
			b.bits = bits
		}
	}
	return b.bits != 0
}

// limit is the lesser of the offered size and ours, where 0 is no wish.
func (b *bitsParam) limit(ours int, noContextTakeover bool) int {
	if ours == 0 {
		ours = defaultBits(noContextTakeover)
	}
	if b.bits == 0 {
		return ours
	}
	return min(b.bits, ours)
}
