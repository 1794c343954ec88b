package frame

// Inflater restores compressed payloads; package deflate has them.
type Inflater interface {
	// Inflate appends the restored payload to dst. It returns ErrTooBig as
	// soon as it would append more than limit bytes (0: no limit; negative:
	// none at all), and ErrDeflate where payload is not valid. It keeps
	// neither dst nor payload.
	Inflate(dst, payload []byte, limit int64) ([]byte, error)
}

// maxGuess bounds the memory in bytes that is reserved for payloads to be
// inflated, before they are.
const maxGuess = 64 << 10

// inflate restores the payload of a whole message, of whose input there are
// room bytes from the payload on.
func (p *Parser) inflate(payload []byte, room int) ([]byte, error) {
	w := p.assembly()
	if !p.Lend { // which leaves the input as it is
		w.packed.reserve(len(payload))
		payload = append(w.packed.bytes, payload...)
		defer w.packed.release()
	}
	Mask(payload, p.header.Mask)
	into := w.scratch(p.inflates, p.Lend)
	start := len(into.bytes)
	out, err := p.Inflater.Inflate(into.bytes, payload, p.MaxSize)
	if err != nil {
		return nil, err
	}
	into.bytes = out
	out = out[start:len(out):len(out)]
	p.inflates = max(p.inflates, min(len(out), maxGuess))
	p.inflated = min(p.inflated+len(out), maxGuess)
	if p.Lend {
		return out, nil
	}
	// What follows likely inflates by as much.
	guess := len(out) * (room / max(1, len(payload)))
	kept := p.reserve(len(out), min(guess, max(firstSize, p.inflated)))
	copy(kept, out)
	return kept, nil
}

// scratch returns where to inflate the next message, with room for n bytes
// at least.
func (w *assembly) scratch(n int, lend bool) *buffer {
	b := &w.inflated
	if !lend {
		b.bytes = b.bytes[:0]
	} else if cap(b.bytes)-len(b.bytes) < n {
		w.lend(*b)
		*b = buffer{}
	}
	if cap(b.bytes) == 0 {
		*b = getBuffer(max(firstSize, 2*n))
	}
	return b
}

// unpack inflates what of a message came compressed in pieces, and appends it
// to the message.
func (p *Parser) unpack() error {
	w := p.assembly()
	limit := p.MaxSize
	if limit > 0 {
		if limit -= int64(len(w.message.bytes)); limit <= 0 {
			limit = -1 // nothing more fits
		}
	}
	w.message.reserve(1)
	start := len(w.message.bytes)
	out, err := p.Inflater.Inflate(w.message.bytes, w.packed.bytes, limit)
	w.packed.release()
	if err != nil {
		return err
	}
	w.message.bytes = out
	if !p.textIsValid(out[start:]) {
		return ErrUTF8
	}
	return nil
}
